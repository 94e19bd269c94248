"""The form of the page "Check the columns"."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from books.importing.detection import ENCODINGS
from books.importing.formats import FORMATS
from books.importing.matching import EXISTING
from books.metadata.record import BY_NAME

ACTIONS = ("show", "test", "import", "discard")
EXISTING_LABELS = {
    "fill": "Fill gaps only: what you have stays, empty fields are filled, topics are added",
    "replace": "Replace: the list is right, and overwrites what you have",
    "skip": "Skip: leave these books as they are",
}
FIELD_LABELS = {name: field.label for name, field in BY_NAME.items()} | {"source_key": "Number in the other program"}
FINDS_ITS_BOOK = {"title", "isbn13", "source_key"}


class ColumnsField(forms.Field):
    """The field for each column in the order of the page; "" for none."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        if unknown := next((name for name in value or [] if name and name not in BY_NAME), None):
            raise ValidationError(f"A book has no field “{unknown[:50]}”.")
        return value or []


class UploadForm(forms.Form):
    action = forms.ChoiceField(choices=[(name, name) for name in ACTIONS])
    format = forms.ChoiceField(required=False, choices=[(name, name) for name in FORMATS])
    encoding = forms.ChoiceField(required=False, choices=[(name, name) for name in ENCODINGS])
    existing = forms.ChoiceField(required=False, choices=[(name, name) for name in EXISTING])
    column = ColumnsField(required=False)

    def __init__(self, data: QueryDict, preview: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.preview = preview
        self.format_name = preview["format"] if preview["format"] in FORMATS else ""  # "" for any other table

    @property
    def needs_new_preview(self) -> bool:
        """Whether a different encoding or format was chosen than the page has shown."""
        asked = self.cleaned_data.get("format", ""), self.cleaned_data.get("encoding", "")
        return bool(self.preview["candidates"]) or asked != (self.format_name, self.preview["encoding"])

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("action") in {"test", "import"} and not self.needs_new_preview:
            columns = self.preview["columns"]
            if len(cleaned.get("column", ())) != len(columns):
                raise ValidationError("This page is out of date: open it again.")
            if problem := problem_of(columns, cleaned["column"]):
                self.add_error("column", problem)
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """The arguments for a job that reads the file as shown on the page."""
        mapping = mapping_of(self.preview["columns"], self.cleaned_data["column"], is_named=bool(self.format_name))
        shown = {"format": self.format_name, "encoding": self.preview["encoding"]}
        return {"mapping": mapping, **shown, "existing": self.cleaned_data["existing"]}


def problem_of(columns: Sequence[Mapping[str, Any]], chosen: Sequence[str]) -> str:
    proposed = [column["proposed"] for column in columns]
    if not FINDS_ITS_BOOK & {*chosen}:
        return "Choose the column that holds the title. A list of ISBNs needs no titles."
    before, now = Counter(proposed), Counter(filter(None, chosen))
    twice = [field for field, count in now.items() if count > 1 and count != before[field]]
    if not twice:
        return ""
    label = FIELD_LABELS[twice[0]]
    if before[twice[0]] > 1:
        return f"This format reads “{label}” from several columns: leave them all as they were, or choose one of them."
    return f"Two columns fill “{label}”: leave one of them out."


def mapping_of(
    columns: Sequence[Mapping[str, Any]], chosen: Sequence[str], *, is_named: bool
) -> dict[str, str | list[str]]:
    """{field: column} for the changes to a known format, or for all columns used in any other table.

    A field with several columns lists them in their order.
    """
    mapping: dict[str, str | list[str]] = {}
    if all(column["proposed"] == field for column, field in zip(columns, chosen, strict=True)):
        return mapping
    for field in BY_NAME:
        before = [column["name"] for column in columns if column["proposed"] == field]
        now = [column["name"] for column, each in zip(columns, chosen, strict=True) if each == field]
        if is_named and before == now:
            continue
        if now or is_named:
            mapping[field] = now if len(now) > 1 else "".join(now)
    return mapping
