"""`/metrics`. Its figures live in files whose folder the environment names, so it is tried in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from books.views.errors import server_refusal
from django41_example.server.handler import Handler
from tests.asgi.client import Exchange, ask
from tests.asgi.conftest import MakePool

pytestmark = pytest.mark.once

JSON = [("accept", "application/json")]

BEGIN = """
import asyncio, json, time
from django41_example.server.request_log import RequestLog
from django41_example.server.metrics import Metrics
from tests.asgi.client import ask

async def application(scope, receive, send):
    scope["route"] = "books/<id:pk>/"
    await send({"type": "http.response.start", "status": 404 if scope["path"] == "/none/" else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the application"})

gauges, counts = {("threads_lent", "lent"): lambda: 3}, lambda: {"jobs_queued": 2}
metrics = Metrics(application, token=TOKEN, gauges=gauges, counts=counts)
journal = RequestLog(metrics, observe=metrics.observe)

def tell(answer):
    print(json.dumps([answer.status, answer.headers, answer.body.decode()]))

async def main():
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Runs a test's own lines with `/metrics` before a small application; what they tell."""

    def run(*lines: str, token: str = "", begin: str = BEGIN) -> str:
        program = f"TOKEN = {token!r}\n{begin}" + "".join(f"    {line}\n" for line in lines) + "asyncio.run(main())"
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        assert not done.stderr
        return done.stdout

    return run


async def test_without_the_setting_there_is_no_such_address(make_pool: MakePool) -> None:
    answer = await ask(
        Handler(make_pool(), server_refusal, body_limit=1000), "/metrics", headers=[("accept", "application/json")]
    )
    assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "route"), [("/books/17/", "books/<id:pk>/"), ("/health_check/live/", "health_check/live/"), ("/no", None)]
)
async def test_a_request_has_the_route_under_which_it_is_counted(
    path: str, route: str | None, make_pool: MakePool
) -> None:
    exchange = Exchange(Handler(make_pool(), server_refusal, body_limit=1000), path, method="DELETE")
    await exchange.answer()
    assert exchange.scope.get("route") == route


CALLERS = [
    ("", "127.0.0.1", "[]", 200),
    ("", "::1", "[]", 200),
    ("", "192.0.2.7", "[]", 401),
    ("", "127.0.0.1", "[('x-forwarded-for', '192.0.2.7')]", 401),
    ("", "127.0.0.1", "[('forwarded', 'for=192.0.2.7')]", 401),
    ("", "127.0.0.1", "[('via', '1.1 proxy')]", 401),
    ("", "192.0.2.7", "[('authorization', 'Bearer ')]", 401),
    ("secret", "192.0.2.7", "[('authorization', 'Bearer secret')]", 200),
    ("secret", "127.0.0.1", "[('authorization', 'Bearer secret'), ('via', '1.1 proxy')]", 200),
    ("secret", "192.0.2.7", "[('authorization', 'Bearer wrong')]", 401),
    ("secret", "192.0.2.7", "[]", 401),
    ("secret", "127.0.0.1", "[]", 401),
    ("secret", "not an address", "[('x-forwarded-for', 'not an address')]", 401),
]


def test_this_machine_and_whoever_shows_the_token_are_told(run: Any) -> None:
    for token in ("", "secret"):
        callers = [caller[1:] for caller in CALLERS if caller[0] == token]
        asked = [
            f"print((await ask(metrics, '/metrics', client={client!r}, headers={headers})).status)"
            for client, headers, _ in callers
        ]
        assert run(*asked, token=token).split() == [str(status) for _, _, status in callers]


def test_what_the_application_counts_is_told(run: Any) -> None:
    assert "jobs_queued 2.0" in run("print((await ask(metrics, '/metrics')).body.decode())").splitlines()


def test_others_are_told_what_to_do(run: Any) -> None:
    status, headers, body = json.loads(run("tell(await ask(metrics, '/metrics', client='192.0.2.7'))"))
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert "METRICS_TOKEN" in json.loads(body)["detail"]


def test_the_figures_are_prometheus_text(run: Any) -> None:
    _, headers, body = json.loads(run("await ask(journal)", "tell(await ask(metrics, '/metrics'))"))
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE http_requests_total counter" in body


def test_only_get_is_for_that_address(run: Any) -> None:
    status, headers, _ = json.loads(run("tell(await ask(metrics, '/metrics', method='POST'))"))
    assert (status, headers["allow"]) == (405, "GET")


def test_every_other_address_is_the_applications(run: Any) -> None:
    assert json.loads(run("tell(await ask(metrics, '/metrics/'))"))[2] == "the application"


def test_requests_are_counted_by_method_route_and_status(run: Any) -> None:
    figures = run(
        "for path in ('/1/', '/2/', '/none/'): await ask(journal, path)",
        "print((await ask(metrics, '/metrics')).body.decode())",
    )
    assert 'http_requests_total{method="GET",route="books/<id:pk>/",status="200"} 2.0' in figures
    assert 'http_requests_total{method="GET",route="books/<id:pk>/",status="404"} 1.0' in figures
    assert "http_request_seconds_count 3.0" in figures


def test_a_call_that_blocks_the_event_loop_is_seen(run: Any) -> None:
    figures = run(
        "watching = asyncio.create_task(metrics.watch())",
        "await asyncio.sleep(0.05)",
        "time.sleep(0.3)",
        "while 'threads_lent 3.0' not in (told := (await ask(metrics, '/metrics')).body.decode()):",
        "    await asyncio.sleep(0.05)",
        "watching.cancel()",
        "print(told)",
    )
    told = dict(line.rsplit(" ", 1) for line in figures.splitlines() if line.startswith("event_loop_lag_seconds_b"))
    looks, quick = (float(told[f'event_loop_lag_seconds_bucket{{le="{most}"}}']) for most in ("+Inf", "0.1"))
    assert looks - quick >= 1


def test_the_figures_of_all_workers_are_added_up(run: Any) -> None:
    ask_once = ("await ask(journal, '/1/')", "print((await ask(metrics, '/metrics')).body.decode())")
    run(*ask_once)
    assert 'status="200"} 2.0' in run(*ask_once)
