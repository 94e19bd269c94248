"""A book's contributors besides its authors, each with a role from MARC's closed list of relators. Pure functions.

A contributor is written `Alfred Birnbaum (translator)`. Unknown roles become contributor. Each row of
tables/relators.txt has a role's MARC code, its name, the word for it in searches if different, and spellings in files.
https://www.loc.gov/marc/relators/relaterm.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from books.metadata.folding import fold, table

AUTHOR, CONTRIBUTOR = "aut", "ctb"
_ROWS = [*table("relators.txt")]
LABELS = {code: label for code, label, *_ in _ROWS}  # names by code
SEARCHED = {word or label: code for code, label, word, *_ in _ROWS if code != AUTHOR}  # codes by the word in searches
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
    """The roles in these words: two in `editor and translator`. "" stands for an unknown one."""
    found = [_code(words)] if _code(words) else map(_code, _BETWEEN.split(words))
    return list(dict.fromkeys(found))


def _code(words: str) -> str:
    folded = fold(words).strip(" .:")
    return _CODES.get(folded) or _CODES.get(folded.removesuffix("s"), "")


def split_brackets(text: str) -> tuple[str, str]:
    """The name and the words in brackets after it: Tove Jansson [illus.] has `illus.`. Years of life do not count."""
    opening = text.rfind(_BRACKETS.get(text[-1:], "\0"))
    name, words = text[: max(opening, 0)].strip(), text[opening + 1 : -1].strip()
    return (name, words) if name and words and not any(map(str.isdecimal, words)) else (text.strip(), "")


def contributors(text: str) -> list[Contributor]:
    """The person in the text, once per role."""
    name, words = split_brackets(text.strip())
    return [Contributor(name, role) for role in [*filter(None, codes(words))] or [CONTRIBUTOR]]


@lru_cache(5000)
def contributor(text: str) -> Contributor:
    """The contributor in a line of a record."""
    return contributors(text)[0]


def people(record: Mapping[str, Any]) -> list[Contributor]:
    """Everybody in a record with their roles, authors first."""
    return [*[Contributor(name, AUTHOR) for name in record["authors"]], *map(contributor, record["contributors"])]


def names(fields: Mapping[str, Any]) -> Sequence[str]:
    """The names of everybody in the fields, which may be only some of a record's."""
    authors, contributors = fields.get("authors", ()), fields.get("contributors")
    return [*authors, *(contributor(text).name for text in contributors)] if contributors else authors


def fields(people: Iterable[Contributor]) -> dict[str, list[str]]:
    """The fields that hold these people in a record."""
    found = list(people)
    authors = [each.name for each in found if each.role == AUTHOR]
    return {"authors": authors, "contributors": [str(each) for each in found if each.role != AUTHOR]}


def by_property(texts: Iterable[str], properties: Mapping[str, str], other: str = "") -> dict[str, list[str]]:
    """The names by a format's terms for their roles; by `other` where it has no term, or left out if that is empty."""
    found: dict[str, list[str]] = {}
    for name, role in map(contributor, texts):
        if called := properties.get(role, other):
            found.setdefault(called, []).append(name)
    return found


def rename(texts: list[str], names: Mapping[str, str]) -> list[str]:
    """The contributors with these names replaced, without duplicates."""
    found = (each._replace(name=names.get(each.name, each.name)) for each in map(contributor, texts))
    return list(dict.fromkeys(map(str, found)))
