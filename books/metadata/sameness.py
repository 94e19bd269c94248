"""Whether two books of one fingerprint are the same book, surely or perhaps. Pure functions of records."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

from books.metadata import fingerprint, roles
from books.metadata.folding import fold
from books.metadata.record import source_of

TITLE = ("title", "subtitle", "series_number", "series_label")  # what tells books of one fingerprint apart
EDITION = ("published_year", "publisher", "language", "pages")
YEARS_APART = 3
_NUMBER = re.compile(r"\d+")

Fields = Mapping[str, Any]


def different(one: Fields, other: Fields) -> bool:
    """Whether they are different volumes, or parts of one (`3, part 1`), or have subtitles of their own."""
    numbers = one["series_number"], other["series_number"]
    if None not in numbers and float(numbers[0]) != float(numbers[1]):
        return True
    # Kept answers of earlier versions have no label.
    parts = [_NUMBER.findall(fold(book.get("series_label") or "")) for book in (one, other)]
    if min(map(len, parts)) > 1 and parts[0] != parts[1]:
        return True
    subtitles = [fingerprint.subtitle(book["title"], book["subtitle"]) for book in (one, other)]
    return all(subtitles) and subtitles[0] != subtitles[1]


def distinguishable(one: Fields, other: Fields) -> bool:
    """Whether they cannot be the same: they are `different`, or have different ISBNs, or share one as different
    volumes; or they have different keys from one source."""
    if different(one, other):
        return True
    if one["isbn13"] and other["isbn13"]:
        return any(one[name] != other[name] for name in ("isbn13", "series_number"))
    key, other_key = one.get("source_key") or "", other.get("source_key") or ""
    return bool(key and other_key) and key != other_key and source_of(key) == source_of(other_key)


def certain(books: Sequence[Fields]) -> bool:
    """Whether they are surely one book: the same title, authors, and year or publisher, and nothing that differs."""
    return all(_same(one, other) for one, other in combinations(books, 2))


def _same(one: Fields, other: Fields) -> bool:
    if distinguishable(one, other) or one["series_number"] != other["series_number"]:
        return False
    if len({fingerprint.subtitle(book["title"], book["subtitle"]) for book in (one, other)}) > 1:
        return False
    if len({frozenset(map(fingerprint.person, book["authors"])) for book in (one, other)}) > 1:
        return False
    values = {name: [fold(str(book[name] or "")) for book in (one, other)] for name in EDITION}
    if any(all(pair) and pair[0] != pair[1] for pair in values.values()):
        return False
    return any(all(values[name]) for name in ("published_year", "publisher"))


def warning(books: Sequence[Fields]) -> str:
    """Why they may be different books after all; empty if nothing suggests it."""
    pairs = list(combinations(books, 2))
    if any(different(*pair) for pair in pairs):
        return "Possibly different books: their numbers in a series or their subtitles differ."
    if all(distinguishable(*pair) for pair in pairs):
        return "Possibly different editions: each has its own ISBN, or one source lists them separately."
    years = [book["published_year"] for book in books if book["published_year"] is not None]
    if years and max(years) - min(years) > YEARS_APART:
        return "Possibly different editions: the years are far apart."
    return ""


def parted(books: Iterable[Fields]) -> list[list[Fields]]:
    """Two or more books of one fingerprint each: in none of the parts are two that are `different`."""
    parts: list[list[Fields]] = []
    for book in books:
        fitting = (part for part in parts if not any(different(book, each) for each in part))
        if part := next(fitting, None):
            part.append(book)
        else:
            parts.append([book])
    return [part for part in parts if len(part) > 1]


def people_of(records: Iterable[Fields]) -> dict[str, list[str]]:
    """The people of all these records, each once in a role, as they are spelled first."""
    found: dict[tuple[str, str], roles.Contributor] = {}
    for each in chain.from_iterable(map(roles.people, records)):
        found.setdefault((fingerprint.person(each.name), each.role), each)
    return roles.fields(found.values())
