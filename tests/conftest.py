import os
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from asgiref.sync import SyncToAsync
from django.db import connection, connections
from django.test import TransactionTestCase, override_settings

from dev.loop_monitor import SlowCallback
from django41_example.server.warm_up import warm_up
from tests.emptying import empty_tables
from tests.guarding import guard_of_ours, guarded_loops
from tests.server import running
from tests.server.databases import Prepared, empty_database

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
REAL_DATA = Path(__file__).resolve().parents[2] / "shared/data"
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes its time on purpose
PLAIN_STATIC_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

# One slow machine must not fail an example, and CI must not fail at random.
hypothesis.settings.register_profile("catalogue", deadline=None, max_examples=40, derandomize=IN_CI)
hypothesis.settings.load_profile("catalogue")


def pytest_configure(config: pytest.Config) -> None:
    if "DJANGO_ALLOW_ASYNC_UNSAFE" in os.environ:
        raise pytest.UsageError(
            "DJANGO_ALLOW_ASYNC_UNSAFE hides the faults these tests look for: unset DJANGO_ALLOW_ASYNC_UNSAFE."
        )
    if os.environ.get("TESTS_NEED") == "postgresql" and connection.vendor != "postgresql":
        raise pytest.UsageError(f"These tests are to run on PostgreSQL, and the database is {connection.vendor}.")


def of_a_run() -> str:
    """Which tests: all, those that start processes, or the others."""
    return os.environ.get("TESTS", "others" if connection.vendor == "postgresql" else "all")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Do not even import a file whose tests would all be left out; all of them together take 7 s to import."""
    if not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text()
    marks = "".join(re.findall(r"^pytestmark = (.*)", text, re.MULTILINE))
    if of_a_run() == "processes":
        is_needed = "mark.server" in text or "mark.browser" in text
    else:
        elsewhere = "mark.once" if connection.vendor == "postgresql" else "mark.server"
        is_run_elsewhere = elsewhere in marks and "mark.both" not in text
        is_needed = of_a_run() == "all" or not (is_run_elsewhere or "mark.browser" in marks)
    return None if is_needed else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about another database, and those for which any will do, on one of the two.

    They are not skipped: nothing is missing, since `make test` runs them elsewhere. Beside the two it runs those that
    drive Chromium or servers of their own on SQLite, whose time is spent in other processes (TESTS=processes): all of
    them in one run, so that what they share is made once.
    """
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"

    def belongs_elsewhere(item: pytest.Item) -> bool:
        marks = {mark.name for mark in item.iter_markers()}
        marks -= {"once"} if "both" in marks else set()
        if other in marks:
            return True
        if "browser" in marks or ("server" in marks and (other == "postgresql" or "once" in marks)):
            return of_a_run() == "others"
        return of_a_run() == "processes" or ("once" in marks and other == "sqlite")

    left_out = [item for item in items if belongs_elsewhere(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    excused = hasattr(report, "wasxfail") or (item.get_closest_marker("data") and not REAL_DATA.is_dir())
    if IN_CI and report.skipped and not excused:
        report.outcome, report.longrepr = "failed", f"Nothing may be skipped here, and this was: {report.longrepr}"
    if report.failed:
        report.sections += [(f"log of {server.command}", server.log()) for server in running.SERVERS]
    return report


@pytest.fixture(scope="session", autouse=True)
def _quick_settings() -> Iterator[None]:
    with override_settings(STORAGES=PLAIN_STATIC_FILES, PASSWORD_HASHERS=QUICK_HASHERS, BACKUPS=0):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_django() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        patch.setattr("django.test.client.sync_to_async", on_the_loop)
        yield


def on_the_loop(close: Callable[[], None], **_: object) -> Callable[[], Awaitable[None]]:
    """Stands for sync_to_async, with which AsyncClient closes a response: for that alone each test began a thread."""

    async def aclose() -> None:
        close()

    return aclose


@pytest.fixture(scope="session", autouse=True)
def _blocks(_quick_settings: None) -> Iterator[list[SlowCallback]]:
    """What has held up an event loop; a server warms up before its first request too."""
    warm_up()
    blocks: list[SlowCallback] = []
    with guarded_loops(guard_of_ours(blocks.append)):
        yield blocks


@pytest.fixture(autouse=True)
def _nothing_blocks(_blocks: list[SlowCallback]) -> Iterator[None]:
    _blocks.clear()
    yield
    assert not _blocks, f"The event loop was held up for {_blocks[0].seconds:.2f} s:\n{_blocks[0].stack}"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    folder = tmp_path_factory.mktemp("prepared")
    with empty_database(folder) as url:
        prepared = Prepared(folder, url)
        prepared.manage("prepare")
        yield prepared


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Test SQLite in a file, as people use it: in memory its threads share one connection's locks.

    Nobody needs that file after a crash: to wait for the disk at each commit costs the system's time too.
    """
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "catalogue.sqlite3")
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    yield
    # PostgreSQL drops no database that is in use, and the thread in which async tests reach theirs still holds it.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
