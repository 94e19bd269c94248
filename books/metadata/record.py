"""What a book's fields may hold: the one place that pages, the API and imports ask.

A record is the plain form of a book, the same in a form, a JSON body, a line of a file and an export. Its fields
come from outside as text or as JSON's own types; `clean` gives them their type and canonical spelling, or says
for each what is wrong. Nothing here touches the database.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypedDict, cast

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from books.metadata import isbn, languages

YEARS = range(-4000, 2101)
PAGES = range(1, 100_001)
MAX_TITLE = 1000
MAX_TEXT = 500
MAX_DESCRIPTION = 20_000
MAX_NAME = 200
MAX_AUTHORS = 100
MAX_TOPICS = 50
MAX_SLUG = 100
SEPARATOR = ";"  # between the names in one cell or line


class Record(TypedDict, total=False):
    """A book as plain values. A field that is absent is not spoken of; an empty one is "", None or []."""

    source_key: str | None  # where it came from and its id there: `aozora:056078`
    title: str
    subtitle: str
    authors: list[str]
    isbn13: str | None
    publisher: str
    published_year: int | None  # negative: before our era
    language: str
    pages: int | None
    description: str
    topics: list[str]  # names, or slugs of topics that are known already
    series: str
    series_number: Decimal | None


Errors = dict[str, list[str]]

_SPACES = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")


def _readable(value: object) -> str:
    """Text that both databases can hold and every client can read, in one Unicode spelling."""
    if not isinstance(value, str):
        raise ValidationError("Write text here.", code="type")
    if found := _CONTROLS.search(value):
        raise ValidationError(f"There is a character here that is no text: U+{ord(found[0]):04X}.", code="invalid")
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def line(max_length: int) -> Callable[[object], str]:
    """A cleaner of text in one line: runs of white space are one space."""

    def clean_line(value: object) -> str:
        text = _SPACES.sub(" ", _readable(value)).strip()
        if len(text) > max_length:
            raise ValidationError(f"At most {max_length:,} characters; these are {len(text):,}.", code="max_length")
        return text

    return clean_line


def title(value: object) -> str:
    if not (text := line(MAX_TITLE)(value)):
        raise ValidationError("A book needs a title.", code="required")
    return text


def description(value: object) -> str:
    """Text of several lines."""
    text = _LINE_END.sub("\n", _readable(value)).strip()
    if len(text) > MAX_DESCRIPTION:
        raise ValidationError(f"At most {MAX_DESCRIPTION:,} characters; these are {len(text):,}.", code="max_length")
    return text


def whole_number(allowed: range) -> Callable[[object], int | None]:
    """A cleaner of an integer, or of its ASCII digits in a form or a file."""

    def clean_number(value: object) -> int | None:
        if value is None or value == "":
            return None
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            message = f"Write a whole number from {allowed.start} to {allowed.stop - 1}."
            raise ValidationError(message, code="invalid")
        return value

    return clean_number


def series_number(value: object) -> Decimal | None:
    """The place in a series: 1, or 2.5 for what comes between."""
    if value is None or value == "":
        return None
    text = str(value).strip() if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise ValidationError("Write a number such as 1 or 2.5.", code="invalid")
    try:
        return Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:  # pragma: no cover - the pattern admits no such text
        raise ValidationError("Write a number such as 1 or 2.5.", code="invalid") from None


def isbn13(value: object) -> str | None:
    return isbn.canonical(_readable(value)) if value else None


def language(value: object) -> str:
    return languages.canonical(_readable(value)) if value else ""


def source_key(value: object) -> str | None:
    return line(MAX_NAME)(value) or None if value else None


def source_of(key: str) -> str:
    """The catalogue that a source_key is of: `aozora` of `aozora:056078`, the whole of a key that names none."""
    return key.partition(":")[0]


def split_names(text: str) -> list[str]:
    """The names in one cell or text box: between semicolons or line ends."""
    return [part for part in re.split(rf"[{SEPARATOR}\n]", text) if part.strip()]


def names(max_count: int) -> Callable[[object], list[str]]:
    """A cleaner of a list of names: each once, in the order given."""
    clean_name = line(MAX_NAME)

    def clean_names(value: object) -> list[str]:
        if isinstance(value, str):
            value = split_names(value)
        if not isinstance(value, list | tuple):
            raise ValidationError("Write a list of names.", code="type")
        cleaned = list(dict.fromkeys(name for item in value if (name := clean_name(item))))
        if len(cleaned) > max_count:
            raise ValidationError(f"At most {max_count} names; these are {len(cleaned)}.", code="max_length")
        if bad := next((name for name in cleaned if SEPARATOR in name), None):
            message = f"“{bad}”: a semicolon stands between names, so that none can hold one."
            raise ValidationError(message, code="invalid")
        return cleaned

    return clean_names


@lru_cache(2000)
def topic_slug(name: str) -> str:
    """A topic's address, which is also what makes two spellings one topic: C++ is `c-plus-plus`, 小説 is itself."""
    spelled = name.replace("+", "-plus-").replace("#", "-sharp-").replace("&", "-and-")
    return slugify(spelled, allow_unicode=True)[:MAX_SLUG]


def topics(value: object) -> list[str]:
    cleaned = names(MAX_TOPICS)(value)
    if bad := next((name for name in cleaned if not topic_slug(name)), None):
        raise ValidationError(f"“{bad}”: a topic's name needs a letter or a digit.", code="invalid")
    return list({topic_slug(name): name for name in reversed(cleaned)}.values())[::-1]


CLEANERS: dict[str, Callable[[object], Any]] = {
    "source_key": source_key,
    "title": title,
    "subtitle": line(MAX_TEXT),
    "authors": names(MAX_AUTHORS),
    "isbn13": isbn13,
    "publisher": line(MAX_TEXT),
    "published_year": whole_number(YEARS),
    "language": language,
    "pages": whole_number(PAGES),
    "description": description,
    "topics": topics,
    "series": line(MAX_TEXT),
    "series_number": series_number,
}
EDITABLE = tuple(name for name in CLEANERS if name != "source_key")
EMPTY: Record = {
    "source_key": None,
    "title": "",
    "subtitle": "",
    "authors": [],
    "isbn13": None,
    "publisher": "",
    "published_year": None,
    "language": "",
    "pages": None,
    "description": "",
    "topics": [],
    "series": "",
    "series_number": None,
}


def clean(raw: Mapping[str, object]) -> tuple[Record, Errors]:
    """The fields of `raw` in their canonical form, and for those that have none the reasons."""
    record: dict[str, Any] = {}
    errors: Errors = {}
    for name, value in raw.items():
        try:
            record[name] = CLEANERS[name](value)
        except ValidationError as error:
            errors[name] = list(error.messages)
    return cast("Record", record), errors
