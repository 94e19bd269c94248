"""Values for citation formats: names in parts, full titles, conventional language tags."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from books.exporting.base import Part, for_names, frequent
from books.metadata.languages import primary
from books.metadata.roles import by_property
from books.metadata.series import Place, places
from books.metadata.sorting import is_institution, sort_name
from books.models.book_columns import split

# Languages with the family name first: their names do not show which part is which.
FAMILY_FIRST = {"hu", "ja", "ko", "vi", "zh"}
MOST_WORDS = 5  # of a person's name; longer names are mostly institutions
_SPACED = re.compile(r"[\s.,'’‘ʼ\-–A-Za-zÀ-ɏḀ-ỿΆ-Ͽἀ-῾Ѐ-ԯ\u0300-\u036f]+")  # Latin, Greek and Cyrillic letters
_SUBTAG_CASE = {2: str.upper, 4: str.title}  # by length: regions have 2 letters, scripts 4

Write = Callable[[list[str], str, str], str]  # names, the book's language, the term


class Person(NamedTuple):
    family: str
    given: str
    suffix: str = ""  # Jr., III


def person(name: str, language: str) -> Person | None:
    """The parts of a person's name; None if they are unclear, or for an institution.

    `language` is the book's. A name written last name first, with a comma, is clear in any language.
    """
    has_comma = "," in name
    if not _SPACED.fullmatch(name) or is_institution(name) or len(name.split()) > MOST_WORDS:
        return None
    if primary(language) in FAMILY_FIRST and not has_comma:
        return None
    family, *rest = [part.strip() for part in sort_name(name).split(",")]
    if not family or not 1 <= len(rest) <= 2 or not all(rest):
        return None
    return Person(family, *rest)


@for_names
def family_first(name: str, language: str) -> str:
    """`Woolf, Virginia`; the unchanged name if its parts are unclear."""
    found = person(name, language)
    return ", ".join(filter(None, found)) if found else name


def full_title(title: str, subtitle: str) -> str:
    return f"{title}: {subtitle}" if subtitle else title


def titles(write: Callable[[str], str], write_short: Callable[[str], str]) -> Part:
    """The part of the full title and, if there is a subtitle, of the title without it."""
    return (
        "title subtitle",
        lambda title, subtitle: write(full_title(title, subtitle)) + (write_short(title) if subtitle else ""),
    )


def series_of(series: str, place: float | None, label: str, more: str) -> list[Place]:
    """A book's places in series, given these columns of its row."""
    return places({"series": series, "series_number": place, "series_label": label, "more_series": split(more)})


def people(write: Write, author: str, roles: Mapping[str, str], other: str = "") -> list[Part]:
    """The parts of authors and of contributors: `write` is given names, the book's language, and a format's term."""

    def contributors(texts: str, language: str) -> str:
        found = by_property(split(texts), roles, other)
        return "".join(write(names, language, term) for term, names in found.items())

    def authors(names: str, language: str) -> str:
        return write(split(names), language, author)

    return [("authors language", authors), ("contributors language", frequent(contributors))]


def language_tag(tag: str) -> str:
    """`pt-br` as pt-BR, `zh-hant` as zh-Hant."""
    language, *others = tag.split("-")
    return "-".join([language, *(_SUBTAG_CASE.get(len(part), str.lower)(part) for part in others)])


def year_in_words(year: int | None) -> str:
    """The year in at least four digits, as two could mean any century."""
    if year is None:
        return ""
    return f"{year:04}" if year > 0 else f"{-year} BC"
