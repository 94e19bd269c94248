"""Any other table, by the names of its columns, in whatever language, case and punctuation they are written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from books.importing.column_names import FAMILY_NAME, GIVEN_NAME, field_of, key
from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import count, people, unquoted, values, with_role
from books.importing.results import RowError
from books.metadata import isbn
from books.metadata.record import MAX_TEXT

LONGEST_ISBN = 20  # characters of one in any dressing
# Of these fields another column is taken where the first is empty, such as the ISBN-10.
WITH_OTHERS = {"authors", "isbn13", "publisher", "published_year", "language", "pages", "description"}
_NOTHING = {"n/a", "#n/a", "n.a.", "null", "none", "nan", "-", "--", "–", "—", "?"}
_TOTALS = re.compile(
    r"(?:grand |sub)?totals?|sum|summe|gesamt\w*|insgesamt|somme|total général|totale|suma|razem|celkem|összesen|"
    r"toplam|итого|всего|المجموع|合計|小計|総計|合计|总计|계|합계|tổng(?: cộng)?",
    re.IGNORECASE,
)
_BETWEEN_AUTHORS = re.compile(r"[;；|\n、]|\s[&/／]\s|(?<=\)),")
_IN_SERIES = re.compile(
    r"(.+?)(?:\s*[#(\[]\s*#?|[,:]?\s+(?:book|no\.|nr\.|vol\.|volume|band|bd\.|teil|tome|t\.|tomo|deel|tom)\s*)"
    r"(\d+(?:\.\d+)?)[)\]]?",
    re.IGNORECASE,
)


def read_by(columns: Mapping[str, Sequence[str]], cells: Mapping[str, Any]) -> RawFields:
    """The raw fields whose columns these are: {field: columns, of which the first that is not empty is taken}."""
    raw = {field: next(filter(None, (_cell(cells, name) for name in names)), "") for field, names in columns.items()}
    fields = {
        field: _PARTS[field](value) if field in _PARTS and isinstance(value, str) else value
        for field, value in raw.items()
    }
    left_out: list[RowError] = []
    if names := _names(raw.get("authors")):
        fields["authors"], left_out = people(map(with_role, names))
    if not raw.get("series_number") and (found := _IN_SERIES.fullmatch(str(raw.get("series", ""))[:MAX_TEXT])):
        fields |= {"series": found[1], "series_number": found[2]}
    return fields, left_out


def _cell(cells: Mapping[str, Any], name: str) -> Any:
    value = unquoted(cells.get(name, ""))
    return "" if isinstance(value, str) and value.strip().casefold() in _NOTHING else value


def _names(value: Any) -> list[str]:
    """The names in a cell; of JSON also those of a list of texts or of objects. None if it is something else."""
    if isinstance(value, str):
        return _BETWEEN_AUTHORS.split(value)
    found: list[Any] = [each.get("name") if isinstance(each, dict) else each for each in values(value)]
    return found if all(isinstance(each, str) for each in found) else []


def _first_isbn(cell: str) -> str:
    """Of several ISBNs in a cell the first that is one."""
    several = isbn.found_in(cell) if len(cell) > LONGEST_ISBN else []
    return several[0][1] if several else cell


_PARTS: dict[str, Callable[[str], Any]] = {
    "isbn13": _first_isbn,
    "pages": count,
    "topics": lambda cell: re.split(r"[,;|\n]", cell),  # a topic with a comma is rare, a list with commas the rule
}


def columns_of(header: Sequence[str]) -> dict[str, list[str]]:
    """The columns of each field, that with the most usual name first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in header:
        if known := field_of(column):
            found.setdefault(known[0], []).append((known[1], column))
    return {field: [name for _, name in sorted(columns, key=lambda pair: pair[0])] for field, columns in found.items()}


def understood(header: Sequence[str]) -> dict[str, str]:
    """{field: column}: for each field the column with its most usual name."""
    return {field: columns[0] for field, columns in columns_of(header).items()}


def any_table(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> Format:
    """The format in which each field stands in the column that the mapping names, or the names of the columns tell."""
    if mapping is None:
        found = columns_of(header)
        columns = {field: names if field in WITH_OTHERS else names[:1] for field, names in found.items()}
    else:
        columns = {field: [column] for field, column in mapping.items() if column}
    parts = [] if mapping or "authors" in columns else _columns_of_a_name(header)
    uses = {column: field for field, names in columns.items() for column in names} | dict.fromkeys(parts, "authors")

    def read(cells: Mapping[str, Any]) -> RawFields:
        fields, left_out = read_by(columns, cells)
        if parts:
            fields["authors"] = [" ".join(str(cells.get(name, "")).strip() for name in parts)]
        _refuse_totals(fields)
        return fields, left_out

    return Format("table", read, title="A table", uses=uses, is_by_isbn="title" not in columns)


def _columns_of_a_name(header: Sequence[str]) -> list[str]:
    """The columns of the given name and of the family name, if the table has both."""
    found = [next((name for name in header if key(name) in known), "") for known in (GIVEN_NAME, FAMILY_NAME)]
    return found if all(found) else []


def _refuse_totals(fields: Mapping[str, Any]) -> None:
    """Raises RowError for the row below a list that adds up its columns."""
    title = str(fields.get("title", "")).strip(" :")
    if _TOTALS.fullmatch(title) and not any(fields.get(name) for name in ("authors", "isbn13", "publisher")):
        raise RowError("title", title, "This row adds up the others, and is no book.")
