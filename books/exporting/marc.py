"""MARCXML, which library systems import: MARC 21 without ISBD punctuation, as declared in its leader.

Topics are subjects without a thesaurus (650 _4). Each line of a description is a note (520).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from books.exporting.base import EntryFormat, xml_text
from books.exporting.citation import language_tag, person, year_in_words
from books.metadata.languages import bibliographic
from books.metadata.roles import LABELS, contributor
from books.metadata.series import places
from books.metadata.sorting import is_institution, leading_article

LEADER = "     nam a22     7c 4500"  # a new record of a printed book, in Unicode, minimal level


class Field(NamedTuple):
    tag: str
    indicators: str
    subfields: str  # codes, one per text
    texts: tuple[str, ...]


class MarcXml(EntryFormat):
    label, extension, content_type = "MARCXML", "marc.xml", "application/marcxml+xml; charset=utf-8"
    header = b'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
    extra = ("created_at",)

    def entry(self, book: dict[str, Any]) -> str:
        return (
            f"<record><leader>{LEADER}</leader>"
            f'<controlfield tag="001">{book["id"]}</controlfield>'
            f'<controlfield tag="008">{fixed_length(book)}</controlfield>'
            f"{''.join(map(datafield, fields(book)))}</record>\n"
        )

    def end(self) -> bytes:
        return b"</collection>\n"


def datafield(field: Field) -> str:
    subfields = "".join(
        f'<subfield code="{code}">{xml_text(text)}</subfield>'
        for code, text in zip(field.subfields, field.texts, strict=True)
        if text
    )
    indicators = f'ind1="{field.indicators[0]}" ind2="{field.indicators[1]}"'
    return f'<datafield tag="{field.tag}" {indicators}>{subfields}</datafield>' if subfields else ""


def fixed_length(book: dict[str, Any]) -> str:
    """Field 008: date entered, type of date and date, language; `|` means not coded."""
    year = book["published_year"]
    dates = "nuuuuuuuu" if year is None else f"s{year:04}    " if year > 0 else "b        "
    language = bibliographic(book["language"]) or "und"
    return f"{book['created_at']:%y%m%d}{dates}xx {'|' * 14} ||{language}|d"


def fields(book: dict[str, Any]) -> Iterator[Field]:
    tag = language_tag(book["language"])
    yield Field("020", "  ", "a", (book["isbn13"] or "",))
    yield Field("035", "  ", "a", (control_number(book["source_key"] or ""),))
    yield Field("041", "  ", "a", (bibliographic(tag),))
    if "-" in tag:  # more than a three-letter code can say
        yield Field("041", " 7", "a2", (tag, "rfc5646"))
    for place, name in enumerate(book["authors"]):
        yield author(name, book["language"], main=place == 0)
    for name, role in map(contributor, book["contributors"]):
        added = author(name, book["language"], main=False)
        texts = (*added.texts, LABELS[role], role)
        yield added._replace(subfields=f"{added.subfields}e4", texts=texts)
    skipped = len(leading_article(book["title"], book["language"]))
    names = ", ".join(book["authors"])
    yield Field("245", f"{min(len(book['authors']), 1)}{skipped}", "abc", (book["title"], book["subtitle"], names))
    yield Field("264", " 1", "bc", (book["publisher"], year_in_words(book["published_year"])))
    yield Field("300", "  ", "a", (f"{book['pages']} pages" if book["pages"] else "",))
    for each in places(book):
        yield Field("490", "0 ", "av", (each.series, each.written))
    for line in book["description"].splitlines():
        yield Field("520", "  ", "a", (line,))
    for topic in book["topics"]:
        yield Field("650", " 4", "a", (topic,))


def author(name: str, language: str, *, main: bool) -> Field:
    """A person, last name first (indicator 1) or unchanged if the parts are unclear (0); or an institution."""
    start, found = "1" if main else "7", person(name, language)
    if found:
        return Field(f"{start}00", "1 ", "ac", (f"{found.family}, {found.given}", found.suffix))
    return Field(f"{start}10", "2 ", "a", (name,)) if is_institution(name) else Field(f"{start}00", "0 ", "a", (name,))


def control_number(source_key: str) -> str:
    """`aozora:056078` as (aozora)056078: the organization and its number."""
    source, colon, number = source_key.partition(":")
    return f"({source}){number}" if colon else source_key
