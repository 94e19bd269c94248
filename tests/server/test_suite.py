"""The rules that tests/conftest.py lays down, tried on small suites of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.running import PROJECT

pytestmark = [pytest.mark.server, pytest.mark.once]


def run(folder: Path, tests: str, **variables: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_it.py"
    file.write_text(f"import pytest\n{tests}")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml", str(file)]
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(folder), "DATABASE_URL": "sqlite:///unused", **variables}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def test_it_does_not_run_where_unsafe_access_is_allowed(tmp_path: Path) -> None:
    done = run(tmp_path, "def test(): pass", DJANGO_ALLOW_ASYNC_UNSAFE="1")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "unset DJANGO_ALLOW_ASYNC_UNSAFE" in done.stderr


def test_a_run_meant_for_postgresql_runs_on_nothing_else(tmp_path: Path) -> None:
    done = run(tmp_path, "def test(): pass", TESTS_NEED="postgresql")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the database is sqlite" in done.stderr


def test_a_skip_is_a_failure_in_ci(tmp_path: Path) -> None:
    skipping = "def test(): pytest.skip('no browser')"
    assert "1 skipped" in run(tmp_path, skipping).stdout
    in_ci = run(tmp_path, skipping, CI="true")
    assert "1 failed" in in_ci.stdout
    assert "no browser" in in_ci.stdout


def test_an_expected_failure_is_none_in_ci(tmp_path: Path) -> None:
    assert "1 xfailed" in run(tmp_path, "@pytest.mark.xfail\ndef test(): assert False", CI="true").stdout


def test_what_is_about_another_database_is_left_out(tmp_path: Path) -> None:
    tests = "@pytest.mark.postgresql\ndef test_a(): assert False\n@pytest.mark.sqlite\ndef test_b(): pass"
    done = run(tmp_path, tests)
    assert done.returncode == 0
    assert "1 passed, 1 deselected" in done.stdout
