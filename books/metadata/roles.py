"""The people of a book besides its authors, each with a role from a closed list: relators of MARC. Pure functions.

A contributor is written `Alfred Birnbaum (translator)`. A role that is not in the list becomes contributor.
tables/relators.txt has of each role MARC's code, its name, its word in a search if that is another, and how files
write it. https://www.loc.gov/marc/relators/relaterm.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from books.metadata.folding import fold, table

AUTHOR, CONTRIBUTOR = "aut", "ctb"
_ROWS = [*table("relators.txt")]
LABELS = {code: label for code, label, *_ in _ROWS}  # of each role its name
SEARCHED = {word or label: code for code, label, word, *_ in _ROWS if code != AUTHOR}  # by the words of a search
LONGEST = max(map(len, LABELS.values()))
_CODES = {fold(word): row[0] for row in _ROWS for word in row if word}
_BETWEEN = re.compile(r"[,/&+、・]|\b(?:and|und|et)\b")
_BRACKETS = {")": "(", "]": "[", "）": "（", "］": "［", "〕": "〔", "】": "【"}


class Contributor(NamedTuple):
    name: str
    role: str = CONTRIBUTOR

    def __str__(self) -> str:
        return f"{self.name} ({LABELS[self.role]})"


def codes(words: str) -> list[str]:
    """The roles that these words say, as `editor and translator` says two; "" for one that is not in the list."""
    found = [_code(words)] if _code(words) else map(_code, _BETWEEN.split(words))
    return list(dict.fromkeys(found))


def _code(words: str) -> str:
    folded = fold(words).strip(" .:")
    return _CODES.get(folded) or _CODES.get(folded.removesuffix("s"), "")


def bracketed(text: str) -> tuple[str, str]:
    """The name, and the words after it in brackets: of Tove Jansson [illus.] `illus.`; no years of life."""
    opening = text.rfind(_BRACKETS.get(text[-1:], "\0"))
    name, words = text[: max(opening, 0)].strip(), text[opening + 1 : -1].strip()
    return (name, words) if name and words and not any(map(str.isdecimal, words)) else (text.strip(), "")


def contributors(text: str) -> list[Contributor]:
    """The person in the text in each of the roles."""
    name, words = bracketed(text.strip())
    return [Contributor(name, role) for role in [*filter(None, codes(words))] or [CONTRIBUTOR]]


@lru_cache(5000)
def contributor(text: str) -> Contributor:
    """The contributor that a record holds."""
    return contributors(text)[0]


def people(record: Mapping[str, Any]) -> Iterator[Contributor]:
    """All people of a record with their roles, the authors first."""
    authors = (Contributor(name, AUTHOR) for name in record["authors"])
    return chain(authors, map(contributor, record["contributors"]))


def names(fields: Mapping[str, Any]) -> Iterable[str]:
    """The names of all people in the fields, perhaps not all of a record."""
    contributors = fields.get("contributors")
    return [*fields.get("authors", ()), *(contributor(text).name for text in contributors or ())]


def fields(people: Iterable[Contributor]) -> dict[str, list[str]]:
    """The fields of a record with these people."""
    found = list(people)
    authors = [each.name for each in found if each.role == AUTHOR]
    return {"authors": authors, "contributors": [str(each) for each in found if each.role != AUTHOR]}


def by_property(texts: Iterable[str], properties: Mapping[str, str], other: str = "") -> dict[str, list[str]]:
    """The names by what a format calls each role; by `other` where it has no word for one, left out without it."""
    found: dict[str, list[str]] = {}
    for name, role in map(contributor, texts):
        if called := properties.get(role, other):
            found.setdefault(called, []).append(name)
    return found


def renamed(texts: list[str], names: Mapping[str, str]) -> list[str]:
    """The contributors by these names, each once."""
    found = (each._replace(name=names.get(each.name, each.name)) for each in map(contributor, texts))
    return list(dict.fromkeys(map(str, found)))
