"""The docs are true: their commands print what they show, their links lead somewhere, what they name exists.

A block marked `console` holds commands after `$ ` (continued after `> `) and what they print, where … stands for
anything; it is run. Blocks marked `sh` are only shown: they start servers, or call other hosts.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import resolve

from books.forms.names import AuthorForm
from books.forms.uploads import EXISTING_LABELS
from tests.server.databases import Prepared
from tests.server.running import PROJECT, START_WITHIN, TOOLS, Server, environment, procfile, wait_until

pytestmark = pytest.mark.once

README = PROJECT / "README.md"
DOCS = [README, PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").glob("*.md"))]
RUNNABLE = [document for document in DOCS if "```console" in document.read_text()]
TEMPLATES = PROJECT / "templates"
OPERATING = PROJECT / "docs/operating.md"

SEPARATOR = "\x1e"  # between the outputs of two commands
OWNER = {
    "DJANGO_SUPERUSER_USERNAME": "owner",
    "DJANGO_SUPERUSER_PASSWORD": "docs-are-read",
    "DJANGO_SUPERUSER_EMAIL": "",
}
OF_A_RECIPE = {  # what docs/extending.md tells people to add
    "/publishers/",
    "books/views/publishers.py",
    "books/jobs/tasks/count_words.py",
    "templates/books/publisher_list.html",
    "tests/test_publishers.py",
    "test_publishers",
}
ON_OTHER_PAGES = {"Users", "Add user", "Librarians"}  # the admin's words, and the name of a group
NOT_DJANGOS = {"/metrics", "/books-app"}  # URLs that the server answers, and an example of a SCRIPT_NAME

every_document = pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)


def console(document: Path) -> list[tuple[str, str]]:
    """The commands of a document, each with what it is said to print."""
    commands: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], ""))
            elif line.startswith("> ") and not commands[-1][1]:
                commands[-1] = (f"{commands[-1][0]}\n{line[2:]}", "")
            else:
                commands[-1] = (commands[-1][0], f"{commands[-1][1]}{line}\n")
    return commands


@pytest.fixture(scope="module")
def variables(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of somebody who has started the catalogue in this folder, and has a token."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / ".venv").symlink_to(TOOLS.parent)
    (folder / "manage.py").symlink_to(PROJECT / "manage.py")
    with prepared.database(folder) as url:
        (folder / "var/catalogue.sqlite3").symlink_to(folder / "catalogue.sqlite3")
        given = environment(folder, {"DATABASE_URL": url, **OWNER})

        def manage(*command: str) -> str:
            program = [str(TOOLS / "python"), "manage.py", *command]
            return subprocess.run(program, cwd=folder, env=given, check=True, capture_output=True, text=True).stdout

        manage("createsuperuser", "--noinput")
        scopes = [part for name in ("read", "write", "jobs") for part in ("--scope", name)]
        token = manage("create_token", OWNER["DJANGO_SUPERUSER_USERNAME"], *scopes).splitlines()[-1]
        server = Server(procfile("web"), folder, DATABASE_URL=url, WEB_CONCURRENCY="1")
        try:
            server.wait_until_open()
            wait_until(lambda: server.get("/health_check/").status == 200, START_WITHIN, "No job worker is there")
            yield {**given, "TOKEN": token, "PORT": str(server.port), "PWD": str(folder)}
        finally:
            server.kill()


@pytest.mark.server
@pytest.mark.parametrize("document", RUNNABLE, ids=lambda path: path.name)
def test_its_commands_print_what_it_shows(document: Path, variables: dict[str, str]) -> None:
    commands = console(document)
    script = "set -e\n" + "".join(f"{command}\nprintf '{SEPARATOR}'\n" for command, _ in commands)
    done = subprocess.run(
        ["bash", "-c", script.replace("localhost:8000", f"localhost:{variables['PORT']}")],
        cwd=variables["PWD"],
        env=variables,
        capture_output=True,
        text=True,
        timeout=START_WITHIN,
        check=False,
    )
    printed = done.stdout.split(SEPARATOR)[:-1]
    for (command, shown), output in zip(commands, printed, strict=False):
        pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
        assert re.fullmatch(pattern, output.strip(), re.DOTALL), f"$ {command}\n{output}\nis shown as\n{shown}"
    assert len(printed) == len(commands), f"$ {commands[len(printed)][0]}\n{done.stderr}"


def headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@every_document
def test_its_links_lead_somewhere(document: Path) -> None:
    for path, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)]*))?\)", document.read_text()):
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not anchor or anchor in headings(target), f"{path}#{anchor}"


@every_document
def test_the_files_it_names_exist(document: Path) -> None:
    folders = "books|django41_example|templates|tests|benchmarks|docs"
    named = re.findall(rf"(?<![\w/.:])((?:{folders})/[\w./-]*|gunicorn\.conf\.py)", document.read_text())
    missing = [name for name in named if not any((root / name.rstrip(".")).exists() for root in (PROJECT, TEMPLATES))]
    assert set(missing) <= OF_A_RECIPE


@every_document
def test_the_modules_commands_and_tests_it_names_exist(document: Path) -> None:
    text = document.read_text()
    for module in re.findall(r"-m ((?:tests|benchmarks)[\w.]*)", text):
        path = PROJECT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= get_commands().keys() | {"procrastinate"}
    targets = re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake (?:[A-Z]+=\S+ )?(serve|dev|test|lint|bench|[a-z]+`)", text)) <= set(targets)
    tests = "\n".join(f"{path.stem}\n{path.read_text()}" for path in (PROJECT / "tests").rglob("test_*.py"))
    assert {name for name in re.findall(r"\btest_\w+", text) if name not in tests} <= OF_A_RECIPE


@every_document
def test_the_classes_it_names_exist(document: Path) -> None:
    folders = ("books", "django41_example", "tests")
    sources = "\n".join(path.read_text() for folder in folders for path in (PROJECT / folder).rglob("*.py"))
    named = re.findall(r"`((?:[A-Z][a-z]+){2,})`", document.read_text())
    assert [name for name in named if not re.search(rf"\b{name}\b", sources)] == []


@every_document
def test_the_urls_it_names_exist(document: Path) -> None:
    named = set(re.findall(r"`(/[\w./-]*)`", document.read_text())) - NOT_DJANGOS - OF_A_RECIPE
    for url in named:
        resolve(url)  # raises Resolver404 if there is none


@pytest.mark.parametrize("name", ["librarians.md", "api.md", "lookup.md", "import-export.md"])
def test_the_buttons_and_boxes_it_names_are_on_our_pages(name: str) -> None:
    """They are in bold; so are the sentences, with their full stops, that begin a paragraph."""
    bold = re.findall(r"\*\*([^*]+)\*\*", (PROJECT / "docs" / name).read_text())
    named = {" ".join(words.split()) for words in bold if not words.endswith(".")}
    templates = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    boxes = [str(field.label) for field in AuthorForm.base_fields.values()]
    pages = "\n".join([*templates, *boxes, *EXISTING_LABELS.values(), *ON_OTHER_PAGES])
    assert sorted(label for label in named if label not in pages) == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 140


def test_the_view_in_the_readme_is_the_code() -> None:
    view, lines = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert view in (PROJECT / "books/views/book_list.py").read_text()
    assert lines in (PROJECT / "books/views/lists.py").read_text()


def test_the_readme_leads_to_every_document() -> None:
    text = README.read_text()
    assert [path.name for path in DOCS[2:] if f"(docs/{path.name}" not in text] == []


@every_document
def test_it_names_nothing_of_the_machine_it_was_written_on(document: Path) -> None:
    assert not re.search(r"/work/|/root/|/tmp/", document.read_text())


# Settings --------------------------------------------------------------------


def variables_read() -> set[str]:
    """The environment variables that any of our programs reads."""
    sources = [PROJECT / "gunicorn.conf.py", *PROJECT.glob("django41_example/**/*.py"), *PROJECT.glob("books/**/*.py")]
    call = re.compile(r'(?:environment\.\w+|\btext)\(\s*"([A-Z_]+)"|os\.environ[^"\n]*"([A-Z_]+)"')
    found = [match for source in sources for match in call.findall(source.read_text())]
    return {first or second for first, second in found} - {"DJANGO_SETTINGS_MODULE"}


def test_the_variables_are_found_in_the_sources() -> None:
    assert {"DATABASE_URL", "SECRET_KEY", "PORT", "WEB_CONCURRENCY"} <= variables_read()


def test_every_variable_is_in_the_example_under_a_line_that_explains_it() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    explained = {line[1:].partition("=")[0] for before, line in pairwise(lines) if before.startswith("# ")}
    assert variables_read() <= explained


def test_the_example_names_no_variable_that_nobody_reads() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert set(named) == variables_read()


def test_the_table_of_settings_names_every_variable_and_no_other() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATING.read_text(), re.MULTILINE)) == variables_read()


def test_every_variable_of_make_is_explained() -> None:
    of_make = re.findall(r"^([A-Z_]+) \?=", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert [name for name in of_make if f"make {name}=" not in OPERATING.read_text()] == []
