"""Spreadsheets: the rows of the sheet that looks most like a list of books, with the row numbers that people see."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from select import POLLIN, poll
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Any, BinaryIO, cast

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record
from books.importing.header import find_header
from books.importing.reading import Row

READER = Path(__file__).with_name("sheet_reader.py")
MAX_ROW = 8 << 20  # bytes of JSON
CHECK_EVERY = 500  # milliseconds
check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)  # raises if this is to end
_UNREADABLE = "This spreadsheet cannot be read ({}): save it again, or as CSV. If it is a ZIP archive, unpack it first."
_TOO_LARGE = "This spreadsheet takes too much memory or time to read: save it as CSV, which is read row by row."


def records(file: BinaryIO) -> Generator[Record]:
    with _reader() as (sent, received):
        with suppress(BrokenPipeError):  # it has reached a limit: then nothing is received
            sent.write(b"%d\n" % file.seek(0, os.SEEK_END))
            file.seek(0)
            shutil.copyfileobj(file, sent)
            sent.flush()
        _wait(received)
        count = _next(received)
        scores = [_score(_next(received)) for _ in range(count)] if count > 1 else [0]
        with suppress(BrokenPipeError):
            sent.write(b"%d\n" % scores.index(max(scores)))
            sent.flush()
        _wait(received)
        while (record := _next(received)) is not None:
            yield cast(Record, tuple(record))


@contextmanager
def _reader() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The two pipes of a new process, which is killed after the block."""
    command = [sys.executable, "-P", str(READER)]
    process = Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)  # noqa: S603 # nosec B603 - our own file
    sent, received = cast(tuple[IO[bytes], IO[bytes]], (process.stdin, process.stdout))
    try:
        yield sent, received
    finally:
        process.kill()
        process.wait()
        received.close()
        with suppress(BrokenPipeError):  # not everything was sent
            sent.close()


def _wait(received: IO[bytes]) -> None:
    """Until there is something to read, which may take a minute."""
    waiting = poll()  # select fails beyond 1,024 open files
    waiting.register(received, POLLIN)
    while not waiting.poll(CHECK_EVERY):
        check.get()()


def _next(received: IO[bytes]) -> Any:
    line = received.readline(MAX_ROW)
    if not line.endswith(b"\n"):
        raise UnreadableFile(_TOO_LARGE)
    value = json.loads(line)
    if isinstance(value, dict):
        raise UnreadableFile(_UNREADABLE.format(value["error"]))
    return value


def _score(rows: list[list[str]]) -> int:
    """How likely a sheet with these first rows is a list of books."""
    return find_header([Row(0, 0, 0, cells) for cells in rows], {}).score
