"""Turns a row into canonical fields of a book, or an error."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from books.importing.formats.base import Format
from books.importing.reading import Row
from books.importing.results import Reject, RowError
from books.metadata import eras, languages
from books.metadata.record import DAMAGED, clean, with_label

NOTHING: tuple[Any, ...] = (None, "", [])  # the values of empty fields
_NO_CHARACTER = "\U0010ffff"  # never occurs in text


class CleanRow(NamedTuple):
    row: Row
    fields: dict[str, Any] = {}  # without empty ones
    dropped: list[RowError] = []
    error: RowError | None = None
    sort_names: Mapping[str, str] = {}  # of the authors, as given in the file

    def reject(self, error: RowError) -> Reject:
        return Reject(self.row.line, error.field, error.value, error.reason, self.row.written)


def cleaned(row: Row, known: Format) -> CleanRow:
    if row.fault:
        return CleanRow(row, error=RowError("", row.cells[0] if row.cells else "", row.fault))
    try:
        raw, dropped = known.read(row.fields)
        sort_names = {" ".join(name.split()): filed for name, filed in raw.pop("sort_names", {}).items()}
        fields, invalid = _clean_fields(raw)
        return CleanRow(row, fields, [*dropped, *invalid], sort_names=sort_names)
    except ValidationError as error:
        return CleanRow(row, error=RowError("", row.written[0], error.messages[0]))
    except RowError as error:
        return CleanRow(row, error=error)


def _clean_fields(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[RowError]]:
    """The clean fields, and an error for each invalid one. An invalid title is an error of the whole row."""
    given = {
        name: value
        for name, value in raw.items()
        if (value.strip() if isinstance(value, str) else value not in NOTHING)
    }
    values, errors = clean(given)
    if numbers := {name: str(given[name]) for name in errors if type(given[name]) in {int, float}}:
        read, left = clean(numbers)  # a title in JSON may be 1984
        values, errors = values | read, {name: errors[name] for name in errors.keys() - numbers} | left
    if "title" in errors and (title := _damaged_title(str(given["title"]))):
        values["title"] = title
        errors["title"] = ["The file is damaged here: the book was imported, but its title needs correcting."]
    if "published_year" in errors and (year := _year_beside(str(given.get("title")), str(given["published_year"]))):
        values["published_year"] = year
        del errors["published_year"]
    for name in [*errors]:
        if good := _valid_items(name, given[name]):
            values |= clean({name: good})[0]
            given[name] = [each for each in given[name] if each not in good]
    invalid = [RowError(name, given[name], " ".join(reasons)) for name, reasons in errors.items()]
    if fatal := next((error for error in invalid if error.field == "title" and "title" not in values), None):
        raise fatal
    language = given.get("language")
    if (
        values.get("language", language) != language
        and isinstance(language, str)
        and (rest := languages.other_qualifiers(language))
    ):
        reason = f"Read as {languages.name(values['language'])}: the region or script is unknown."
        invalid.append(RowError("language", rest, reason))
    values = with_label(values, given)
    return {name: value for name, value in values.items() if value or value == 0}, invalid


def _valid_items(name: str, given: Any) -> list[Any]:
    """The items that are right in a list that is not; none if the list itself is wrong."""
    good = [each for each in given if not clean({name: [each]})[1]] if isinstance(given, list) else []
    return good if len(good) < len(given) and not clean({name: good})[1] else []


def _damaged_title(written: str) -> str:
    """A title that is only invalid because letters are lost; "" if anything else is wrong."""
    if DAMAGED not in written or not any(map(str.isalnum, written)):
        return ""
    found, _ = clean({"title": written.replace(DAMAGED, _NO_CHARACTER)})
    return found.get("title", "").replace(_NO_CHARACTER, DAMAGED)


def _year_beside(title: str, year: str) -> int | None:
    """The Gregorian year of one like 2545 beside a title in the script of its calendar."""
    return eras.year_by_script(int(year), title) if year.strip().isdecimal() else None
