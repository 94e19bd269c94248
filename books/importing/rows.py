"""A row as the fields that it gives a book, in canonical form, or an error."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from books.importing.formats.base import Format
from books.importing.reading import Row
from books.importing.results import Reject, RowError
from books.metadata import eras, languages
from books.metadata.record import DAMAGED, clean, with_label

NOTHING: tuple[Any, ...] = (None, "", [])  # of these one is in EMPTY for every field
_NO_CHARACTER = "\U0010ffff"  # in no text


class CleanRow(NamedTuple):
    row: Row
    fields: dict[str, Any] = {}  # those it gives; an empty cell gives none
    left_out: list[RowError] = []
    error: RowError | None = None
    sort_names: Mapping[str, str] = {}  # of its authors, as the file says

    def reject(self, error: RowError) -> Reject:
        return Reject(self.row.line, error.field, error.value, error.reason, self.row.written)


def cleaned(row: Row, known: Format) -> CleanRow:
    if row.fault:
        return CleanRow(row, error=RowError("", row.cells[0] if row.cells else "", row.fault))
    try:
        raw, left_out = known.read(row.fields)
        sort_names = {" ".join(name.split()): filed for name, filed in raw.pop("sort_names", {}).items()}
        fields, unfit = _given(raw)
        return CleanRow(row, fields, [*left_out, *unfit], sort_names=sort_names)
    except ValidationError as error:
        return CleanRow(row, error=RowError("", row.written[0], error.messages[0]))
    except RowError as error:
        return CleanRow(row, error=error)


def _given(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[RowError]]:
    """The fields of a book, and those whose values are none. A title that is none is an error of the row."""
    given = {
        name: value
        for name, value in raw.items()
        if (value.strip() if isinstance(value, str) else value not in NOTHING)
    }
    values, errors = clean(given)
    if "title" in errors and (title := _damaged_title(str(given["title"]))):
        values["title"] = title
        errors["title"] = ["The file is damaged here: the book came in, but correct its title."]
    if "published_year" in errors and (year := _year_beside(str(given.get("title")), str(given["published_year"]))):
        values["published_year"] = year
        del errors["published_year"]
    unfit = [RowError(name, given[name], " ".join(reasons)) for name, reasons in errors.items()]
    if fatal := next((error for error in unfit if error.field == "title" and "title" not in values), None):
        raise fatal
    language = given.get("language")
    if (
        values.get("language", language) != language
        and isinstance(language, str)
        and (rest := languages.left_out(language))
    ):
        reason = f"Read as {languages.name(values['language'])}: we know no such region or script."
        unfit.append(RowError("language", rest, reason))
    values = with_label(values, given)
    return {name: value for name, value in values.items() if value or value == 0}, unfit


def _damaged_title(written: str) -> str:
    """A title some letters of which are lost; "" if it is no title for another reason."""
    if DAMAGED not in written or not any(map(str.isalnum, written)):
        return ""
    found, _ = clean({"title": written.replace(DAMAGED, _NO_CHARACTER)})
    return found.get("title", "").replace(_NO_CHARACTER, DAMAGED)


def _year_beside(title: str, year: str) -> int | None:
    """The year where one like 2545 stands beside a title in the script of its calendar."""
    return eras.year_by_script(int(year), title) if year.strip().isdecimal() else None
