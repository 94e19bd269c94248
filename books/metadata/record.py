"""The fields of a book, each declared once in FIELDS: forms, JSON, files, merging and history all derive from them.

A record is a book as plain values. `clean` turns input, as text or JSON types, into canonical values, or reports what
is wrong with each field. Nothing here touches the database.

To add a field, add a row to FIELDS, its type to Record, a column to books.models.Book with a migration, and a line to
the book page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypedDict, cast

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from books.metadata import isbn, languages, numbers, roles, series
from books.metadata.folding import INVISIBLE, JOINERS, normalized
from books.metadata.html_text import plain_text
from books.metadata.json_schema import Schema, array, text, whole

YEARS = numbers.YEARS
PAGES = range(1, 100_001)
MAX_TITLE = 1000
MAX_TEXT = 500
MAX_DESCRIPTION = 20_000
MAX_HTML = 200_000  # characters of a description with its tags
MAX_NAME = 200
MAX_AUTHORS = 100
MAX_TOPICS = 50
MAX_SERIES = 20  # besides the first
MAX_PLACE = MAX_TEXT + numbers.MAX_LENGTH + 2  # characters of a series with the number
MAX_SLUG = 100
MAX_CONTRIBUTOR = MAX_NAME + roles.LONGEST + 3  # characters of a name with the role
SLACK = 10  # times the limit before cleaning, which removes white space and duplicate names
SEPARATOR = ";"  # between the names in one cell or line


class Record(TypedDict, total=False):
    """A book as plain values. Absent fields are left unchanged; empty ones are "", None or []."""

    source_key: str | None  # the source and the id there: `aozora:056078`
    title: str
    subtitle: str
    authors: list[str]
    isbn13: str | None
    publisher: str
    published_year: int | None  # negative: BCE
    language: str
    pages: int | None
    description: str
    topics: list[str]  # names, or slugs of existing topics
    series: str
    series_number: Decimal | None
    series_label: str  # the number as written, if that says more
    more_series: list[str]  # `Discworld #7`: see books.metadata.series
    contributors: list[str]  # `Alfred Birnbaum (translator)`: see books.metadata.roles


Clean = Callable[[object], list[str]]
Errors = dict[str, list[str]]

_WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
_ENDS = f"{_WHITE}{INVISIBLE}{JOINERS}"
_NO_INVISIBLE = str.maketrans("", "", INVISIBLE)
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
DAMAGED = "\ufffd"  # replaces bytes that could not be decoded
_CONTROLS = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff{DAMAGED}]")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")


def _readable(value: object, most: int = MAX_HTML) -> str:
    """Text in NFC without surrounding white space, and without characters that a database or a client cannot handle.

    Text of more than `most` characters is refused unread: normalizing a million accents takes half a second.
    """
    if not isinstance(value, str):
        raise ValidationError("Enter text here.", code="type")
    if len(value) > most:
        raise ValidationError(f"At most {most:,} characters, not {len(value):,}.", code="max_length")
    if value.isascii() and value.isprintable():  # most are
        return value.strip()
    if found := _CONTROLS.search(value):
        what = "a letter that was damaged (\ufffd)" if found[0] == DAMAGED else "an unreadable character"
        raise ValidationError(f"This contains {what}: U+{ord(found[0]):04X}.", code="invalid")
    return normalized("NFC", value).strip()


def line(max_length: int, ends: str = _ENDS) -> Callable[[object], str]:
    """A cleaner for a line of text: it collapses runs of white space and strips the ends."""

    def clean_line(value: object) -> str:
        if isinstance(value, str) and len(value) <= max_length and value.isascii() and value.isprintable():
            return value.strip() if "  " not in value else " ".join(value.split())  # most are
        text = _readable(value, SLACK * max_length)
        text = text if text.isascii() else text.strip(ends)
        if "  " in text or not text.isprintable():
            text = " ".join(text.split())
        if len(text) > max_length:
            raise ValidationError(f"At most {max_length:,} characters, not {len(text):,}.", code="max_length")
        return text

    return clean_line


_title = line(MAX_TITLE, _WHITE)


def title(value: object) -> str:
    """Directional marks at the ends stay, as they affect how the title is shown."""
    if not (text := _title(value)).strip(_ENDS):
        raise ValidationError("A book needs a title.", code="required")
    return text


def description(value: object) -> str:
    """Text of several lines; HTML is converted to text."""
    readable = _readable(value)
    if len(readable) <= MAX_HTML and ("<" in readable or "&" in readable):
        readable = _readable(plain_text(readable))
    text = readable if readable.isprintable() else _LINE_END.sub("\n", readable)
    if len(text) > MAX_DESCRIPTION:
        raise ValidationError(f"At most {MAX_DESCRIPTION:,} characters, not {len(text):,}.", code="max_length")
    return text


def whole_number(allowed: range, message: str, read: Callable[[str], object]) -> Callable[[object], int | None]:
    """A cleaner for an integer; `read` finds it in a text such as `320 p.`"""

    def clean_number(value: object) -> int | None:
        if isinstance(value, str):
            is_plain = len(value) <= 4 and value.isascii() and value.isdigit()  # as most are in files
            value = int(value) if is_plain else read(_readable(value))
        if value is None or value == "":
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            raise ValidationError(message, code="invalid")
        return value or None  # no book is of the year 0

    return clean_number


published_year = whole_number(YEARS, "Enter a year, for example 1987 or -380.", numbers.year)
pages = whole_number(PAGES, f"Enter a whole number from 1 to {PAGES.stop - 1}.", numbers.pages)


def series_number(value: object) -> Decimal | None:
    """The number in a series: 1, 2.5 for one in between, or in words."""
    if value is None or value == "":
        return None
    text = str(value).strip() if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        number = (numbers.number_in_words(text) or numbers.series_number(text)) if isinstance(value, str) else None
        if number is None:
            raise ValidationError("Enter a number, for example 1 or 2.5.", code="invalid")
        text = str(number)
    return Decimal(text).quantize(Decimal("0.01"))


def isbn13(value: object) -> str | None:
    if not value:
        return None
    if isinstance(value, str) and isbn.is_canonical(value):
        return value
    text = _readable(value)
    return None if isbn.means_none(text) else isbn.canonical(text)


def language(value: object) -> str:
    return languages.canonical(_readable(value)) if value else ""


def source_key(value: object) -> str | None:
    return line(MAX_NAME)(value) or None if value else None


def source_of(key: str) -> str:
    """The source in a source_key: `aozora` in `aozora:056078`, or the whole key if it names none."""
    return key.partition(":")[0]


def placeholder_title(isbn13: str) -> str:
    """The title of a book of which only the ISBN is known."""
    return f"ISBN {isbn13}"


def split_names(text: str) -> list[str]:
    """The names in a cell or text box, separated by semicolons of any script or line ends."""
    return [part for part in re.split(rf"[{SEPARATOR}；؛\n]", text) if part.strip()]


def names(max_count: int, max_length: int = MAX_NAME) -> Callable[[object], list[str]]:
    """A cleaner for a list of names: it drops duplicates and keeps the order."""
    clean_line = line(max_length)

    def clean_name(value: object) -> str:
        name = clean_line(value)
        return name if name.isascii() else name.translate(_NO_INVISIBLE)

    def clean_names(value: object) -> list[str]:
        if isinstance(value, str):
            value = split_names(value)
        if not isinstance(value, list | tuple):
            raise ValidationError("Enter a list of names.", code="type")
        if len(value) > SLACK * max_count:
            raise ValidationError(f"At most {max_count} names, not {len(value):,}.", code="max_length")
        cleaned = list(dict.fromkeys(name for item in value if (name := clean_name(item))))
        if len(cleaned) > max_count:
            raise ValidationError(f"At most {max_count} names, not {len(cleaned)}.", code="max_length")
        if bad := next((name for name in cleaned if SEPARATOR in name), None):
            message = f"“{bad}”: a name cannot contain a semicolon, which separates names."
            raise ValidationError(message, code="invalid")
        return cleaned

    return _cached(clean_names)


def _cached(clean: Clean) -> Clean:
    """Cache the results for short cells and short lists: the same names recur throughout a file."""
    kept = lru_cache(5000)(lambda value: tuple(clean(value)))

    def clean_cell(value: object) -> list[str]:
        if isinstance(value, list) and len(value) <= 3 and all(map(_is_short, value)):
            return list(kept(tuple(value)))
        return list(kept(value)) if _is_short(value) else clean(value)

    return clean_cell


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NAME


@lru_cache(2000)
def topic_slug(name: str) -> str:
    """A topic's slug. Spellings with one slug are one topic. C++ becomes `c-plus-plus`; 小説 stays."""
    spelled = name.replace("+", "-plus-").replace("#", "-sharp-").replace("&", "-and-")
    return slugify(spelled, allow_unicode=True)[:MAX_SLUG]


_topics = names(MAX_TOPICS)


@_cached
def topics(value: object) -> list[str]:
    cleaned = _topics(value)
    if bad := next((name for name in cleaned if not topic_slug(name)), None):
        raise ValidationError(f"“{bad}”: a topic's name needs a letter or a digit.", code="invalid")
    return list({topic_slug(name): name for name in reversed(cleaned)}.values())[::-1]


_more_series = names(MAX_SERIES, MAX_PLACE)


def more_series(value: object) -> list[str]:
    found = {place.series: str(place) for place in map(series.parse_place, reversed(_more_series(value)))}
    if any(len(name) > MAX_TEXT for name in found):
        raise ValidationError(f"At most {MAX_TEXT} characters for the name of a series.", code="max_length")
    return [*found.values()][::-1]


_contributors = names(MAX_AUTHORS, MAX_CONTRIBUTOR)


@_cached
def contributors(value: object) -> list[str]:
    found = [each for text in _contributors(value) for each in roles.contributors(text)]
    if author := next((each for each in found if each.role == roles.AUTHOR), None):
        raise ValidationError(f"“{author}”: authors stand among the authors.", code="invalid")
    if any(len(each.name) > MAX_NAME for each in found):
        raise ValidationError(f"At most {MAX_NAME} characters for a name.", code="max_length")
    if len(cleaned := list(dict.fromkeys(map(str, found)))) > MAX_AUTHORS:
        raise ValidationError(f"At most {MAX_AUTHORS} people, not {len(cleaned)}.", code="max_length")
    return cleaned


@dataclass(frozen=True)
class Box:
    """How the form shows a field."""

    fieldset: str
    help_text: str = ""
    rows: int = 0  # 0: one line
    attributes: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Field:
    """All that forms, JSON, files, lists and the history need to know about a field."""

    name: str
    label: str
    clean: Callable[[object], Any]  # to its canonical value; raises ValidationError
    schema: Schema  # of the canonical value
    box: Box | None = None  # None: only imports write it
    sent: Schema | None = None  # the schema of what clients may send, if that is wider
    empty: Any = ""  # the value of a book without one
    column: str = ""  # of the model, if it holds names, one per line
    words: str = ""  # the line of the search index with its words
    parameter: str = ""  # the query parameter that filters lists by it


def line_of_text(name: str, label: str, fieldset: str, **more: Any) -> Field:
    return Field(name, label, line(MAX_TEXT), text(MAX_TEXT), Box(fieldset), **more)


THE_BOOK, DETAILS, SUBJECT = "The book", "Details", "Subject"
NAME, SLUG = text(MAX_NAME, minLength=1), text(MAX_SLUG, pattern=r"^[^\s/]+$")
FIELDS = (  # in the order of an export's columns
    Field("source_key", "Source key", source_key, text(MAX_NAME), empty=None),
    Field(
        "title",
        "Title",
        title,
        text(MAX_TITLE, pattern=r"\S"),
        Box(THE_BOOK, attributes={"autocomplete": "off"}),
        words="title",
    ),
    line_of_text("subtitle", "Subtitle", THE_BOOK, words="title"),
    Field(
        "authors",
        "Authors",
        names(MAX_AUTHORS),
        array(NAME, MAX_AUTHORS),
        Box(THE_BOOK, "One per line or between semicolons, in the order on the title page.", rows=2),
        sent=array(text(MAX_NAME), MAX_AUTHORS),
        empty=[],
        column="author_names",
        words="authors",
        parameter="author",
    ),
    Field(
        "isbn13",
        "ISBN",
        isbn13,
        text(pattern="^97[89][0-9]{10}$"),
        Box(DETAILS, "10 or 13 digits, with or without hyphens.", attributes={"autocomplete": "off"}),
        sent=text(isbn.MAX_LENGTH, description="10 or 13 digits in any spelling, with the right check digit."),
        empty=None,
        words="other",
        parameter="isbn",
    ),
    line_of_text("publisher", "Publisher", DETAILS),
    Field(
        "published_year",
        "Year",
        published_year,
        whole(YEARS, description="Negative: BCE."),
        Box(DETAILS, "Of the first publication. BCE with a minus: -380. A date, 昭和46年 or 380 BC will do."),
        empty=None,
        words="other",
        parameter="year",
    ),
    Field(
        "language",
        "Language",
        language,
        text(languages.MAX_LENGTH, description="A BCP 47 tag: `en`, `pt-br`. Empty: unknown."),
        Box(DETAILS, "A code or a name: en, ja, pt-BR, French.", attributes={"list": "languages"}),
        sent=text(languages.MAX_WRITTEN, description="A BCP 47 tag, a code of ISO 639, or a language's name."),
        words="other",
        parameter="language",
    ),
    Field("pages", "Pages", pages, whole(PAGES), Box(DETAILS, attributes={"inputmode": "numeric"}), empty=None),
    Field("description", "Description", description, text(MAX_DESCRIPTION), Box(SUBJECT, rows=6), words="other"),
    Field(
        "topics",
        "Topics",
        topics,
        array(SLUG, MAX_TOPICS),
        Box(SUBJECT, "One per line or between commas. New topics are created.", rows=2),
        sent=array(text(MAX_NAME), MAX_TOPICS, description="Names or slugs. New topics are created."),
        empty=[],
        column="topic_names",
        words="topics",
        parameter="topic",
    ),
    line_of_text("series", "Series", DETAILS, words="title", parameter="series"),
    Field(
        "series_number",
        "Number in the series",
        series_number,
        {"type": "number", "minimum": 0, "exclusiveMaximum": 10**6, "description": "At most 2 decimals."},
        Box(DETAILS, "1, or 2.5 for one in between. Vol. 3, 1-3, IV or 上 will do."),
        sent={"type": ["number", "string"], "description": "A number, or a text that says it: `1-3`, `IV`, `上`."},
        empty=None,
    ),
    Field(
        "series_label",
        "Number as written",
        line(numbers.MAX_LENGTH),
        text(numbers.MAX_LENGTH),
        Box(DETAILS, "Shown instead of the number. Leave it empty if the number says it all."),
    ),
    Field(
        "more_series",
        "Further series",
        more_series,
        array(text(MAX_PLACE, minLength=1), MAX_SERIES),
        Box(DETAILS, "One per line, with the number: Discworld #7.", rows=2),
        sent=array(text(MAX_PLACE), MAX_SERIES, description="Each with its number: `Discworld #7`."),
        empty=[],
        column="more_series",
        words="title",
    ),
    Field(
        "contributors",
        "Translators, editors and others",
        contributors,
        array(text(MAX_CONTRIBUTOR, minLength=1), MAX_AUTHORS),
        Box(THE_BOOK, "One per line, with the role: Alfred Birnbaum (translator).", rows=2),
        sent=array(text(MAX_CONTRIBUTOR), MAX_AUTHORS, description="Each with a role: `Alfred Birnbaum (translator)`."),
        empty=[],
        column="contributors",
        words="other",
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
CLEANERS = {field.name: field.clean for field in FIELDS}
EDITABLE = tuple(field.name for field in FIELDS if field.box)
EMPTY = cast("Record", {field.name: field.empty for field in FIELDS})
NAMES = tuple(field.name for field in FIELDS if field.column)  # the fields that are lists of names
COLUMNS = {field.name: field.column or field.name for field in FIELDS}  # of the model


def with_label(values: Record, raw: Mapping[str, object]) -> Record:
    """The values with a label for a number that was not given as plain digits. A new number never keeps an old label.

    A number given in the series, as in `InCryptid #8`, is moved to its own field.
    """
    if (
        values.get("series")
        and values.get("series_number") is None
        and (place := series.parse_place(values["series"])).number is not None
    ):
        label = values.get("series_label") or place.label
        return {**values, "series": place.series, "series_number": place.number, "series_label": label}
    if "series_number" not in values or values.get("series_label"):
        return values
    return {**values, "series_label": numbers.series_label(raw["series_number"])}


def clean(raw: Mapping[str, object]) -> tuple[Record, Errors]:
    """The fields of `raw` in canonical form, and the errors of those that are invalid."""
    record: dict[str, Any] = {}
    errors: Errors = {}
    for name, value in raw.items():
        try:
            record[name] = CLEANERS[name](value)
        except ValidationError as error:
            errors[name] = list(error.messages)
    return cast("Record", record), errors
