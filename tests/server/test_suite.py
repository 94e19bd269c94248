"""The rules that tests/conftest.py lays down, tried on small suites of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest
from tests.server.running import PROJECT

pytestmark = [pytest.mark.server, pytest.mark.once]

TESTS = """
import pytest
@pytest.mark.postgresql
def test_on_postgresql(): assert False
@pytest.mark.sqlite
def test_on_sqlite(): pass
@pytest.mark.xfail
def test_expected_to_fail(): assert False
def test_skipped(): pytest.skip("no browser")
"""


def run(folder: Path, **variables: str) -> str:
    file = folder / "test_it.py"
    file.write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml", str(file)]
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(folder), "DATABASE_URL": "sqlite:///unused", **variables}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False).stdout


def test_it_does_not_run_where_unsafe_access_is_allowed(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with pytest.raises(pytest.UsageError, match="unset DJANGO_ALLOW_ASYNC_UNSAFE"):
        conftest.pytest_configure(pytestconfig)


def test_a_run_meant_for_postgresql_runs_on_nothing_else(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTS_NEED", "postgresql")
    with pytest.raises(pytest.UsageError, match="the database is sqlite"):
        conftest.pytest_configure(pytestconfig)


def test_what_is_about_another_database_is_left_out_and_what_is_lacking_is_skipped(tmp_path: Path) -> None:
    assert "1 passed, 1 skipped, 1 deselected, 1 xfailed" in run(tmp_path)


def test_a_skip_is_a_failure_in_ci_but_an_expected_failure_is_none(tmp_path: Path) -> None:
    told = run(tmp_path, CI="true")
    assert "1 failed, 1 passed, 1 deselected, 1 xfailed" in told
    assert "no browser" in told


@pytest.mark.parametrize(
    ("of_a_run", "text", "is_left_out"),
    [
        ("processes", "pytestmark = pytest.mark.once\n", True),
        ("processes", "pytestmark = pytest.mark.once\n@pytest.mark.server\n", None),
        ("processes", "pytestmark = pytest.mark.browser\n", None),
        ("others", "pytestmark = pytest.mark.browser\n", True),
        ("others", "pytestmark = pytest.mark.once\n", None),
        ("others", "pytestmark = pytest.mark.server\n", True),
        ("others", "pytestmark = pytest.mark.once\n@pytest.mark.server\n", None),
        ("all", "pytestmark = pytest.mark.browser\n", None),
    ],
)
def test_a_file_without_a_test_for_the_run_is_not_imported(
    of_a_run: str, text: str, is_left_out: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_it.py").write_text(text)
    monkeypatch.setenv("TESTS", of_a_run)
    assert conftest.pytest_ignore_collect(tmp_path / "test_it.py") is is_left_out
