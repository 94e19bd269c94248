"""OPF, the metadata of an e-book, as in Calibre's metadata.opf: https://www.w3.org/TR/epub-33/#sec-package-doc"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Container, Record
from books.importing.formats.columns import of_columns
from books.importing.formats.values import first_isbn, text, texts, values

MAX_SIZE = 4 << 20  # bytes
DC, OPF = "{http://purl.org/dc/elements/1.1/}", "{http://www.idpf.org/2007/opf}"
PLAIN = {"publisher": "Publisher", "date": "Date", "language": "Language", "description": "Description"}

PROGRAM = "bkp"  # the book producer: Calibre names itself there


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"http://www.idpf.org/2007/opf" in beginning


class _NoDoctype(TreeBuilder):
    """Entities are defined in a document type, and one of them may fill the memory."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise UnreadableFile("This XML defines a document type, which OPF has not: it is not read.")


def records(file: BinaryIO) -> Iterator[Record]:
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 - it stops at a document type
    try:
        parser.feed(file.read(MAX_SIZE))
        root = parser.close()
    except ParseError as error:
        raise UnreadableFile(f"This OPF file is damaged: {error}.") from error
    yield 1, _book(root)


def _book(root: Element) -> dict[str, Any]:
    refined: dict[str, dict[str, str]] = {}  # EPUB 3: {id: {property: value}}
    for meta in root.iter(f"{OPF}meta"):
        refined.setdefault(meta.get("refines", "").lstrip("#"), {})[meta.get("property", "")] = _text(meta)
    named = {meta.get("name", ""): meta.get("content", "") for meta in root.iter(f"{OPF}meta")}
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


def _all(root: Element, name: str) -> Iterator[Element]:
    return root.iter(f"{DC}{name}")


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


def named(cell: Any) -> dict[str, Any]:
    """The people of [name, role, sort name] each."""
    written = [(text(name), text(role), text(filed)) for name, role, filed in values(cell)]
    authors = [(name, role) for name, role, _ in written if role != PROGRAM]
    return {"authors": authors, "sort_names": {name: filed for name, _, filed in written if filed}}


def _identified(cell: Any) -> dict[str, str]:
    found = dict(text(each).rpartition(":")[::2] for each in values(cell))
    isbn13 = first_isbn(*(value for kind, value in found.items() if kind.endswith("isbn")))
    return {"source_key": found.get("uuid", ""), "isbn13": isbn13}


FORMAT = of_columns(
    "opf",
    "OPF",
    {
        "title": "Title",
        "subtitle": "Subtitle",
        "authors": ("Authors", named),
        "isbn13": ("Identifiers", _identified),
        "publisher": "Publisher",
        "published_year": "Date",
        "language": "Language",
        "description": "Description",
        "topics": ("Subjects", texts),
        "series": "Series",
        "series_number": "Series index",
    },
    source="calibre",
    container=Container("OPF", begins, records),
)
