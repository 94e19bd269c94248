"""The order of the rooms and their size: which package may import which, and how many lines each may have."""

import ast
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from books.exporting import EXPORT_FORMATS
from books.importing.formats import FORMATS

pytestmark = pytest.mark.once

PROJECT = Path(__file__).parent.parent
SOURCES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("books", "django41_example")
    for path in PROJECT.glob(f"{folder}/**/*.py")
    if "migrations" not in path.parts
}

# A room imports from those above it in this list; rooms on one line, from each other too.
ORDER = """
metadata
models search cache
web
history lookup lab
openid
exporting importing
backup
forms jobs
feeds templatetags
views openapi admin
checks
apps urls management
server
""".split("\n")[1:-1]
# What reads an environment variable or the head of a request, knows who shares an address or the threads, and gives a
# request's thread back before it waits.
SEEN_BY_ALL = {"django41_example.environment"} | {
    f"django41_example.server.{name}" for name in ("forwarded", "request_head", "statements", "thread_pool", "threads")
}

# What we read or write beyond CSV and JSON Lines; a second name is that of the exports.
FURTHER_FORMATS = """
nameless
zotero
goodbooks
gutenberg
librarything
librarything-json
aozora
goodreads
calibre
storygraph
libib
bookwyrm
openreads
openlibrary
inventaire
babelio
bookcatalogue
marc
marcxml
marc-text
opf
ris
bibtex
csl-json csl
isbns
xlsx
""".split("\n")[1:-1]

# Lines, with blank ones and comments. Every other package may have 500.
BUDGETS = {
    "models forms views web metadata templatetags admin": 3200,
    "search": 1300,
    "server": 1700,
    "jobs": 1200,
    "importing exporting": 1700 + 70 * len(FURTHER_FORMATS),
    **dict.fromkeys(["history", "lookup", "openid", "feeds", "openapi", "lab", "cache"], 500),
    **dict.fromkeys(["management", "backup"], 700),
    "house": 12_000,
    "benchmarks": 3000,
}
# What is over its budget still, and how large it is: it fails above as long as it is, and here once it grows.
TOO_LARGE = {
    "models forms views web metadata templatetags admin": 11_813,
    "search": 2038,
    "server": 3471,
    "jobs": 1420,
    "importing exporting": 6115,
    "house": 29_358,
}


def room_of(module: str) -> str:
    """The package or module of books/; "server" for all of django41_example."""
    return module.split(".")[1] if module.startswith("books.") else "server"


def step_of(module: str) -> int:
    return next(step for step, rooms in enumerate(ORDER) if room_of(module) in rooms.split())


def imports() -> Iterator[tuple[str, str]]:
    for module, path in SOURCES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            for name in names:
                if imported := {name, name.rpartition(".")[0]} & SOURCES.keys():
                    yield module, max(imported)


def lines(paths: Iterable[Path]) -> int:
    return sum(len(path.read_text().splitlines()) for path in paths)


def test_imports_are_found() -> None:
    assert ("books.urls", "books.views.book_list") in set(imports())


def test_no_room_imports_from_one_below_it() -> None:
    wrong = [
        f"{module} imports {imported}"
        for module, imported in imports()
        if module != "books" and imported not in SEEN_BY_ALL and step_of(imported) > step_of(module)
    ]
    assert wrong == []


def test_no_modules_import_each_other() -> None:
    graph: dict[str, set[str]] = {module: set() for module in SOURCES}
    for module, imported in imports():
        graph[module] |= {imported} - {module}
    TopologicalSorter(graph).prepare()  # raises CycleError, with the modules


def test_every_room_has_a_budget_and_a_place() -> None:
    rooms = {room_of(module) for module in SOURCES if module != "books"}
    assert rooms == set(" ".join(ORDER).split())
    assert rooms - set(" ".join(BUDGETS).split()) == {"apps", "checks", "urls"}


def test_the_further_formats_are_all_that_are_registered() -> None:
    named = {name for names in FURTHER_FORMATS for name in names.split()}
    assert named == {*FORMATS, *EXPORT_FORMATS} - {"csv", "jsonl"}


def size_of(rooms: str) -> int:
    if rooms == "benchmarks":
        return lines(path for path in PROJECT.glob("benchmarks/**/*.*") if path.suffix != ".pyc")
    if rooms == "house":
        return lines(SOURCES.values())
    return lines(path for module, path in SOURCES.items() if module != "books" and room_of(module) in rooms.split())


@pytest.mark.parametrize(
    "rooms",
    [pytest.param(rooms, marks=[pytest.mark.xfail(strict=True)] if rooms in TOO_LARGE else []) for rooms in BUDGETS],
)
def test_a_room_keeps_its_budget(rooms: str) -> None:
    assert size_of(rooms) <= BUDGETS[rooms]


@pytest.mark.parametrize("rooms", TOO_LARGE)
def test_a_room_that_is_too_large_does_not_grow(rooms: str) -> None:
    assert size_of(rooms) <= TOO_LARGE[rooms]


def test_few_modules_stand_at_the_top() -> None:
    modules = [path.name for path in PROJECT.glob("books/*.py")]
    assert len(modules) <= 5, modules
