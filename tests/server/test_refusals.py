"""A server with wrong settings does not start, and says in one line what to change."""

import socket
from collections.abc import Callable

import pytest

from tests.server.running import PRODUCTION, Server, procfile

pytestmark = [pytest.mark.server, pytest.mark.once]

Start = Callable[..., Server]


def without(name: str) -> dict[str, str]:
    return {other: value for other, value in PRODUCTION.items() if other != name}


@pytest.mark.parametrize(
    "variables",
    [
        {"DEBUG": "yes"},
        {"PORT": "eighty"},
        {"SECRET_KEY": "", **without("SECRET_KEY")},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_setting_that_cannot_be_used_is_named(variables: dict[str, str], start: Start) -> None:
    server = start(procfile("web"), **variables)
    assert server.wait() != 0
    assert next(iter(variables)) in server.log().splitlines()[-1]
    assert "Traceback" not in server.log()


def test_a_database_that_cannot_be_reached_is_told_in_one_line(start: Start) -> None:
    server = start(procfile("web"), DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert server.wait() != 0
    assert "The catalogue cannot start" in server.log()
    assert "connection" in server.log().splitlines()[-1]
    assert "Traceback" not in server.log()


def test_a_busy_port_is_told_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        server = start(procfile("web"), PORT=port)
        assert server.wait() != 0
    assert f"127.0.0.1:{port}: Address already in use" in server.log().splitlines()[-1]
    assert "Traceback" not in server.log()


def test_a_folder_that_cannot_be_written_is_named(start: Start) -> None:
    server = start(procfile("web"), VAR_DIR="/proc/nowhere")
    assert server.wait() != 0
    assert "/proc/nowhere" in server.log().splitlines()[-1]
    assert "Traceback" not in server.log()


def test_a_low_limit_of_open_files_is_reported_with_the_command_that_raises_it(start: Start) -> None:
    few = f"sh -c 'ulimit -n 300; exec {procfile('web')}'"
    server = start(few, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")  # so that it ends at once
    assert server.wait() != 0
    assert "Only 300 files may be open, one for each connection. Raise the limit with ulimit -n." in server.log()
