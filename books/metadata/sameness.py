"""Whether books with one fingerprint are certainly or possibly the same book. Pure functions of records."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

from books.metadata import fingerprint, roles
from books.metadata.folding import fold
from books.metadata.record import source_of

TITLE = ("title", "subtitle", "series_number", "series_label")  # distinguishes books with one fingerprint
EDITION = ("published_year", "publisher", "language", "pages")
YEARS_APART = 3
_NUMBER = re.compile(r"\d+")

Fields = Mapping[str, Any]


def are_different(one: Fields, other: Fields) -> bool:
    """Whether they are different volumes or parts (`3, part 1`), or have different subtitles."""
    numbers = one["series_number"], other["series_number"]
    if None not in numbers and float(numbers[0]) != float(numbers[1]):
        return True
    # Stored results of earlier versions have no label.
    parts = [_NUMBER.findall(fold(book.get("series_label") or "")) for book in (one, other)]
    if min(map(len, parts)) > 1 and parts[0] != parts[1]:
        return True
    subtitles = [fingerprint.subtitle(book["title"], book["subtitle"]) for book in (one, other)]
    return all(subtitles) and subtitles[0] != subtitles[1]


def are_distinguishable(one: Fields, other: Fields) -> bool:
    """Whether they cannot be the same: they differ as above, have different ISBNs, share one as different volumes, or
    have different keys from one source."""
    if are_different(one, other):
        return True
    if one["isbn13"] and other["isbn13"]:
        return any(one[name] != other[name] for name in ("isbn13", "series_number"))
    key, other_key = one.get("source_key") or "", other.get("source_key") or ""
    return bool(key and other_key) and key != other_key and source_of(key) == source_of(other_key)


def are_certainly_same(books: Sequence[Fields]) -> bool:
    """Whether they have the same title, authors and year or publisher, and nothing differs."""
    return all(_same(one, other) for one, other in combinations(books, 2))


def _same(one: Fields, other: Fields) -> bool:
    if are_distinguishable(one, other) or one["series_number"] != other["series_number"]:
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
    if any(are_different(*pair) for pair in pairs):
        return "Possibly different books: their numbers in a series or their subtitles differ."
    if all(are_distinguishable(*pair) for pair in pairs):
        return "Possibly different editions: each has its own ISBN, or one source lists them separately."
    years = [book["published_year"] for book in books if book["published_year"] is not None]
    if years and max(years) - min(years) > YEARS_APART:
        return "Possibly different editions: the years are far apart."
    return ""


def split_groups(books: Iterable[Fields]) -> list[list[Fields]]:
    """Split books with one fingerprint into groups of two or more, none with two different books."""
    parts: list[list[Fields]] = []
    for book in books:
        fitting = (part for part in parts if not any(are_different(book, each) for each in part))
        if part := next(fitting, None):
            part.append(book)
        else:
            parts.append([book])
    return [part for part in parts if len(part) > 1]


def merge_people(records: Iterable[Fields]) -> dict[str, list[str]]:
    """Everybody in these records, once per role, in the first spelling."""
    found: dict[tuple[str, str], roles.Contributor] = {}
    for each in chain.from_iterable(map(roles.people, records)):
        found.setdefault((fingerprint.person(each.name), each.role), each)
    return roles.fields(found.values())
