"""Any other table, read by its column names in any language, case and punctuation."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from books.importing.column_names import FAMILY, GIVEN, PARTS, base, field_of, is_name, key
from books.importing.formats.base import Format, RawFields
from books.importing.formats.columns import CellReader, Cells, reader
from books.importing.formats.goodbooks import parse_title
from books.importing.formats.people import names_in, order_of
from books.importing.formats.values import (
    first,
    first_isbn,
    full_year,
    list_in,
    natural_order,
    parse_all_series,
    split_role,
    strip_formula,
    text,
    values,
)
from books.importing.results import RowError
from books.metadata.folding import alternatives, words_in
from books.metadata.html_text import without_entities
from books.metadata.numbers import number_in_words
from books.metadata.text import is_unspaced

# For these fields other columns are read if the first is empty, such as the ISBN-10.
FALLBACKS = {"authors", "contributors", "isbn13", "publisher", "published_year", "language", "pages", "description"}
_NOTHING = {"n/a", "#n/a", "n.a.", "null", "none", "nan", "-", "--", "–", "—", "?"}
LONGEST_CODE = 3  # letters of a language's
LONGEST_NOTHING = 10  # characters, including spaces around
_OF_BOOKS = r"(?:books?|titles?|bücher|titel|livres|libros|libri|книги?|книг|冊|本|册)"
_UNKNOWN = frozenset(map(key, words_in("nothing.txt")))  # “none”, “unknown” and the like
_TOTALS = re.compile(
    rf"\d+ ?{_OF_BOOKS}|(?:{alternatives('totals.txt')})(?::?\s*[\d.,]*)(?:\s{_OF_BOOKS})?", re.IGNORECASE
)
_ISBN = re.compile(r"\bisbn\b", re.IGNORECASE)
_NAMES_IN_JSON = ("name", "literal", "title", "label", "tag", "value")
_BETWEEN_TOPICS = re.compile(r"[,;|\n、，；،؛]|\s[•·]\s")  # a topic with a comma is rare, a list with commas the rule
_HASHTAGS = re.compile(r"\s*(?:#[^\s#,;]+\s*)+")
_VOLUME = alternatives("volume_words.txt")
_OF_ALL = r"(?:\s*(?:of|von|van|de|di|du|из|/)\s*\d+)?"  # 5 of 41
_IN_SERIES = re.compile(
    rf"(.*?[^\s,;:.–-])(?:[\s,;:.–-]*+(?<=\s)[(\[]?(?:{_VOLUME}|part|teil|issue)\s*+(\d[\d.–-]*+|[ivxlc]++){_OF_ALL}"
    rf"|\s*+[(\[（]\s*+#?(\d[\d.–-]*+)|(?:[,:]|\s[–-])\s++(\d{{1,4}}(?:\.\d)?){_OF_ALL}|[\s,]++t(\d{{1,3}})"
    rf"|[\s,]++(\d{{1,4}})\.?\s?(?:{_VOLUME}|part|teil|[巻卷冊册권])"
    r"|\s*+(第\s*+[\d一二三四五六七八九十]++\s*+[巻卷冊册集部]))[)\]）]?",
    re.IGNORECASE,
)
_HASHED = re.compile(r"(.*?[^\s,;:])[\s,;:]*#\s?(\d[\d.–-]*)")
_IN_WORDS = re.compile(rf"(.*?[^\s,;:–-])[\s,;:–-]+((?:{_VOLUME}|part|teil)\s\w+)", re.IGNORECASE)
_BETWEEN_SERIES = re.compile(r"(?:(?<!\s)\s+)?[;|]\s*|,(?=[^#,]*#\d)\s+")
_COUNTED = re.compile(rf",? (?:{_VOLUME}) ?(?=\d)", re.IGNORECASE)
_PLACE = re.compile(r"(?=[^#]*[^\W\d_])[^#]+[ ,]#\d{1,4}(?:[.-]\d{1,4})?")
_NO_SERIES = re.compile(
    r"\b(?:edition|ed|ausgabe|auflage|édition|edición|edizione|complete|collected|(?:un)?abridged|illustrated|annotated|"
    r"reprint|parts?|teil|books?|vol|volumes?|set)\b",
    re.IGNORECASE,
)
_ISBD = " /:;,="  # punctuation between the fields of a library record


def _fields_in_title(title: str) -> dict[str, Any]:
    """The fields in “Foundation (Foundation, Book 1)” or “Dune (Dune #1)”: only if the brackets cannot mean anything
    else."""
    before, _, inside = title.removesuffix(")").rpartition("(")
    inside = _COUNTED.sub(", #", " ".join(inside.split()))
    are_places = all(_PLACE.fullmatch(each.strip()) for each in inside.split(";"))
    return parse_title(f"{before}({inside})") if are_places and not _NO_SERIES.search(inside) else {}


def table_reader(columns: Mapping[str, Sequence[str]], order: str = "") -> Callable[[Cells], RawFields]:
    """Reads these fields, each from the first of its columns that is not empty. `order`: of the names of authors."""
    readers = {field: (names, _reader(field, names, order)) for field, names in columns.items()}
    read_fields = reader(readers, keep_dicts=True)

    def read(cells: Cells) -> RawFields:
        fields, dropped = read_fields(cells)
        series = fields.get("series")
        if isinstance(series, str) and not fields.get("series_number"):
            fields |= _places(series)
        return fields, dropped

    return read


def _places(written: str) -> dict[str, Any]:
    """The series and its number in “Discworld, Bd. 5”, or those of several: “Discworld #5; Witches #2”."""
    bare = written.strip()
    if f"{bare[:1]}{bare[-1:]}" in {"()", "[]"}:
        bare = bare[1:-1]
    several = [_place(part) for part in _BETWEEN_SERIES.split(bare)]
    if len(several) > 1 and all(several):
        return parse_all_series([f"{name} ({number})" for name, number in filter(None, several)])
    if found := _place(bare):
        return {"series": found[0], "series_number": found[1]}
    return {}


def _place(written: str) -> tuple[str, str] | None:
    if found := _IN_SERIES.fullmatch(written) or _HASHED.fullmatch(written):
        return found[1], next(filter(None, found.groups()[1:]))
    if (found := _IN_WORDS.fullmatch(written)) and number_in_words(found[2]):
        return found[1], found[2]
    return None


def _reader(field: str, columns: Sequence[str], order: str) -> CellReader:
    if field == "contributors":
        return _contributors(columns)
    if field == "isbn13":
        return lambda *cells: first_isbn(*map(_known, cells))
    value, read = _first_of(columns), _READERS.get(field, _plain)
    if field == "authors":
        return lambda *cells: _people(value(*cells), order)
    if len(columns) == 1 and read is _plain:
        return lambda cell: _value(cell) if isinstance(cell, str) else _plain(cell)
    return lambda *cells: read(value(*cells))


def _first_of(columns: Sequence[str]) -> CellReader:
    """Reads the first column that is not empty. `Author`, `Author 2` and `Other authors` are one of several lines."""
    if len(columns) == 1:
        return _value
    groups: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        alike = columns[0] if base(column) != column else column
        groups.setdefault(key(base(alike)), []).append(place)

    def read(*cells: Any) -> Any:
        for places in groups.values():
            if found := [value for place in places if (value := _value(cells[place]))]:
                return found[0] if len(found) == 1 else "\n".join(map(_plain, found))
        return ""

    return read


def _plain(value: Any) -> Any:
    """The value, or the texts in a JSON list or object as one text."""
    return "; ".join(map(str, map(_name, values(value)))) if isinstance(value, (list, dict)) else value


def _value(cell: Any) -> Any:
    value = strip_formula(cell)
    if isinstance(value, str) and "&" in value and "&lt;" not in value:  # which are tags of a description
        value = without_entities(value)
    is_short = isinstance(value, str) and len(value) <= LONGEST_NOTHING
    return "" if is_short and value.strip().casefold() in _NOTHING else value


def _known(cell: Any) -> Any:
    """The value of a cell in a field that is a number or a code, so that “none” and “no ISBN” give nothing."""
    value = _value(cell)
    says_nothing = isinstance(value, str) and value.strip() and key(_ISBN.sub("", value)) in _UNKNOWN
    return "" if says_nothing else value


def _language(cell: str) -> str:
    written = cell.strip(" ,;")
    return str(_known(written)) if len(written) > LONGEST_CODE else written  # “no” is Norwegian


def _cells(field: str, value: Any) -> list[str]:
    """A cell as a list of one, or the names in a JSON list of strings or objects."""
    found = [value] if isinstance(value, str) else list(map(_name, values(value)))
    if not all(isinstance(each, str) for each in found):
        raise RowError(field, value, "Enter a list of names.")
    return found


def _topics(value: Any) -> list[str]:
    if not isinstance(value, str):
        return _cells("topics", value)
    if listed := list_in(value):
        return listed
    if _HASHTAGS.fullmatch(value):
        return value.replace("#", " ").split()
    return _BETWEEN_TOPICS.split(value)


def _name(value: Any) -> Any:
    """The name in an object such as {"given": "Jane", "family": "Austen", "role": "author"}."""
    if not isinstance(value, dict):
        return value
    parts = {found[0]: value[name] for name in value if (found := field_of(name))}
    whole = " ".join(text(parts[part]) for part in (GIVEN, FAMILY) if parts.get(part))
    role = text(value.get("role") or value.get("creatorType"))
    return (first(*map(value.get, _NAMES_IN_JSON)) or whole) + (f" ({role})" if role else "")


def _people(value: Any, order: str = "") -> list[tuple[str, str]]:
    return list(map(split_role, names_in(_cells("authors", value), order)))


def _contributors(columns: Sequence[str]) -> CellReader:
    """The people in all these columns. A name without a role gets the column's."""
    return lambda *cells: [
        (name, role or base(column))
        for column, cell in zip(columns, cells, strict=True)
        for name, role in map(split_role, names_in(_cells("contributors", _value(cell))))
    ]


_READERS: dict[str, Callable[[Any], Any]] = {  # of a value that is not empty
    "title": lambda value: value.removesuffix(" /").removesuffix(" :") if isinstance(value, str) else value,
    "published_year": lambda value: full_year(str(value).strip()) if isinstance(value, (str, int)) else value,
    "pages": lambda value: _known(value.strip().lstrip("0")) if isinstance(value, str) else value,
    "language": lambda value: _language(value) if isinstance(value, str) else _plain(value),
    "topics": _topics,
}


def columns_of(header: Sequence[str]) -> dict[str, list[str]]:
    """The columns of each field, the one with the most usual name first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in header:
        if known := field_of(column):
            found.setdefault(known[0], []).append((known[1], column))
    by_rank = {field: [name for _, name in sorted(columns, key=itemgetter(0))] for field, columns in found.items()}
    return by_rank | _mere_names(header, by_rank)


def _mere_names(header: Sequence[str], found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a column called just “Name” or “Book” holds: the other part of an author's name, or the titles."""
    parts = {part: found[part] for part in (GIVEN, FAMILY) if part in found}
    if len(parts) == 1:
        [(part, columns)] = parts.items()
        names = [name for name in header if name not in columns and is_name(name, "*name", beside="authors")]
        if names and {*names} >= {*found.get("authors", ())}:
            return {FAMILY if part == GIVEN else GIVEN: names[:1], "authors": []}
    if "title" not in found and "authors" in found:
        names = [name for name in header if is_name(name, "*name", "*book")]
        return {"title": names[:1]} if names else {}
    return {}


def _with_same_base(columns: Sequence[str]) -> list[str]:
    """The first column, and others like it with another number."""
    return [name for name in columns if name == columns[0] or key(base(name)) == key(base(columns[0]))]


def any_table(
    header: Sequence[str], mapping: Mapping[str, Sequence[str]] | None = None, first: Sequence[Cells] = ()
) -> Format:
    """A format that reads each field from the columns in the mapping, or else from those with a known name.

    The `first` rows show the order of names: whether the comma of “Ann Lee, Jo Poe” separates two people.
    """
    if mapping is None:
        found = columns_of(header)
        columns = {field: names if field in FALLBACKS else _with_same_base(names) for field, names in found.items()}
    else:
        columns = {field: list(names) for field, names in mapping.items() if names}
    named = {part: names[0] for part in PARTS if (names := columns.pop(part, []))}
    parts = [*named.values()] if {GIVEN, FAMILY} <= named.keys() and not columns.get("authors") else []
    uses = {column: field for field, names in columns.items() for column in names} | dict.fromkeys(parts, "authors")
    order = order_of(str(row.get(name, "")) for row in first for name in columns.get("authors", ()))
    read_fields = table_reader(columns, order)
    may_have_series = "series" not in (mapping or columns)
    of_marc = [column for column in uses if re.fullmatch(r"\d{3}[a-z]", key(column))]

    def read(cells: Cells) -> RawFields:
        fields, dropped = read_fields({**cells, **{name: _from_marc(name, cells.get(name)) for name in of_marc}})
        if may_have_series and (title := str(fields.get("title", "")).strip()).endswith(")"):
            fields |= _fields_in_title(title)
        if parts:
            *given, family = (" ".join(str(cells.get(name, "")).split()) for name in parts)
            whole = " ".join(filter(None, (*given, family)))
            fields["authors"] = [natural_order(f"{family}, {given[0]}") if is_unspaced(whole) else whole]
        _refuse_totals(fields)
        return fields, dropped

    return Format(
        "table",
        read,
        title="A table",
        uses=uses,
        is_by_isbn="title" not in columns,
        having_seen=lambda rows: any_table(header, mapping, rows),
    )


def _from_marc(column: str, value: Any) -> Any:
    """The value of a column such as `245$a`, in a table made from library records."""
    if key(column) in {"100a", "700a"}:
        return ";".join(natural_order(name.strip(_ISBD)) for name in re.split("[;|]", text(value)))
    return value.strip(_ISBD) if isinstance(value, str) else value


def _refuse_totals(fields: Mapping[str, Any]) -> None:
    """Raises RowError for a row of totals below a list: “Total”, “Total: 123” or “Summe 12 Bücher”."""
    title = str(fields.get("title", "")).strip(" :")
    if not any(map(fields.get, ("authors", "isbn13", "publisher"))) and _TOTALS.fullmatch(title):
        raise RowError("title", title, "This row is a total, not a book.")
