"""Opens and checks the file of a backup."""

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, cast

from django.db import connection
from django.db.migrations.loader import MigrationLoader

KIND, FORMAT = "book catalogue backup", 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST, LARGEST_ROW = 4 << 20, 32 << 20  # bytes, since a small file may unpack to gigabytes
LARGEST_ID = 1 << 62
DESCRIBED = {  # what people know by these words: one, and several
    "books.book": ("book", "books"),
    "books.author": ("author", "authors"),
    "books.topic": ("topic", "topics"),
    "books.series": ("series", "series"),
    **dict.fromkeys(("books.authorname", "books.topicname", "books.seriesname"), ("other name", "other names")),
    "books.change": ("change in the history", "changes in the history"),
    "auth.user": ("account", "accounts"),
    "books.token": ("token", "tokens"),
    "books.job": ("job", "jobs"),
    "books.jobfile": ("file of a job", "files of jobs"),
    "books.notduplicate": ("dismissed duplicate", "dismissed duplicates"),
}
ZIP = b"PK\x03\x04"
BLOCK, BATCH = 1 << 20, 256 << 10  # bytes
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, TypeError),
    *(AttributeError, NotImplementedError, OverflowError, RuntimeError),
)

DAMAGED = "{} is damaged or incomplete: copy it again, or take an earlier backup."
NOT_OURS = "{} is not a backup of a book catalogue."

Progress = Callable[[int, int], None]  # gets the rows done and the total


class BackupError(Exception):
    """The file cannot be restored. The message tells people why."""


class TableEntry(TypedDict):
    rows: int
    sha256: str  # of its lines
    last_id: int


class Manifest(TypedDict):
    kind: str
    format: int
    version: str
    created_at: str
    database: str
    text_rules: int  # the version of the rules that derived columns of books
    migrations: dict[str, list[str]]
    tables: dict[str, TableEntry]


def describe_rows(rows: Mapping[str, int], without: Collection[str] = ()) -> str:
    """What is in the tables, in the words of people, such as "210 books, 1 account"."""
    told = Counter[tuple[str, str]]()
    for label, words in DESCRIBED.items():
        told[words] += 0 if label in without else rows.get(label, 0)
    return ", ".join(f"{number:,} {words[number != 1]}" for words, number in told.items() if number) or "nothing"


@dataclass(frozen=True)
class Archive:
    path: Path
    file: zipfile.ZipFile
    manifest: Manifest

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows of each table."""
        return {label: entry["rows"] for label, entry in self.manifest["tables"].items()}

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def batches(self, label: str) -> Iterator[list[dict[str, Any]]]:
        """The rows of a table in batches."""
        with self.file.open(f"{label}.jsonl") as file:
            while lines := file.readlines(BATCH):
                yield [*map(json.loads, lines)]

    def check(self, progress: Progress) -> None:
        """Read everything and compare it with the manifest. Raises BackupError."""
        done = 0
        for label, entry in self.manifest["tables"].items():
            rows, row, digest = 0, 0, hashlib.sha256()
            with self.file.open(f"{label}.jsonl") as lines:
                while block := lines.read(BLOCK):
                    digest.update(block)
                    rows += block.count(b"\n")
                    row = len(block) - 1 - block.rfind(b"\n") + (0 if b"\n" in block else row)
                    if row > LARGEST_ROW:
                        raise BackupError(DAMAGED.format(self.path.name))
                    progress(done + rows, self.total)
            done += rows
            if (rows, digest.hexdigest()) != (entry["rows"], entry["sha256"]):
                raise BackupError(DAMAGED.format(self.path.name))


@contextmanager
def open_archive(path: Path, progress: Progress = lambda done, total: None) -> Iterator[Archive]:
    """The checked archive in a file. Raises BackupError, OSError."""
    with path.open("rb") as source, ExitStack() as stack:
        is_zip = source.read(len(ZIP)) == ZIP
        try:
            file = stack.enter_context(zipfile.ZipFile(source))
            archive = Archive(path, file, _manifest(file, path.name))
            archive.check(progress)
        except UNREADABLE as error:
            raise BackupError((DAMAGED if is_zip else NOT_OURS).format(path.name)) from error
        yield archive


def _manifest(file: zipfile.ZipFile, name: str) -> Manifest:
    """The manifest. Raises BackupError if this version cannot read it."""
    if MANIFEST not in file.namelist() or file.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise BackupError(NOT_OURS.format(name))
    manifest = json.loads(file.read(MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise BackupError(NOT_OURS.format(name))
    known = set(MigrationLoader(None).graph.nodes)
    if manifest["format"] > FORMAT or not known.issuperset(
        (app, migration) for app, migrations in manifest["migrations"].items() for migration in migrations
    ):
        version = manifest["version"]
        raise BackupError(f"{name} is from a newer version of the catalogue ({version}): upgrade this one first.")
    datetime.fromisoformat(manifest["created_at"])
    numbers = [entry[name] for entry in manifest["tables"].values() for name in ("rows", "last_id")]
    if not all(isinstance(number, int) and 0 <= number < LARGEST_ID for number in numbers):
        raise ValueError(numbers)
    return cast("Manifest", manifest)


def applied_migrations(apps: set[str]) -> dict[str, list[str]]:
    """The migrations of this database, by application."""
    loader = MigrationLoader(connection)
    applied = [key for key in loader.graph.nodes if key in loader.applied_migrations]
    return {app: sorted(name for label, name in applied if label == app) for app in sorted(apps)}
