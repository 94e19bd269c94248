"""Opens a file for the rest of an import: as UTF-8 text or as a container of records."""

import codecs
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from books.importing import encoding
from books.importing.containers import CONTAINERS, SHEET
from books.importing.containers import opf as opf_files
from books.importing.encoding import UnreadableFile
from books.importing.formats import FORMATS, opf
from books.importing.formats.base import Container, Format, Record

BEGINNING = 4096  # bytes that identify a container
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<div", b"<rss")
_NO_LIST = "This is a web page or an unknown kind of XML: open it in a spreadsheet program and save it as .xlsx or CSV."


@dataclass(frozen=True)
class Source:
    file: BinaryIO  # at its beginning
    encoding: str = ""  # "" for a container of bytes
    container: Container | None = None  # None: a table of text, or JSON Lines
    records: Iterator[Record] = field(default_factory=lambda: iter(()))  # of the container, readable once

    @property
    def format(self) -> Format | None:
        """The format that owns this container; None if its records may be in any format."""
        return next(
            (known for known in FORMATS.values() if known.container and known.container is self.container), None
        )


@contextmanager
def opened(file: BinaryIO, encoding_name: str = "", format_name: str = "") -> Iterator[Source]:
    """The source in a file. Raises UnreadableFile."""
    if not file.seekable():
        raise UnreadableFile("An import reads its input twice: save this to a file and import that.")
    own = FORMATS[format_name].container if format_name else None
    file.seek(0)
    if binary := _container(file.read(BEGINNING), own, is_text=False):
        if binary is SHEET and not own and opf_files.is_archive(file):
            binary = opf.FORMAT.container
        file.seek(0)
        with _with_records(Source(file, "", binary)) as contained:
            yield contained
        return
    with encoding.utf8(file, encoding_name) as text:
        start = text.file.tell()
        beginning = text.file.read(BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip()
        text.file.seek(start)
        found = _container(beginning, own, is_text=True)
        if not found and beginning.lower().startswith(_MARKUP):
            raise UnreadableFile(_NO_LIST)
        with _with_records(Source(text.file, text.encoding, found)) as contained:
            yield contained


@contextmanager
def _with_records(source: Source) -> Iterator[Source]:
    """The source with its records. They are closed after the block, since a process may be reading them."""
    if source.container is None:
        yield source
    else:
        with closing(source.container.records(source.file)) as records:
            yield replace(source, records=records)


def _container(beginning: bytes, own: Container | None, *, is_text: bool) -> Container | None:
    if own:
        return own if own.is_text == is_text else None
    known = [*(each.container for each in FORMATS.values() if each.container), *CONTAINERS]
    return next((each for each in known if each.is_text == is_text and each.begins(beginning)), None)
