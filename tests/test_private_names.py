"""Which private names of other libraries we use, where, and the versions in which somebody looked at them.

When this fails after an update: read what changed in that library about the names below, run the tests of the files
that use them, then write the new version here and beside the uses.
"""

import ast
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PROJECT = Path(__file__).parent.parent
SOURCES = [
    PROJECT / "gunicorn.conf.py",
    *(path for folder in ("books", "django41_example") for path in sorted((PROJECT / folder).rglob("*.py"))),
]
READ_IN = {
    "asgiref": "3.13.0",
    "Django": "6.1.3",
    "gunicorn": "27.0.1",
    "httptools": "0.9.0",
    "psycopg": "3.3.9",
    "uvicorn": "0.54.0",
    "uvicorn-worker": "0.4.0",
}
HANDLER, MIDDLEWARE = "django41_example/server/handler.py", "django41_example/middleware.py"
THREADS, PROTOCOL = "django41_example/server/threads.py", "django41_example/server/protocol.py"
# With an underscore, by the one file that may use each.
PRIVATE = {
    "_csp_config": MIDDLEWARE,  # Django: the policy that a view asks for
    "_csp_ro_config": MIDDLEWARE,  # Django: the same, of a policy that is only reported
    "_middleware_chain": HANDLER,  # Django: the request's way through the middlewares
    "_store": HANDLER,  # Django: a response's headers, by their names in small letters
    "_execute_gen": "django41_example/server/postgresql.py",  # psycopg: the steps of a statement
    "_bound_fields_cache": "books/forms/lists.py",  # Django: a form's fields, which refer back to it
    "_return_value": "books/jobs/backend.py",  # Django: what a task's result says
}
# Without one, but in no documentation.
UNDOCUMENTED = {
    "loop_thread_executors": THREADS,  # asgiref: which executor an event loop's sync calls go to
    "single_thread_executor": THREADS,  # asgiref: where they go outside of requests
    "HttpToolsProtocol": PROTOCOL,  # uvicorn: the connection that ours extends, on httptools
    "RequestResponseCycle": "django41_example/server/transport.py",  # uvicorn: a request and its response
    "FlowControl": "django41_example/server/transport.py",  # uvicorn: who may read on, and write on
    "response_for_exception": MIDDLEWARE,  # Django: the response that stands for an exception
    "timeout_notify": "gunicorn.conf.py",  # uvicorn: how often `callback_notify` is called
}
# Public in spite of the underscore: namedtuple's and Django's documented names.
DOCUMENTED = {"_asdict", "_replace", "_meta", "_base_manager", "_default_manager", "_exit", "_current_frames"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name.isidentifier() and name not in DOCUMENTED


def defined(tree: ast.AST) -> set[str]:
    """The names that a file gives to something of its own: definitions, variables, attributes of self."""
    own = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                own.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                own.add(name)
            case ast.arg(arg=name):
                own.add(name)
    return own


def used(tree: ast.AST) -> set[str]:
    """The names that a file looks up on something, imports, or gives to getattr and the like."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.alias(name=name):
                names.add(name)
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr" | "setattr"), args=[_, ast.Constant(value=str(name)), *_]
            ):
                names.add(name)
            case ast.Call(func=ast.Attribute(attr="__setattr__"), args=[_, ast.Constant(value=str(name)), *_]):
                names.add(name)
    return names


@pytest.fixture(scope="module")
def uses() -> dict[str, set[str]]:
    """By name, the files that use it: private names that are not our own, and those listed above."""
    trees = {
        str(path.relative_to(PROJECT)): ast.parse(path.read_text())
        for path in SOURCES
        if "migrations" not in path.parts
    }
    ours = set().union(*map(defined, trees.values()))
    found = defaultdict(set)
    for file, tree in trees.items():
        for name in used(tree):
            if name in PRIVATE or name in UNDOCUMENTED or (is_private(name) and name not in ours):
                found[name].add(file)
    return found


def test_no_other_private_name_is_used_and_each_in_one_file_only(uses: dict[str, set[str]]) -> None:
    allowed = {name: {file} for name, file in (PRIVATE | UNDOCUMENTED).items()}
    assert {name: files for name, files in uses.items() if files != allowed.get(name)} == {}


def test_no_name_is_listed_that_is_not_used_any_more(uses: dict[str, set[str]]) -> None:
    assert (PRIVATE | UNDOCUMENTED).keys() - uses.keys() == set()


def test_they_are_few() -> None:
    assert len(PRIVATE) + len(UNDOCUMENTED) <= 15


@pytest.mark.parametrize("library", READ_IN)
def test_the_installed_version_is_the_one_that_was_looked_at(library: str) -> None:
    assert version(library) == READ_IN[library], f"Look at the private names of {library}, then change READ_IN."
