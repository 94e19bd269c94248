"""Form fields that several forms share, and what forms share that edit what somebody else may be editing too."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from books.metadata import isbn, languages, record
from books.metadata.years import Span, parse_span

MAX_QUERY = 200  # characters of a search
DEFAULT_SIZE = 20
YEARS_HINT = "1950, 1950-1959, 1950s, after 1950 or before 1900"
BOOLEANS = {"true": True, "on": True, "1": True, "false": False, "0": False, "none": False}
Values = Mapping[str, Any]
_INTEGER = re.compile(r"-?[0-9]{1,6}")
_UNREADABLE = re.compile("[\ufffd\ud800-\udfff]")


class LineField(forms.CharField):
    """A line of text, cleaned like those of a book."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(record.line(self.max_length or record.MAX_TEXT)("" if value is None else value))
        return text


class StrictBooleanField(forms.Field):
    """A boolean as sent by JSON, HTML forms or curl; `empty` if nothing is sent."""

    def __init__(self, *, empty: bool | None = False, **how: Any) -> None:
        super().__init__(required=False, **how)
        self.empty = empty

    def clean(self, value: object) -> bool | None:
        if value in (None, ""):
            return self.empty
        try:
            return BOOLEANS[str(value).lower()]
        except KeyError:
            raise ValidationError("Write true or false.") from None


class QueryField(forms.CharField):
    """A query parameter as text that a database can search for."""

    default_error_messages = {"max_length": "At most %(limit_value)d characters, not %(show_value)d."}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if _UNREADABLE.search(text):
            raise ValidationError("This is not readable text.")
        return text

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # fields never change, and copying them took a fifth of a list's time


class SizeField(QueryField):
    def clean(self, value: Any) -> int:
        text = super().clean(value) or str(DEFAULT_SIZE)
        if not _INTEGER.fullmatch(text) or not 1 <= int(text) <= 100:
            raise ValidationError("Write a whole number from 1 to 100.")
        return int(text)


class YearField(QueryField):
    """A span of years, cleaned to (lowest, highest): see books.metadata.years."""

    def clean(self, value: Any) -> Span | None:
        text = super().clean(value)
        if text and (years := parse_span(text)) is None:
            between = f"{record.YEARS.start} and {record.YEARS.stop - 1}"
            raise ValidationError(f"Write years between {between}: {YEARS_HINT}.")
        return years if text else None


class OneOfField(QueryField):
    """One of a few words, or nothing; `hint` explains them."""

    def __init__(self, words: Iterable[str], hint: str = "") -> None:
        super().__init__(required=False)
        self.words = (*words,)
        self.hint = hint or f"Write one of {', '.join(self.words)}."

    def clean(self, value: Any) -> str:
        word: str = value if value in self.words else super().clean(value)
        if word and word not in self.words:
            raise ValidationError(self.hint)
        return word


class LanguageField(QueryField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return languages.canonical(text) if text else ""


class IsbnField(QueryField):
    """An ISBN in any spelling; cleaned to its 13 digits."""

    def clean(self, value: Any) -> str:
        return isbn.canonical(super().clean(value))


class EditForm(forms.Form):
    """`version` is the one that was being edited."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def show_conflict(self, mine: Values, theirs: Values, base: Values | None, version: int) -> None:
        """Show the saved value beside each field that both changed, or in it where only others changed it.

        `base`: the values that both began with; None if they are not known. The next save is based on `version`.
        """
        data = {name: self.data.get(name, "") for name in self.fields}
        for name, value in mine.items():
            field: Any = self.fields[name]
            saved = field.prepare_value(theirs[name])
            if base is not None and value == base[name] != theirs[name]:
                data[name], field.origin = saved, "the saved version"
            elif value != theirs[name] and (base is None or theirs[name] != base[name]):
                field.theirs = "ticked" if saved is True else saved or "(empty)"
        self.data = {**data, "version": version}
