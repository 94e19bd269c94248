"""BibTeX in UTF-8. A book keeps its key in every export, since texts cite by key."""

import re
from collections.abc import Iterator
from typing import Any

from books.exporting.base import EntryFormat
from books.exporting.citation import full_title, language_tag, person, year_in_words
from books.metadata.folding import fold
from books.metadata.roles import by_property

# BibTeX counts even escaped braces: a single one would end the entry.
SPECIAL = str.maketrans({
    **{character: f"\\{character}" for character in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
})  # fmt: skip
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]")
_SMALL_WORDS = {"the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "il", "de", "of", "on"}


class BibTex(EntryFormat):
    label, extension, content_type = "BibTeX", "bib", "application/x-bibtex; charset=utf-8"

    def entry(self, book: dict[str, Any]) -> str:
        lines = (f"  {name} = {{{value}}},\n" for name, value in fields(book) if value)
        return f"@book{{{key(book)},\n{''.join(lines)}}}\n\n"


def fields(book: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "author", " and ".join(name_of(name, book["language"]) for name in book["authors"])
    for role, names in by_property(book["contributors"], {"edt": "editor", "trl": "translator"}).items():
        yield role, " and ".join(name_of(name, book["language"]) for name in names)
    yield "title", braced(full_title(book))
    yield "shorttitle", braced(book["title"]) if book["subtitle"] else ""
    yield "publisher", braced(book["publisher"])
    yield "year", year_in_words(book["published_year"])
    yield "isbn", book["isbn13"] or ""
    yield "language", language_tag(book["language"])
    yield "pagetotal", str(book["pages"] or "")
    yield "series", braced(book["series"])
    yield "number", "" if book["series_number"] is None else str(book["series_number"])
    yield "keywords", ", ".join(braced(topic) if "," in topic else escape(topic) for topic in book["topics"])
    yield "abstract", escape(book["description"])


def escape(text: str) -> str:
    return text.translate(SPECIAL)


def braced(text: str) -> str:
    """The text in braces, so that no style changes its capitals and no `and` or comma splits it."""
    return f"{{{escape(text)}}}" if text else ""


def name_of(name: str, language: str) -> str:
    """`King, Jr., Martin Luther`; institutions and names with unclear parts stay whole."""
    found = person(name, language)
    if not found:
        return braced(name)
    return escape(", ".join(filter(None, (found.family, found.suffix, found.given))))


def key(book: dict[str, Any]) -> str:
    """`woolf1931waves-12`: unique thanks to the id, and ASCII, which all programs accept."""
    author = next(iter(book["authors"]), "")
    found = person(author, book["language"])
    words = [word for word in re.split(r"\W+", fold(book["title"])) if word not in _SMALL_WORDS]
    parts = (found.family if found else author, str(book["published_year"] or ""), next(iter(words), ""))
    start, *others = (_NOT_IN_KEYS.sub("", fold(part)) for part in parts)
    return f"{start or 'book'}{''.join(others)}"[:60] + f"-{book['id']}"
