"""How the server ends, and what it lives through."""

import http.client
import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.server.running import PATIENT_SITE, SLOW_SITE, START_WITHIN, STOP_WITHIN, Server, procfile, wait_until
from tests.server.test_start import COMMANDS

pytestmark = [pytest.mark.server, pytest.mark.once]

Start = Callable[..., Server]
ALARMING = re.compile(r"SIGKILL|Traceback|WARNING|\[ERROR\]|lifespan", re.IGNORECASE)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_it_has_begun_it_ends_before_it_stops(command: str, start: Start, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    server = start(command.replace("-w 4", "-w 1"), **SLOW_SITE)
    server.wait_until_open()
    with ThreadPoolExecutor(3) as visitors, server.connect() as stream:
        follow(stream)
        paths = [f"/{name}/?until={go_on}" for name in ("waits", "holds-a-thread")]
        slow = [visitors.submit(server.request, "GET", path) for path in paths]
        wait_until(lambda: server.log().count("begun") == len(slow), START_WITHIN, "a request does not begin")
        begin_to_stop(server)
        go_on.touch()
        assert server.wait() == 0
        assert [request.result().status for request in slow] == [200, 200]
        assert read_on(stream).endswith(b"0\r\n\r\n")
    assert not ALARMING.search(server.log())


def test_a_sigint_to_the_first_process_ends_it_in_order(start: Start) -> None:
    server = start(procfile("web"))
    server.get("/books/")
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0
    assert not ALARMING.search(server.log())


def test_a_client_that_never_finishes_its_request_does_not_hold_up_the_end(start: Start) -> None:
    server = start(procfile("web"))
    server.wait_until_open()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /books/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        client.recv(12)  # "100 Continue": the request has begun
        assert server.stop() == 0
    assert f"Finished server process [{booted(server)[0]}]" in server.log()


def test_no_process_is_left_behind(start: Start) -> None:
    server = start(procfile("web"), WEB_CONCURRENCY="2", WORK="1")
    server.get("/books/")
    server.stop()
    wait_until(lambda: not server.is_left_behind(), STOP_WITHIN, "a process is left behind")


def test_a_killed_worker_is_replaced(start: Start) -> None:
    server = start(procfile("web"))
    server.get("/books/")
    os.kill(booted(server)[0], signal.SIGKILL)
    wait_until(lambda: len(booted(server)) == 2, START_WITHIN, "no new worker starts")
    assert server.get("/books/").status == 200


def test_a_connection_kept_open_is_answered_once_more_while_it_stops(start: Start) -> None:
    server = start(procfile("web"), **PATIENT_SITE)
    server.wait_until_open()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_WITHIN)
    with closing(connection):
        assert ask(connection) == (200, None)
        begin_to_stop(server)
        assert ask(connection) == (200, "close")


def test_a_reload_fails_no_request_and_takes_up_the_code_as_it_is_now(start: Start, tmp_path: Path) -> None:
    settings = tmp_path / "own_settings.py"
    settings.write_text("from tests.server.site_settings import *\nLAB = True\n")
    own = {**PATIENT_SITE, "PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "own_settings"}
    server = start(procfile("web"), WEB_CONCURRENCY="2", WORK="1", **own)
    assert server.get("/lab/").status == 200
    old = {*server.children(), *booted(server)}
    statuses = []
    settings.write_text("from tests.server.site_settings import *\nLAB = False\n")
    server.process.send_signal(signal.SIGHUP)
    server.process.send_signal(signal.SIGHUP)  # an impatient operator
    while old & server.children():
        statuses.append(server.request("GET", "/books/").status)
    assert set(statuses) == {200}
    assert server.get("/lab/").status == 404
    assert server.stop() == 0
    assert not ALARMING.search(server.log())


def test_a_worker_that_answered_its_share_is_replaced_without_an_error(start: Start) -> None:
    server = start(procfile("web") + " --max-requests 20", **PATIENT_SITE)
    server.wait_until_open()
    while len(booted(server)) < 3:
        assert server.request("GET", "/health_check/live/").status == 200
    assert not ALARMING.search(server.log())


def test_workers_whose_first_process_was_killed_end_by_themselves(start: Start) -> None:
    server = start(procfile("web"), WORK="1")
    server.get("/books/")
    server.process.kill()
    server.wait()
    wait_until(lambda: not server.is_left_behind(), STOP_WITHIN, "a process is left behind")


def begin_to_stop(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "Shutting down" in server.log(), STOP_WITHIN, "it does not begin to stop")


def follow(stream: socket.socket) -> None:
    """Read a stream of events until the first has come."""
    stream.sendall(b"GET /events/?every=0.1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    received = b""
    while b"data:" not in received:
        received += stream.recv(65536)


def read_on(stream: socket.socket) -> bytes:
    return b"".join(iter(lambda: stream.recv(65536), b""))


def ask(connection: http.client.HTTPConnection) -> tuple[int, str | None]:
    """The answer's status, and whether the connection is to be closed after it."""
    connection.request("GET", "/health_check/live/")
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Connection")


def booted(server: Server) -> list[int]:
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.log())]
