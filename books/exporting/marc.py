"""MARCXML, which library systems import: MARC 21 without ISBD punctuation, as declared in its leader.

Topics are subjects without a thesaurus (650 _4). Each line of a description is a note (520).
"""

from collections.abc import Callable
from itertools import repeat
from typing import Any

from books.exporting.base import EntryFormat, for_names, frequent, xml_text
from books.exporting.citation import language_tag, person, series_of, year_in_words
from books.metadata.languages import bibliographic
from books.metadata.roles import LABELS, contributor
from books.metadata.sorting import is_institution, leading_article
from books.models.book_columns import NAME_SEPARATOR, split

DATAFIELD = '<datafield tag="%s" ind1="%s" ind2="%s">%s</datafield>'
LEADER = "     nam a22     7c 4500"  # a new record of a printed book, in Unicode, minimal level


def datafield(tag: str, indicators: str, codes: str, *texts: str) -> str:
    """A field with a subfield for each text that is not empty; "" if all are."""
    subfields = "".join([
        f'<subfield code="{code}">{xml_text(text)}</subfield>' for code, text in zip(codes, texts, strict=True) if text
    ])  # fmt: skip
    return DATAFIELD % (tag, *indicators, subfields) if subfields else ""


def single(tag: str, indicators: str) -> Callable[[str | None], str]:
    """Makes fields with one subfield, a."""
    field = DATAFIELD % (tag, *indicators, '<subfield code="a">%s</subfield>')
    return lambda text: field % xml_text(text) if text else ""


CONTROL_NUMBER, NOTE, SUBJECT = single("035", "  "), single("520", "  "), single("650", " 4")


def fixed_length(created_on: str, year: int | None, language: str) -> str:
    """Field 008: date entered, type of date and date, language; `|` means not coded."""
    dates = "nuuuuuuuu" if year is None else f"s{year:04}    " if year > 0 else "b        "
    code, entered = bibliographic(language) or "und", created_on[2:].replace("-", "")
    return f'<controlfield tag="008">{entered}{dates}xx {"|" * 14} ||{code}|d</controlfield>'


def control_number(source_key: str | None) -> str:
    """`aozora:056078` as (aozora)056078: the organization and its number."""
    source, colon, number = (source_key or "").partition(":")
    return CONTROL_NUMBER(f"({source}){number}" if colon else source)


def languages(language: str) -> str:
    tag = language_tag(language)
    further = datafield("041", " 7", "a2", tag, "rfc5646") if "-" in tag else ""  # more than a three-letter code says
    return datafield("041", "  ", "a", bibliographic(tag)) + further


def authors(names: str, language: str) -> str:
    found = list(map(author, split(names), repeat(language)))
    return f'<datafield tag="1{'<datafield tag="7'.join(found)}' if found else ""


def contributors(texts: str, language: str) -> str:
    found = map(contributor, split(texts))
    return "".join(f'<datafield tag="7{author(name, language, role)}' for name, role in found)


@for_names
def author(name: str, language: str, role: str = "") -> str:
    """A field without the first digit of its tag: 1 for the first author, 7 for others.

    A person, last name first (indicator 1) or unchanged if the parts are unclear (0); or an institution.
    """
    codes, texts = ("e4", (LABELS[role], role)) if role else ("", ())
    if found := person(name, language):
        field = datafield("00", "1 ", f"ac{codes}", f"{found.family}, {found.given}", found.suffix, *texts)
    else:
        tag, first = ("10", "2 ") if is_institution(name) else ("00", "0 ")
        field = datafield(tag, first, f"a{codes}", name, *texts)
    return field.removeprefix('<datafield tag="')


def title(title: str, subtitle: str, authors: str, language: str) -> str:
    indicators = f"{1 if authors else 0}{len(leading_article(title, language))}"
    return datafield("245", indicators, "abc", title, subtitle, authors.replace(NAME_SEPARATOR, ", "))


def publication(publisher: str, year: int | None) -> str:
    return datafield("264", " 1", "bc", publisher, year_in_words(year))


def series(*columns: Any) -> str:
    return "".join(datafield("490", "0 ", "av", place.series, place.written) for place in series_of(*columns))


class MarcXml(EntryFormat):
    label, extension, content_type = "MARCXML", "marc.xml", "application/marcxml+xml; charset=utf-8"
    header = b'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
    end_of_entry = "</record>\n"
    parts = (
        ("id", f'<record><leader>{LEADER}</leader><controlfield tag="001">{{}}</controlfield>'.format),
        ("created_on published_year language", frequent(fixed_length)),
        ("isbn13", single("020", "  ")),
        ("source_key", control_number),
        ("language", frequent(languages)),
        ("authors language", authors),
        ("contributors language", frequent(contributors)),
        ("title subtitle authors language", title),
        ("publisher published_year", frequent(publication)),
        ("pages", frequent(lambda pages: datafield("300", "  ", "a", f"{pages} pages" if pages else ""))),
        ("series series_number series_label more_series", frequent(series)),
        ("description", lambda text: "".join(map(NOTE, text.splitlines()))),
        ("topics", frequent(lambda names: "".join(map(SUBJECT, split(names))))),
    )

    def end(self) -> bytes:
        return b"</collection>\n"
