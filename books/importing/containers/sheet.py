"""Spreadsheets: the rows of the sheet that looks most like a list of books, with the row numbers that people see.

Sheets with the same columns are one list. Another list of books is rejected by the name of its sheet.
"""

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
from books.importing.header import NO_HEADER, Header, find_header
from books.importing.reading import Row

READER = Path(__file__).with_name("sheet_reader.py")
MAX_ROW = 8 << 20  # bytes of JSON
CHECK_EVERY = 500  # milliseconds
A_LIST = 2  # score of a sheet with titles and one more column that is known
check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)  # raises if this is to end
_UNREADABLE = "This spreadsheet cannot be read ({}): save it again, or as CSV. If it is a ZIP archive, unpack it first."
_OTHER_LIST = "The sheet “{}” has other columns and was not read: save it as a file of its own and import that."
_TOO_LARGE = "This spreadsheet takes too much memory or time to read: save it as CSV, which is read row by row."


def records(file: BinaryIO) -> Generator[Record]:
    with _reader() as (sent, received):
        with suppress(BrokenPipeError):  # it has reached a limit: then nothing is received
            sent.write(b"%d\n" % file.seek(0, os.SEEK_END))
            file.seek(0)
            shutil.copyfileobj(file, sent)
            sent.flush()
        _wait(received)
        sheets = _next(received)
        heads = [_head(_next(received) if len(sheets) > 1 else []) for _ in sheets]
        best = max(heads, key=lambda head: head.score, default=NO_HEADER)
        wanted = [number for number, head in enumerate(heads) if head.cells == best.cells]
        with suppress(BrokenPipeError):
            sent.write(json.dumps([wanted, best.cells]).encode() + b"\n")
            sent.flush()
        _wait(received)
        while (record := _next(received)) is not None:
            yield cast(Record, tuple(record))
        for number, head in enumerate(heads):
            if head.score >= A_LIST and number not in wanted:
                yield 0, _OTHER_LIST.format(sheets[number])


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


def _head(rows: list[list[str]]) -> Header:
    """The header of a sheet with these first rows. Its score says how likely it is a list of books."""
    return find_header([Row(0, 0, 0, cells) for cells in rows], {})
