"""What stands before Django, as clients meet it: limits, refusals, the log and the figures."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.databases import Prepared
from tests.server.running import PATIENT_SITE, PLAIN, START_WITHIN, Server, procfile, wait_until

pytestmark = [pytest.mark.server, pytest.mark.once]

ASK = b"GET /health_check/live/ HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /books/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LONG = 2 * 1024 * 1024  # bytes: more than any limit here


@pytest.fixture(scope="module", params=["uvicorn.workers.UvicornWorker", "uvicorn_worker.UvicornWorker"])
def worker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, prepared: Prepared
) -> Iterator[Server]:
    """One of either class, with one thread and a line for one."""
    folder = tmp_path_factory.mktemp("worker")
    with prepared.database(folder) as url:
        command = f"gunicorn django41_example.asgi:application -w 1 -k {request.param}"
        server = Server(command, folder, DATABASE_URL=url, WORK="0", THREADS="1", QUEUE_LENGTH="1", **PATIENT_SITE)
        server.wait_until_open()
        yield server
        server.kill()


@pytest.fixture
def impatient(start: Callable[..., Server]) -> Server:
    """It has half a second for a head or a body. On a busy machine any request may be late there."""
    server = start(procfile("web"), IMPATIENT="1", **PATIENT_SITE)
    is_open = "Application startup complete"
    wait_until(lambda: is_open in server.log(), START_WITHIN, "it does not start")
    return server


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Server]:
    """Two workers that tell everything: a line for each request, as JSON, and figures."""
    folder = tmp_path_factory.mktemp("watched")
    with prepared.database(folder) as url:
        told = {"ACCESS_LOG": "1", "LOG_FORMAT": "json", "METRICS": "1"}
        server = Server(PLAIN.replace("-w 4", "-w 2"), folder, DATABASE_URL=url, WORK="0", **told)
        server.wait_until_open()
        yield server
        server.kill()


def status_of(server: Server, sent: bytes) -> int:
    """The status of the answer to these bytes."""
    with server.connect() as client, client.makefile("rb") as answer:
        client.sendall(sent)
        return int(answer.readline().split()[1])


def test_an_address_that_is_too_long_is_refused(worker: Server) -> None:
    assert status_of(worker, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") == 414


def test_headers_that_are_too_long_are_refused(worker: Server) -> None:
    assert status_of(worker, ASK + b"X-Long: " + b"x" * LONG + b"\r\n\r\n") == 431


def test_too_many_headers_are_refused(worker: Server) -> None:
    assert status_of(worker, ASK + b"X-Short: x\r\n" * 101 + b"\r\n") == 431


def test_a_body_that_is_too_long_is_refused(worker: Server) -> None:
    assert status_of(worker, POST + b"Content-Length: %d\r\n\r\n" % LONG + bytes(LONG)) == 413


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(worker: Server) -> None:
    assert status_of(worker, POST + b"Content-Length: %d\r\n\r\n" % (LONG * 1024)) == 413


def test_a_body_in_chunks_that_is_too_long_is_refused(worker: Server) -> None:
    chunks = b"%x\r\n%b\r\n" % (LONG, bytes(LONG))
    assert status_of(worker, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n") == 413


def test_a_head_or_a_body_that_does_not_come_in_time_is_refused(impatient: Server) -> None:
    assert status_of(impatient, ASK) == 408
    assert status_of(impatient, POST + b"Content-Length: 9\r\n\r\n{") == 408


def test_what_is_not_http_is_refused(worker: Server) -> None:
    assert status_of(worker, b"Good morning\r\n\r\n") == 400


def test_there_is_no_socket_to_control_it_by(worker: Server) -> None:
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    listening = {row[6] for row in rows if row[3] == "00010000"}
    handles = Path(f"/proc/{worker.process.pid}/fd").iterdir()
    own = {re.sub(r"\D", "", str(link)) for handle in handles if "socket" in str(link := handle.readlink())}
    assert not own & listening


def test_figures_are_told_to_nobody_who_did_not_ask_for_them(worker: Server) -> None:
    assert worker.get("/metrics").status == 404


def test_who_finds_all_threads_busy_and_the_line_full_is_told_to_come_back(worker: Server, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    with ThreadPoolExecutor(4) as visitors:
        asked = [visitors.submit(worker.request, "GET", f"/holds-a-thread/?until={go_on}") for _ in range(4)]
        try:
            wait_until(lambda: sum(each.done() for each in asked) == 2, START_WITHIN, "two are not refused")
        finally:
            go_on.touch()
    answers = [each.result() for each in asked]
    assert Counter(answer.status for answer in answers) == {200: 2, 503: 2}
    assert {answer.headers["Retry-After"] for answer in answers} == {None, "1"}


def test_figures_are_those_of_all_workers(watched: Server) -> None:
    wait_until(lambda: watched.log().count("Application startup complete") == 2, START_WITHIN, "a worker is missing")
    with ThreadPoolExecutor(8) as visitors:
        list(visitors.map(lambda _: watched.request("GET", "/topics/"), range(40)))
    counted = b'http_requests_total{method="GET",route="topics/",status="200"} 40.0'
    # A worker counts a request when it has sent the answer.
    wait_until(lambda: counted in watched.request("GET", "/metrics").body, START_WITHIN, "they are not counted")


def test_in_a_json_log_every_line_is_json_and_says_something_new(watched: Server) -> None:
    watched.get("/books/")
    wait_until(lambda: "/books/" in watched.log(), START_WITHIN, "the request is not in the log")
    lines = [json.loads(line) for line in watched.log().splitlines()]
    assert {line["logger"] for line in lines} >= {"gunicorn.error", "uvicorn.error", "access"}
    assert len({str(line) for line in lines}) == len(lines)


def test_the_log_of_requests_tells_what_was_answered(watched: Server) -> None:
    answer = watched.get("/nothing/")
    wait_until(lambda: "/nothing/" in watched.log(), START_WITHIN, "the request is not in the log")
    [line] = [json.loads(line) for line in watched.log().splitlines() if "/nothing/" in line]
    told = [line[name] for name in ("request_id", "method", "path", "status", "bytes")]
    assert told == [answer.headers["X-Request-Id"], "GET", "/nothing/", 404, len(answer.body)]
