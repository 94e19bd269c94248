"""The command `book-catalogue`, as it is once installed from a wheel: no checkout around it, from any folder."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from django41_example.__main__ import errors_as_one_line
from tests.server.running import PROJECT

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pyproject.toml puts into a wheel."""
    folder = tmp_path_factory.mktemp("site-packages")
    wheel = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    places = {name: name for name in wheel["packages"]} | wheel["force-include"]
    for source, place in places.items():
        if (PROJECT / source).is_dir():
            copytree(PROJECT / source, folder / place, ignore=ignore_patterns("__pycache__"))
        else:
            copyfile(PROJECT / source, folder / place)
    return folder


def run(installed: Path, home: Path, *command: str, **variables: str) -> str:
    given = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(installed), **variables}
    program = [sys.executable, "-m", "django41_example", *command]
    return subprocess.run(program, cwd=home, env=given, check=True, capture_output=True, text=True).stdout


def shell(installed: Path, home: Path, code: str, **variables: str) -> str:
    return run(installed, home, "shell", "--no-imports", "--verbosity=0", "--command", code, **variables).strip()


def test_alone_it_says_what_it_can_do_and_where_the_data_is(installed: Path, tmp_path: Path) -> None:
    said = run(installed, tmp_path)
    assert "book-catalogue serve" in said
    assert f"Data is in {tmp_path}/" in said


@pytest.mark.parametrize("question", ["version", "--version"])
def test_it_tells_its_own_version_not_djangos(installed: Path, tmp_path: Path, question: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert run(installed, tmp_path, question) == f"book-catalogue {project['version']}\n"


def test_it_finds_its_templates_and_keeps_its_data_with_the_user(installed: Path, tmp_path: Path) -> None:
    code = "from django.conf import settings; from django.template.loader import get_template as template; "
    code += "print(settings.VAR_DIR, template('books/book_list.html').origin)"
    data, template = shell(installed, tmp_path, code, XDG_DATA_HOME=f"{tmp_path}/data").split()
    assert data == f"{tmp_path}/data/book-catalogue"
    assert template == f"{installed}/django41_example/templates/books/book_list.html"


def test_relative_paths_begin_where_it_is_called(installed: Path, tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.VAR_DIR, settings.DATABASES['default']['NAME'])"
    paths = shell(installed, tmp_path, code, VAR_DIR="mine", DATABASE_URL="sqlite:///mine/books.db")
    assert paths == f"{tmp_path}/mine {tmp_path}/mine/books.db"


def test_import_is_short_for_import_books(installed: Path, tmp_path: Path) -> None:
    assert "import_books" in run(installed, tmp_path, "import", "--help")


def test_the_server_finds_its_configuration(installed: Path, tmp_path: Path) -> None:
    assert "worker_class" in run(installed, tmp_path, "serve", "--print-config")


def test_a_user_without_a_home_gives_a_folder(installed: Path, tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.VAR_DIR)"
    assert shell(installed, tmp_path, code, HOME="", VAR_DIR=str(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize("error", [DatabaseError("the disk\nis full"), ImproperlyConfigured("the disk is full")])
def test_what_its_operator_can_mend_is_told_in_one_line(error: Exception) -> None:
    with pytest.raises(SystemExit, match=r"the disk is full$"), errors_as_one_line():
        raise error
