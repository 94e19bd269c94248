"""BibTeX in UTF-8. A book keeps its key in every export, since texts cite by key."""

import re
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

from books.exporting.base import EntryFormat, for_names, frequent
from books.exporting.citation import language_tag, people, person, titles, year_in_words
from books.metadata.folding import fold
from books.models.book_columns import split

# BibTeX counts even escaped braces: a single one would end the entry.
SPECIAL = str.maketrans({
    **{character: f"\\{character}" for character in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
})  # fmt: skip
ROLES = {"edt": "editor", "trl": "translator"}
_SPECIAL = re.compile(r"[&%$#_\\{}~^]")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]")
_FIRST_WORD = re.compile(r"(?:(?:the|a|an|der|die|das|le|la|les|el|il|de|of|on)(?:\W+|\Z))*+(\w*)")
_FEW_WORDS = re.compile(r"(?:\S+ ){3}")


def escape(text: str) -> str:
    return text.translate(SPECIAL) if _SPECIAL.search(text) else text


def braced(text: str) -> str:
    """The text in braces, so that no style changes its capitals and no `and` or comma splits it."""
    return f"{{{escape(text)}}}" if text else ""


def field(name: str, written: Callable[[Any], str] = str) -> Callable[[str | int | None], str]:
    return lambda value: f"  {name} = {{{written(value)}}},\n" if value is not None and value != "" else ""


def names(found: Sequence[str], language: str, role: str) -> str:
    return f"  {role} = {{{' and '.join(map(name_of, found, repeat(language)))}}},\n" if found else ""


@for_names
def name_of(name: str, language: str) -> str:
    """`King, Jr., Martin Luther`; institutions and names with unclear parts stay whole."""
    if found := person(name, language):
        return escape(", ".join(filter(None, (found.family, found.suffix, found.given))))
    return braced(name)


def keywords(topics: str) -> str:
    return ", ".join(braced(name) if "," in name else escape(name) for name in split(topics))


def key(pk: int, authors: str, language: str, year: int | None, title: str) -> str:
    """`woolf1931waves-12`: unique thanks to the id, and ASCII, which all programs accept."""
    start = first_author(authors.partition("\n")[0], language)
    return f"@book{{{f'{start}{str(year or "").lstrip("-")}{_in_key(first_word(title))}'[:60]}-{pk},\n"


@for_names
def first_author(name: str, language: str) -> str:
    found = person(name, language)
    return _in_key(found.family if found else name) or "book"


def _in_key(text: str) -> str:
    return text if text.isascii() and text.isalnum() and text.islower() else _NOT_IN_KEYS.sub("", fold(text))


def first_word(title: str) -> str:
    """The first word but articles, folded. Most often that is among the first three, and folding takes its time."""
    few = _FEW_WORDS.match(title)
    return (few and _FIRST_WORD.match(fold(few[0]))[1]) or _FIRST_WORD.match(fold(title))[1]  # type: ignore[index]


class BibTex(EntryFormat):
    label, extension, content_type = "BibTeX", "bib", "application/x-bibtex; charset=utf-8"
    end_of_entry = "}\n\n"
    parts = (
        ("id authors language published_year title", key),
        *people(names, "author", ROLES),
        titles(field("title", braced), field("shorttitle", braced)),
        ("publisher", frequent(field("publisher", braced))),
        ("published_year", frequent(field("year", year_in_words))),
        ("isbn13", field("isbn")),
        ("language", frequent(field("language", language_tag))),
        ("pages", frequent(field("pagetotal"))),
        ("series", frequent(field("series", braced))),
        ("series_number", frequent(field("number"))),
        ("topics", frequent(field("keywords", keywords))),
        ("description", field("abstract", escape)),
    )
