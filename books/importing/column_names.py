"""Maps column names of book lists to fields, in the languages of Europe, East Asia and some others.

Each row of metadata/tables/column_names.txt is a field and its names, the most usual first: of two columns for one
field, the one with the more usual name is read. Case, accents, spaces and punctuation do not count. Nor do the words in
the rows that begin with *: “of the book”, “name”, “second”, and “number of” before pages and ISBNs. Other names are not
guessed, since a wrong guess would import wrong values; only a mere “Name” or “Book” means what the others lack.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from books.metadata.folding import fold, table
from books.metadata.record import CLEANERS

GIVEN, MIDDLE, FAMILY = PARTS = "given_name", "middle_name", "family_name"  # in the table besides the fields
SEVERAL = {"authors", "contributors", "topics"}  # fields that may have columns like `Author 1` and `Author 2`
_COUNTED = {"pages", "isbn13"}
_CJK_NAME, _CJK_COUNT = re.compile("(.{2,})[名명]"), re.compile("(.+)[数數수]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@cache
def _rows() -> dict[str, list[str]]:
    rows = defaultdict[str, list[str]](list)
    for field, *words in table("column_names.txt", None):
        rows[field] += words
    return rows


@cache
def _fields() -> dict[str, tuple[str, int]]:
    own = {key(name): (name, 0) for name in CLEANERS}
    return own | {
        key(name): (field, place)
        for field, words in _rows().items()
        for place, name in reversed([*enumerate(words)])
        if not field.startswith("*")
    }


@cache
def _words(*kinds: str) -> frozenset[str]:
    """The words that add nothing to the name of a column."""
    return frozenset(fold(word) for kind in kinds for word in _rows()[kind])


def key(name: str) -> str:
    """The name in a form that all its spellings share: “Año (publicación)” becomes anopublicacion."""
    return "".join(filter(str.isalnum, fold(name)))


def field_of(name: str) -> tuple[str, int] | None:
    """The field in a column of this name, and the rank of the name (0: most usual). None for an unknown name.

    The field may also be GIVEN or FAMILY, a part of an author's name.
    """
    known = _fields()
    for rank, (each, allowed) in enumerate(_readings(name)):
        if (found := known.get(each)) and (not allowed or found[0] in allowed):
            return found[0], found[1] + rank * len(known)  # the name itself before others
    several = [found for part in re.split("[/&／]", name) if part != name and (found := field_of(part))]
    fields = {field for field, _ in several}
    return min(several) if len(fields) == 1 or fields == {"authors", "contributors"} else None


def base(name: str) -> str:
    """The name without its number: Author for “Author 2”, “Author (2)” and “Second Author”."""
    unnumbered = re.sub(r"(?<![\W_])[\W_]*\d[\W_]*$", "", name)
    words = re.findall(r"[^\W_]+", unnumbered)
    rest = [word for word in words if fold(word) not in _words("*further")]
    return " ".join(rest) if rest and rest != words else unnumbered


def is_name(name: str, *kinds: str, beside: str = "") -> bool:
    """Whether a column has only words of these rows in its name: “Name”, “Book”, or “Name of the author”."""
    words = {*re.findall(r"[^\W_]+", fold(name))}
    called = words & _words(*kinds)
    others = _words("*small", *filter(None, [beside]))
    return bool(called) and words - called <= others and "#" not in name


def _readings(name: str) -> Iterator[tuple[str, Iterable[str]]]:
    """The name, then what is left of it without other words, each with the fields that it may stand for; () for any."""
    whole = key(name)
    yield whole, ()
    if found := _CJK_NAME.fullmatch(whole):
        yield found[1], ()
    if found := _CJK_COUNT.fullmatch(whole):
        yield found[1], _COUNTED
    words = re.findall(r"[^\W_]+", fold(_CAMEL.sub(" ", name)))
    yield "".join(word for word in words if _fields().get(word, ("",))[0] != "authors"), PARTS
    of_book, names = _words("*book"), _words("*name")
    if of_book.intersection(words) and names.intersection(words) and {*words} <= _words("*book", "*name", "*small"):
        yield "title", ()
    yield "".join(word for word in words if word not in _words("*book", "*name", "*small")), ()
    yield "".join(word for word in words if word not in _words("*book", "*count", "*small")), _COUNTED
    if base(name) != name:
        yield key(base(name)), SEVERAL


def has_title(names: Iterable[str]) -> bool:
    return any((found := field_of(name)) and found[0] == "title" for name in names)
