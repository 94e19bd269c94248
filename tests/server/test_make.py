"""The Makefile, with stand-ins for Python, pip and gunicorn: what it does, in which order, and when not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server.running import PROJECT

pytestmark = [pytest.mark.server, pytest.mark.once]

PYTHON = """#!/bin/sh
case "$*" in
    --version) echo "Python {version}" ;;
    -c*) echo {is_new_enough} ;;
    *pytest*) echo "$TESTS: $*" >> ran; exit $RESULT ;;
    *venv*) for folder; do :; done; mkdir -p $folder/bin; cp "$0" $folder/bin/python; cp gunicorn $folder/bin ;;
    *pip*) echo "$*" >> installed ;;
esac
"""
GUNICORN = """#!/bin/sh
echo "$@"; env
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-bench.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    executable(tmp_path / "python", PYTHON.format(version="3.13.0", is_new_enough=True))
    executable(tmp_path / "gunicorn", GUNICORN)
    return tmp_path


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make_serve(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return make(checkout, "serve", **variables)


def make(checkout: Path, target: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHON": "./python", **variables}
    return subprocess.run(["make", target], cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_make_serve_installs_what_the_server_needs_and_starts_it(checkout: Path) -> None:
    done = make_serve(checkout)
    assert "-k uvicorn.workers.UvicornWorker django41_example.asgi:application" in done.stdout
    assert installed(checkout) == 1


def test_the_second_time_nothing_is_installed(checkout: Path) -> None:
    make_serve(checkout)
    make_serve(checkout)
    assert installed(checkout) == 1


def test_changed_requirements_are_installed(checkout: Path) -> None:
    make_serve(checkout)
    stamp = (checkout / ".venv/serve").stat().st_mtime
    os.utime(checkout / "requirements.txt", (stamp + 1, stamp + 1))
    make_serve(checkout)
    assert installed(checkout) == 2


def test_make_bench_installs_the_other_stacks_in_an_environment_of_their_own(checkout: Path) -> None:
    assert make(checkout, "bench").returncode == 0
    assert (checkout / ".venv-bench/all").exists()
    assert installed(checkout) == 2


def test_make_test_runs_every_test_on_both_databases(checkout: Path) -> None:
    for name in ("ruff", "mypy"):
        executable(checkout / ".venv/bin" / name, "#!/bin/sh")
    assert make(checkout, "test", RESULT="0").returncode == 0
    assert ran(checkout) == [
        "others: -m pytest --cov",
        "others: -m tests.postgres .venv/bin/python -m pytest",
        "processes: -m pytest",
    ]


@pytest.mark.parametrize(("result", "is_well"), [("0", True), ("1", False), ("5", False)])
def test_make_test_takes_files(checkout: Path, result: str, is_well: bool) -> None:
    done = make(checkout, "test", FILE="tests/test_a.py tests/test_b.py::C", RESULT=result)
    files = "tests/test_a.py tests/test_b.py::C"
    assert (done.returncode == 0) == is_well
    assert ran(checkout) == [
        f"others: -m pytest {files}",
        f"others: -m tests.postgres .venv/bin/python -m pytest {files}",
        f"processes: -m pytest {files}",
    ]


def ran(checkout: Path) -> list[str]:
    return sorted((checkout / "ran").read_text().splitlines())


def installed(checkout: Path) -> int:
    return len((checkout / "installed").read_text().splitlines())


def test_a_python_that_is_too_old_is_told_in_one_line(checkout: Path) -> None:
    executable(checkout / "python", PYTHON.format(version="3.11.7", is_new_enough=False))
    done = make_serve(checkout)
    [line] = done.stderr.splitlines()
    assert done.returncode != 0
    assert "3.12 or newer" in line
    assert '"Python 3.11.7"' in line
    assert "make PYTHON=python3.13 serve" in line


def test_a_file_env_sets_what_is_not_set(checkout: Path) -> None:
    (checkout / ".env").write_text('# ours\nALLOWED_HOSTS="a.test, b.test"\nPORT=8001\n')
    done = make_serve(checkout, PORT="8002")
    assert "ALLOWED_HOSTS=a.test, b.test\n" in done.stdout
    assert "PORT=8002\n" in done.stdout
