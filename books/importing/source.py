"""Opens a file for the rest of an import: as UTF-8 text or as a container of records."""

import codecs
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
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
    with ExitStack() as stack:
        if container := _container(file.read(BEGINNING), own, is_text=False):
            if container is SHEET and not own and opf_files.is_archive(file):
                container = opf.FORMAT.container
            file.seek(0)
            source = Source(file, "", container)
        else:
            text = stack.enter_context(encoding.utf8(file, encoding_name))
            start = text.file.tell()
            beginning = text.file.read(BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip()
            text.file.seek(start)
            container = _container(beginning, own, is_text=True)
            if not container and beginning.lower().startswith(_MARKUP):
                raise UnreadableFile(_NO_LIST)
            source = Source(text.file, text.encoding, container)
        if container:  # a process may be reading the records: close them
            records = stack.enter_context(closing(container.records(source.file)))
            source = replace(source, records=records)
        yield source


def _container(beginning: bytes, own: Container | None, *, is_text: bool) -> Container | None:
    if own:
        return own if own.is_text == is_text else None
    known = [*(each.container for each in FORMATS.values() if each.container), *CONTAINERS]
    return next((each for each in known if each.is_text == is_text and each.begins(beginning)), None)
