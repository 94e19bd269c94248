"""A catalogue's database, and servers that are started on it one at a time."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chaos.catalogue import Options, database
from benchmarks.compare.stacks import Stack
from tests import postgres
from tests.server.place import Place
from tests.server.running import PROJECT, Server


class Shelf(Place):
    """The 210 starter books in a database of their own, and a token that may write them."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url, WORK="0")
        for around in ("before.html", "after.html"):  # of a page of the others: see scenarios.keep_answers
            (folder / around).touch()
        self.manage("prepare")
        self.writer = self.token()

    @property
    def processes(self) -> set[int]:
        """The database's own."""
        if self.database_url.startswith("sqlite"):
            return set()
        return {int((postgres.folder_of(self.database_url) / "data/postmaster.pid").read_text().split()[0])}


@contextmanager
def shelf(kind: str) -> Iterator[Shelf]:
    options = Options(postgres=kind == "postgresql")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, database(options, Path(name)) as url:
        yield Shelf(Path(name), url)


@contextmanager
def running(stack: Stack, shelf: Shelf) -> Iterator[Server]:
    own = {"ANSWERS": str(shelf.folder / "answers.json"), "PAGES": str(shelf.folder), "PYTHONPATH": str(PROJECT)}
    server = Server(f"{stack.tools}/{stack.command}", shelf.folder, **(shelf.variables | own | stack.variables))
    try:
        server.wait_until_open()
        yield server
    except BaseException:
        print(server.log()[-2000:])
        raise
    finally:
        server.kill()
