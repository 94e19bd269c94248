"""What a list or a look-up is asked for: the parameters of a query, cleaned."""

import re
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from books.metadata import isbn, languages, record
from books.models.author import AuthorQuerySet
from books.models.book import BookQuerySet
from books.models.job import JobQuerySet
from books.search.pagination import CURSOR_LENGTH, Cursor, Ordering, Place

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
