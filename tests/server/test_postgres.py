"""The PostgreSQL that tests/postgres.py finds or makes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests import postgres
from tests.server.running import PROJECT, STOP_WITHIN

pytestmark = [pytest.mark.server, pytest.mark.once]
needs_binaries = pytest.mark.skipif(postgres.find_binaries() is None, reason=postgres.MISSING)


@contextmanager
def started(*command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {"PATH": os.environ["PATH"], **variables}
    program = [sys.executable, "-m", "tests.postgres", *command]
    with subprocess.Popen(
        program, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process


def folder_of(process: subprocess.Popen[str]) -> Path:
    """The folder of the cluster whose address the command prints."""
    assert process.stdout is not None
    return Path(unquote(urlsplit(process.stdout.readline()).netloc.partition("@")[2]))


def test_a_given_database_is_the_one() -> None:
    given = "postgres://somewhere/books"
    with started("printenv", "DATABASE_URL", DATABASE_URL=given) as process:
        assert process.communicate()[0].strip() == given


def test_without_a_command_it_tells_whether_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    assert postgres.main([]) == 1
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/books")
    assert postgres.main([]) == 0


@needs_binaries
def test_a_cluster_is_made_for_the_command_and_removed_after_it() -> None:
    with started("sh", "-c", 'echo "$DATABASE_URL"; psql "$DATABASE_URL" -Atc "show fsync"; exit 3') as process:
        folder = folder_of(process)
        assert process.communicate(timeout=STOP_WITHIN)[0].strip() == "off"
    assert process.returncode == 3
    assert not folder.exists()


@needs_binaries
@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_a_cluster_is_removed_when_the_command_is_interrupted(interruption: signal.Signals) -> None:
    with started("sh", "-c", 'echo "$DATABASE_URL"; exec sleep 600') as process:
        folder = folder_of(process)
        assert (folder / "data/postmaster.pid").exists()
        os.killpg(process.pid, interruption)
        process.communicate(timeout=STOP_WITHIN)
    assert process.returncode != 0
    assert not folder.exists()


@pytest.mark.parametrize(("in_ci", "code"), [(False, 0), (True, 1)])
def test_where_there_is_none_it_says_how_to_get_it(
    in_ci: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    monkeypatch.setattr(postgres, "IN_CI", in_ci)
    assert postgres.main(["false"]) == code
    assert "apt-get install postgresql" in capsys.readouterr().err
