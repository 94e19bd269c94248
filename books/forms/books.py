"""The forms: what a list is asked for, and a book as people fill it in."""

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self, cast

from django import forms
from django.core.exceptions import ValidationError

from books.metadata import isbn, languages, record
from books.metadata.record import Record
from books.models.author import AuthorQuerySet
from books.models.book import BookQuerySet
from books.models.job import JobQuerySet
from books.search.pagination import CURSOR_LENGTH, Cursor, Ordering, Place
from books.web.serializers import number

MAX_QUERY = 200  # characters of what is searched
_INTEGER = re.compile(r"-?[0-9]{1,6}")


class QueryField(forms.CharField):
    """One parameter of a query, as text; it must be text that a database can be asked for."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if "\ufffd" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError("This is no readable text.")
        return text

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # no query changes its fields, and copying them took a fifth of a list's time


class SizeField(QueryField):
    def clean(self, value: Any) -> int:
        text = super().clean(value) or "20"
        if not _INTEGER.fullmatch(text) or not 1 <= int(text) <= 100:
            raise ValidationError("Write a whole number from 1 to 100.")
        return int(text)


class YearField(QueryField):
    """A year or a range of years: `1950`, `1950..1960`, `..-300`, `2000..`; cleaned to (lowest, highest)."""

    def clean(self, value: Any) -> tuple[int | None, int | None] | None:
        text = super().clean(value)
        if not text:
            return None
        lowest, dots, highest = text.partition("..")
        if not dots:
            highest = lowest
        if (lowest or highest) and all(not end or _INTEGER.fullmatch(end) for end in (lowest, highest)):
            ends = [int(end) if end else None for end in (lowest, highest)]
            if all(end is None or end in record.YEARS for end in ends):
                return ends[0], ends[1]
        years = f"{record.YEARS.start} to {record.YEARS.stop - 1}"
        raise ValidationError(f"Write a year from {years}, or two as 1950..1960.")


class SortField(QueryField):
    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        if name and name not in BookQuerySet.ORDERINGS:
            raise ValidationError(f"Write one of {', '.join(BookQuerySet.ORDERINGS)}.")
        return name


class NoneField(QueryField):
    """`none`: only what has nothing there."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text not in {"", "none"}:
            raise ValidationError("Write none, for the books without an ISBN; q finds one by its digits.")
        return text


class LanguageField(QueryField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return languages.canonical(text) if text else ""


class IsbnField(QueryField):
    """An ISBN in any spelling; cleaned to its 13 digits."""

    def clean(self, value: Any) -> str:
        return isbn.canonical(super().clean(value))


class LookupQuery(forms.Form):
    """Which book other catalogues are asked for."""

    isbn = IsbnField(error_messages={"required": "Type an ISBN, such as 978-0-306-40615-7."})


class ListQuery(forms.Form):
    """Which page of a list: `?size=`, and `?after=` or `?before=` a place in it."""

    size = SizeField(required=False)
    after = QueryField(required=False, max_length=CURSOR_LENGTH)
    before = QueryField(required=False, max_length=CURSOR_LENGTH)

    def ordering(self, cleaned: dict[str, Any]) -> Ordering:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Add the `place` in the list."""
        cleaned: dict[str, Any] = self.cleaned_data
        if self.errors:
            return cleaned
        ordering, cursor = self.ordering(cleaned), None
        if cleaned["after"] and cleaned["before"]:
            self.add_error("before", "Send `after` or `before`, not both.")
        for name in ("after", "before"):
            if not self.errors and cleaned[name]:
                try:
                    cursor = Cursor.read(cleaned[name], ordering, backwards=name == "before")
                except ValidationError as error:
                    self.add_error(name, error)
        cleaned["place"] = Place(ordering, cleaned["size"], cursor) if not self.errors else None
        return cleaned

    def parameters(self) -> dict[str, str]:
        """The query as it was sent, without the place: what the links to other pages repeat."""
        return {
            name: self.data[name] for name in self.fields if self.data.get(name) and name not in {"after", "before"}
        }


class BookQuery(ListQuery):
    """What the catalogue is asked for: see the fields; all that are given must hold."""

    q = QueryField(required=False, max_length=MAX_QUERY)
    author = QueryField(required=False, max_length=record.MAX_NAME)
    topic = QueryField(required=False, max_length=record.MAX_SLUG)
    language = LanguageField(required=False, max_length=languages.MAX_LENGTH)
    year = YearField(required=False)
    series = QueryField(required=False, max_length=record.MAX_TEXT)
    isbn = NoneField(required=False)
    sort = SortField(required=False)

    field_order = ["q", "author", "topic", "language", "year", "series", "isbn", "sort", "size"]

    def ordering(self, cleaned: dict[str, Any]) -> Ordering:
        return BookQuerySet.ORDERINGS[cleaned["sort"] or ("relevance" if cleaned["q"] else "title")]


class AuthorQuery(ListQuery):
    """Which authors: `?q=` words of the name."""

    q = QueryField(required=False, max_length=MAX_QUERY)

    def ordering(self, cleaned: dict[str, Any]) -> Ordering:
        return AuthorQuerySet.ORDERINGS["name"]


class JobQuery(ListQuery):
    """Which page of the jobs."""

    def ordering(self, cleaned: dict[str, Any]) -> Ordering:
        return JobQuerySet.ORDERINGS["-added"]


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

    def key_for_once(self) -> str:
        """The key by which the same text, sent again by a second click, is known; other text is another book."""
        key = self.cleaned_data["idempotency_key"]
        digest = hashlib.sha256(repr(self.record()).encode()).hexdigest()
        return f"{key}:{digest}" if key else ""

    def show_origins(self, origins: Mapping[str, str]) -> None:
        """Say at each field that was filled in for the person where its value is from."""
        for name, source in origins.items():
            cast("RecordField", self.fields[name]).origin = source

    def show_beside(self, theirs: Record, version: int) -> None:
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
