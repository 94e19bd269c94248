"""Reads the books in OPF files: a single one, or those in a ZIP of Calibre's folders. An EPUB is such a ZIP too.

Import this only when reading such a file: it loads an XML parser.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from typing import IO, Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from books.importing.containers import PACKED
from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record
from books.importing.formats.values import DAMAGE

MAX_SIZE = 4 << 20  # bytes
MAX_UNPACKED = 512 << 20  # bytes of all OPF files in an archive
MAX_DIRECTORY = 16 << 20  # bytes of an archive's directory: some 20,000 books with covers
END = 1 << 17  # bytes at the end of an archive that include the size of its directory
IN_ZIP64_FIELD = 0xFFFFFFFF  # in place of a size that is given in 8 bytes elsewhere
_DIRECTORY_SIZE = re.compile(rb"(?s)(?=PK\x05\x06.{8}(.{4})|PK\x06\x06.{36}(.{8}))")
DC, OPF = "{http://purl.org/dc/elements/1.1/}", "{http://www.idpf.org/2007/opf}"
PLAIN = {"publisher": "Publisher", "date": "Date", "language": "Language", "description": "Description"}
MAX_NAME = 100  # characters of a file's name in a message
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class _NoDoctype(TreeBuilder):
    """Refuses document types, where entities may be defined that fill the memory."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise UnreadableFile("This XML defines a document type, which is not allowed in OPF.")


def is_archive(file: BinaryIO) -> bool:
    """Whether a ZIP holds OPF files, unlike any workbook. A very long directory is not read."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - END))
    sizes = (int.from_bytes(size or larger, "little") for size, larger in _DIRECTORY_SIZE.findall(file.read()))
    if any(MAX_DIRECTORY < size != IN_ZIP64_FIELD for size in sizes):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return any(_members(archive))
    except _DAMAGE:
        return False


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    return (each for each in archive.infolist() if each.filename.lower().endswith(".opf"))


def records(file: BinaryIO) -> Generator[Record]:
    if file.read(len(PACKED)) == PACKED:
        yield from _from_archive(file)
        return
    file.seek(0)
    try:
        yield 1, _read(file)
    except (ParseError, LookupError, ValueError) as error:  # the last two, of the encoding that it names
        raise UnreadableFile(f"This OPF file is damaged: {error}.") from error


def _from_archive(file: BinaryIO) -> Iterator[Record]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(min(member.file_size, MAX_SIZE) for member in _members(archive)) > MAX_UNPACKED:
                raise UnreadableFile("Unpacked, this archive is too large: split it.")
            for number, member in enumerate(_members(archive), 1):
                try:
                    with archive.open(member) as part:
                        yield number, _read(part)
                except (ParseError, LookupError, UnreadableFile, *_DAMAGE) as error:
                    yield number, {DAMAGE: f"{member.filename[-MAX_NAME:]} is damaged: {error}"}
    except _DAMAGE as error:
        raise UnreadableFile(f"This ZIP archive is damaged ({error}).") from error


def _read(file: IO[bytes]) -> dict[str, Any]:
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 - it stops at a document type
    parser.feed(file.read(MAX_SIZE))
    return _book(parser.close())


def _book(root: Element) -> dict[str, Any]:
    refined: dict[str, dict[str, str]] = {}  # EPUB 3: {id: {property: value}}
    for meta in _all(root, "meta", OPF):
        refined.setdefault(meta.get("refines", "").lstrip("#"), {})[meta.get("property", "")] = _text(meta)
    named = {meta.get("name", ""): meta.get("content", "") for meta in _all(root, "meta", OPF)}
    titles = {
        refined.get(each.get("id", ""), {}).get("title-type", "main"): _text(each) for each in _all(root, "title")
    }
    return {
        "Title": titles.get("main") or next(iter(titles.values()), ""),
        "Subtitle": titles.get("subtitle", ""),
        "Authors": [_person(each, refined) for each in (*_all(root, "creator"), *_all(root, "contributor"))],
        "Identifiers": [_identifier(each) for each in _all(root, "identifier")],
        **{name: next(map(_text, _all(root, element)), "") for element, name in PLAIN.items()},
        "Subjects": list(map(_text, _all(root, "subject"))),
        "Series": named.get("calibre:series") or refined.get("", {}).get("belongs-to-collection", ""),
        "Series index": named.get("calibre:series_index") or _position(refined),
    }


def _all(root: Element, name: str, space: str = DC) -> list[Element]:
    """Those in the metadata or its parts. Deeper ones may lie in each other, and their texts fill the memory."""
    return [each for level in ("", "*/", "*/*/") for each in root.iterfind(f"{level}{space}{name}")]


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _person(element: Element, refined: dict[str, dict[str, str]]) -> list[str]:
    """Name, role and sort name."""
    default = "ctb" if element.tag.endswith("contributor") else ""
    role = element.get(f"{OPF}role") or refined.get(element.get("id", ""), {}).get("role", default)
    own = refined.get(element.get("id", ""), {})
    return [_text(element), role, element.get(f"{OPF}file-as") or own.get("file-as", "")]


def _identifier(element: Element) -> str:
    scheme, value = element.get(f"{OPF}scheme", "").lower(), _text(element)
    return f"{scheme}:{value}" if scheme else value.removeprefix("urn:")


def _position(refined: dict[str, dict[str, str]]) -> str:
    return next((each["group-position"] for each in refined.values() if "group-position" in each), "")
