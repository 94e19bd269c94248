"""Values for citation formats: names in parts, full titles, conventional language tags."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from books.metadata.languages import primary
from books.metadata.sorting import is_institution, sort_name

# Languages with the family name first: their names do not show which part is which.
FAMILY_FIRST = {"hu", "ja", "ko", "vi", "zh"}
MOST_WORDS = 5  # of a person's name; longer names are mostly institutions
_SPACED = re.compile(r"[\s.,'’‘ʼ\-–A-Za-zÀ-ɏḀ-ỿΆ-Ͽἀ-῾Ѐ-ԯ\u0300-\u036f]+")  # Latin, Greek and Cyrillic letters
_SUBTAG_CASE = {2: str.upper, 4: str.title}  # by length: regions have 2 letters, scripts 4


class Person(NamedTuple):
    family: str
    given: str
    suffix: str = ""  # Jr., III


@lru_cache(10_000)
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


def family_first(name: str, language: str) -> str:
    """`Woolf, Virginia`; the unchanged name if its parts are unclear."""
    found = person(name, language)
    return ", ".join(filter(None, found)) if found else name


def full_title(book: Mapping[str, Any]) -> str:
    return f"{book['title']}: {book['subtitle']}" if book["subtitle"] else str(book["title"])


def language_tag(tag: str) -> str:
    """`pt-br` as pt-BR, `zh-hant` as zh-Hant."""
    language, *others = tag.split("-")
    return "-".join([language, *(_SUBTAG_CASE.get(len(part), str.lower)(part) for part in others)])


def year_in_words(year: int | None) -> str:
    """The year in at least four digits, as two could mean any century."""
    if year is None:
        return ""
    return f"{year:04}" if year > 0 else f"{-year} BC"
