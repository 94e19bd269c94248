"""How the server ends, and what it lives through."""

import os
import re
import signal
import socket
from collections.abc import Callable

import pytest

from tests.server.running import PLAIN, START_WITHIN, Server, procfile, wait_until
from tests.server.test_start import COMMANDS

pytestmark = pytest.mark.server

Start = Callable[..., Server]
ALARMING = re.compile(r"SIGKILL|Traceback|WARNING|\[ERROR\]|lifespan", re.IGNORECASE)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_sigterm_ends_it_in_order(command: str, start: Start) -> None:
    server = start(command)
    server.get("/books/")
    assert server.stop() == 0
    assert not ALARMING.search(server.log())


def test_a_sigint_to_the_first_process_ends_it_in_order(start: Start) -> None:
    server = start(procfile("web"), WEB_CONCURRENCY="1")
    server.get("/books/")
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0
    assert not ALARMING.search(server.log())


def test_a_client_that_never_finishes_its_request_does_not_hold_up_the_end(start: Start) -> None:
    server = start(procfile("web"), WEB_CONCURRENCY="1")
    server.wait_until_open()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /books/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        client.recv(12)  # "100 Continue": the request has begun
        assert server.stop() == 0
    assert f"Finished server process [{booted(server)[0]}]" in server.log()


def test_no_process_is_left_behind(start: Start) -> None:
    server = start(PLAIN)
    server.get("/books/")
    server.stop()
    wait_until(lambda: not server.is_left_behind(), 5, "a process is left behind")


def test_a_reload_starts_new_workers_that_answer(start: Start) -> None:
    server = start(procfile("web"), WEB_CONCURRENCY="1")
    server.get("/books/")
    [old] = booted(server)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: f"Finished server process [{old}]" in server.log(), START_WITHIN, "the old worker stays")
    assert server.get("/books/").status == 200


def test_a_killed_worker_is_replaced(start: Start) -> None:
    server = start(procfile("web"), WEB_CONCURRENCY="1")
    server.get("/books/")
    os.kill(booted(server)[0], signal.SIGKILL)
    wait_until(lambda: len(booted(server)) == 2, START_WITHIN, "no new worker starts")
    assert server.get("/books/").status == 200


def booted(server: Server) -> list[int]:
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.log())]
