"""The laboratory: what each case answers, what it does to others, and that it can hold up no server."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockingError, blockbuster_ctx
from django.test import AsyncClient

from books.lab import experiment, slow_server
from books.lab.experiment import Laboratory
from books.lab.guide import CASES, LIBRARIES, packages
from books.lab.latency import outline, percentile, probing
from books.models import Book
from django41_example.server.warm_up import warm_up
from tests.server.databases import Prepared
from tests.server.running import PRODUCTION, PROJECT, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

HTML = {"accept": "text/html"}
SLOW = 0.25  # seconds that the slow server takes in tests
CURES = ["to-thread", "sync-to-async", "async-client", "sync-view"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "SECONDS", SLOW)
    monkeypatch.setattr(experiment.laboratory, "may_block_at", 0.0)


async def run(name: str, client: AsyncClient) -> Any:
    response = await client.get(f"/lab/{name}/")
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("name", ["blocking", *CURES])
async def test_a_case_answers_what_the_slow_server_has_told_it(name: str, async_client: AsyncClient) -> None:
    told = await run(name, async_client)
    assert told["answer"] == slow_server.ANSWER.decode()
    assert told["error"] is None
    assert told["seconds"] >= SLOW


async def test_the_sleeping_view_says_its_sentence_after_a_second(async_client: AsyncClient) -> None:
    told = await run("sleep", async_client)
    assert told["answer"] == "I slept for a second, and nobody noticed."
    assert told["seconds"] >= 1


async def test_while_one_blocks_others_wait_for_as_long(async_client: AsyncClient) -> None:
    others = (await run("blocking", async_client))["others"]
    assert others["longest_ms"] >= 0.8 * SLOW * 1000
    assert others["p50_ms"] >= 0.3 * SLOW * 1000


@pytest.mark.parametrize("name", ["sleep", *CURES])
async def test_the_other_cases_make_no_blocking_call_on_the_loop(name: str, async_client: AsyncClient) -> None:
    warm_up()
    with blockbuster_ctx():
        assert (await run(name, async_client))["answer"]


async def test_the_case_that_blocks_is_seen_to_block(async_client: AsyncClient) -> None:
    with blockbuster_ctx() as watch:
        watch.functions["socket.socket.connect"].deactivate()  # else the connection is not there to be closed
        with pytest.raises(BlockingError):
            await async_client.get("/lab/blocking/")


async def test_rows_iterated_the_sync_way_show_djangos_error_and_the_right_way_its_rows(
    async_client: AsyncClient,
) -> None:
    await Book.objects.acreate(title="Kokoro", title_key="kokoro")
    told = await run("orm", async_client)
    assert told["error"].startswith("SynchronousOnlyOperation: ")
    assert told["answer"] == "Kokoro"


async def test_a_browser_gets_a_page_with_the_figures(async_client: AsyncClient) -> None:
    page = (await async_client.get("/lab/orm/", headers=HTML)).content.decode()
    assert "SynchronousOnlyOperation" in page
    assert "<polygon" in page
    assert "books/lab/cases.py, line" in page


async def test_a_run_is_kept_by_nobody(async_client: AsyncClient) -> None:
    assert (await async_client.get("/lab/orm/"))["Cache-Control"] == "no-store"


async def test_an_unknown_case_is_404_and_says_where_they_are(async_client: AsyncClient) -> None:
    response = await async_client.get("/lab/prayer/")
    assert response.status_code == 404
    assert "/lab/" in response.json()["detail"]


async def test_the_page_shows_the_very_lines_that_run(async_client: AsyncClient) -> None:
    data = (await async_client.get("/lab/")).json()
    for way in data["ways"]:
        for source in way["sources"]:
            lines = (PROJECT / source["file"]).read_text().splitlines()[source["line"] - 1 :]
            assert source["code"].splitlines() == lines[: len(source["code"].splitlines())]
    assert {way["name"] for way in data["ways"]} == CASES.keys()


async def test_one_blocks_only_now_and_then(async_client: AsyncClient) -> None:
    await run("blocking", async_client)
    refused = await async_client.get("/lab/blocking/")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= experiment.PAUSE
    await run("orm", async_client)


async def test_few_run_at_once(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment.laboratory, "running", experiment.MAX_RUNNING)
    assert (await async_client.get("/lab/sleep/")).status_code == 429


async def test_a_run_that_fails_frees_its_place(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Laboratory()
    monkeypatch.setattr(slow_server, "ask", None)
    monkeypatch.setattr(slow_server, "start", None)
    with pytest.raises(TypeError):
        await place.arun(CASES["blocking"], None)  # type: ignore[arg-type]
    assert place.running == 0


async def test_production_never_blocks_for_anybody(async_client: AsyncClient, settings: Any) -> None:
    settings.PRODUCTION = True
    refused = await async_client.get("/lab/blocking/")
    assert refused.status_code == 403
    assert "your own machine" in refused.json()["detail"]
    page = (await async_client.get("/lab/", headers=HTML)).content.decode()
    assert 'action="/lab/blocking/"' not in page
    assert 'action="/lab/sleep/"' in page


@pytest.mark.parametrize(("variables", "status"), [({}, 404), ({"LAB": "1"}, 200)])
def test_production_has_it_only_when_told_so(
    variables: dict[str, str], status: int, tmp_path: Path, prepared: Prepared
) -> None:
    code = """
from django.test import Client, override_settings
client = Client(headers={"host": "books.test"})
with override_settings(STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}):
    print([client.get(path, secure=True).status_code for path in ("/lab/", "/lab/orm/")])
    described = client.get("/openapi.json", secure=True).json()["paths"]
    print("/lab/" in described, "lab" in client.get("/", secure=True).json())
"""
    with prepared.database(tmp_path) as url:
        given = {**environment(tmp_path, {"DATABASE_URL": url}), **PRODUCTION, **variables}
        command = [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity=0", "--command", code]
        shown = subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=True).stdout
    is_on = status == 200
    assert shown.splitlines() == [f"[{status}, {status}]", f"{is_on} {is_on}"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, part) for part in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert percentile([7.0], 0.5) == 7


def test_an_outline_fills_its_frame() -> None:
    assert outline([0.0, 200.0], 10, 4) == "0,4 0.0,4.0 10.0,0.0 10,4"
    assert outline([1.0], 10, 4).count(" ") == 2


def test_every_library_that_is_named_can_be_installed(tmp_path: Path) -> None:
    libraries = [library for pair in LIBRARIES.values() for names in pair for library in packages(names)]
    names = sorted({library["package"] for library in libraries if library["package"]})
    # Not for this machine: there psycopg2 and mysqlclient would have to be compiled even to be looked at.
    elsewhere = [
        "--platform=win_amd64",
        "--python-version=3.12",
        "--only-binary=:all:",
        f"--target={tmp_path / 'none'}",
    ]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--no-deps"]
    result = subprocess.run([*command, *elsewhere, *names], capture_output=True, text=True, timeout=300, check=False)
    if "connection broken" in result.stderr:
        pytest.skip("the package index cannot be reached: ask again with a network")
    assert result.returncode == 0, result.stderr


def test_every_case_says_what_it_does_to_others_and_when_to_use_it() -> None:
    assert all(case.others.endswith(".") and case.when.endswith(".") for case in CASES.values())


async def test_a_run_that_is_cancelled_while_its_probe_ends_is_cancelled() -> None:
    is_ending = asyncio.Event()

    async def measured() -> None:
        async with probing():
            is_ending.set()

    task = asyncio.create_task(measured())
    await is_ending.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
