"""A file as what the rest of an import reads: text in UTF-8, or the records of its container as JSON Lines."""

import codecs
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from books.importing import encoding
from books.importing.containers import CONTAINERS
from books.importing.encoding import UnreadableFile
from books.importing.formats import FORMATS
from books.importing.formats.base import Container, Format

BEGINNING = 4096  # bytes by which a container is recognised
MAX_CONVERTED = 4 << 30  # bytes of the records of a container
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<div", b"<rss")
_NO_LIST = "This is a web page or XML that we do not know: open it in a spreadsheet, and save it as .xlsx or CSV."
_TOO_LARGE = f"Unpacked, this file is larger than {MAX_CONVERTED >> 30} GiB: split it."


@dataclass(frozen=True)
class Source:
    file: BinaryIO  # at its beginning
    encoding: str = ""  # "" for a container of bytes
    container: Container | None = None  # None: text, as it is

    @property
    def format(self) -> Format | None:
        """The format whose own container this is; None if its records are rows of any format."""
        return next(
            (known for known in FORMATS.values() if known.container and known.container is self.container), None
        )


@contextmanager
def opened(
    file: BinaryIO, encoding_name: str = "", format_name: str = "", limit: int | None = None
) -> Iterator[Source]:
    """The source in a file; of a container `limit` records at most. Raises UnreadableFile.

    A container is converted anew each time. That gives the same bytes, so a resumed import goes on from its checkpoint.
    """
    if not file.seekable():
        raise UnreadableFile("This cannot be read twice, as an import must: save it in a file and import that.")
    own = FORMATS[format_name].container if format_name else None
    file.seek(0)
    beginning = file.read(BEGINNING)
    if binary := _container(beginning, own, is_text=False):
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            yield Source(_converted(binary, file, copy, limit), "", binary)
        return
    with encoding.utf8(file, encoding_name) as text:
        start = text.file.tell()
        beginning = text.file.read(BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip()
        text.file.seek(start)
        if found := _container(beginning, own, is_text=True):
            with tempfile.TemporaryFile() as copy:
                yield Source(_converted(found, text.file, copy, limit), text.encoding, found)
        elif beginning.lower().startswith(_MARKUP):
            raise UnreadableFile(_NO_LIST)
        else:
            yield Source(text.file, text.encoding)


def _container(beginning: bytes, own: Container | None, *, is_text: bool) -> Container | None:
    if own:
        return own if own.is_text == is_text else None
    known = [*(each.container for each in FORMATS.values() if each.container), *CONTAINERS]
    return next((each for each in known if each.is_text == is_text and each.begins(beginning)), None)


def _converted(container: Container, file: BinaryIO, copy: BinaryIO, limit: int | None) -> BinaryIO:
    """Write the records, each a line with its number."""
    size = 0
    for record in islice(container.records(file), limit):
        size += copy.write(
            json.dumps(record, ensure_ascii=False, default=str).encode(errors="backslashreplace") + b"\n"
        )
        if size > MAX_CONVERTED:
            raise UnreadableFile(_TOO_LARGE)
    copy.seek(0)
    if not size:
        raise UnreadableFile(f"There are no records in this file ({container.title}).")
    return copy
