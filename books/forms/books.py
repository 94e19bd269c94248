"""A book as people fill it in."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms

from books.metadata import record
from books.metadata.record import Record
from books.web.serializers import number


class RecordField(forms.Field):
    """A field of the book form, cleaned as that field of a record."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(required=name == "title", **options)
        self.cleaner = record.CLEANERS[name]
        self.theirs = ""  # what another editor has put here meanwhile
        self.origin = ""  # the catalogue outside that gave the value

    def clean(self, value: Any) -> Any:
        return self.cleaner("" if value is None else value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(value)
        return number(value) if isinstance(value, Decimal) else value


def _line(name: str, label: str, hint: str = "", **attributes: str) -> RecordField:
    return RecordField(name, label=label, help_text=hint, widget=forms.TextInput(attrs=attributes))


def _box(name: str, label: str, rows: int, hint: str = "") -> RecordField:
    return RecordField(name, label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": rows}))


class BookForm(forms.Form):
    """A book as people fill it in. `version`: the one they read. `idempotency_key`: knows a second click."""

    title = _line("title", "Title", autocomplete="off")
    subtitle = _line("subtitle", "Subtitle")
    authors = _box("authors", "Authors", 2, "One a line, in the book's own order.")
    isbn13 = _line("isbn13", "ISBN", "10 or 13 digits, with or without dashes.", autocomplete="off")
    publisher = _line("publisher", "Publisher")
    published_year = _line("published_year", "Year", "Of the first publication; before our era with a minus: -380.")
    language = _line("language", "Language", "A code: en, ja, pt-BR.", list="languages", autocapitalize="none")
    pages = _line("pages", "Pages", inputmode="numeric")
    series = _line("series", "Series")
    series_number = _line("series_number", "Number in the series", "1, or 2.5 for one in between.", inputmode="decimal")
    topics = _box("topics", "Topics", 2, "One a line; new ones are created.")
    description = _box("description", "Description", 6)

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    idempotency_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def record(self) -> Record:
        return cast("Record", {name: self.cleaned_data[name] for name in record.EDITABLE})

    def one_time_key(self) -> str:
        """The key by which the same text, sent again by a second click, is known; other text is another book."""
        key = self.cleaned_data["idempotency_key"]
        digest = hashlib.sha256(repr(self.record()).encode()).hexdigest()
        return f"{key}:{digest}" if key else ""

    def show_origins(self, origins: Mapping[str, str]) -> None:
        """Say at each field that was filled in for the person where its value is from."""
        for name, source in origins.items():
            cast("RecordField", self.fields[name]).origin = source

    def show_conflict(self, theirs: Record, version: int) -> None:
        """Show what the catalogue has now beside each field in which it differs; the next try is about that version."""
        mine = self.record()
        for name in record.EDITABLE:
            if theirs[name] != mine[name]:  # type: ignore[literal-required]
                field = cast("RecordField", self.fields[name])
                field.theirs = field.prepare_value(theirs[name]) or "(empty)"  # type: ignore[literal-required]
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "version": version}


class NewBookForm(BookForm):
    """A book to add. `anyway`: though there is one like it."""

    anyway = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)


class DeleteForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
