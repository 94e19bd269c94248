"""What is sent about books that may be one."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from books.forms.lists import QueryField, SizeField
from books.history.merge import CHOSEN
from books.metadata import fingerprint

MAX_BOOKS = 100  # of one merge: other writers wait for it
_SEEN = re.compile(r"([1-9][0-9]{0,15}):([0-9]{1,9})")


class DuplicateQuery(forms.Form):
    """Which groups: `?size=` of them, `?after=` one of them."""

    size = SizeField(required=False)
    after = QueryField(required=False, max_length=fingerprint.LENGTH)

    def clean_after(self) -> str:
        after: str = self.cleaned_data["after"]
        if after and not re.fullmatch(fingerprint.SHAPE, after):
            raise ValidationError("This is no place in the list: use `next` as it is.")
        return after


class SeenField(forms.Field):
    """Books as somebody has seen them, each `id:version`; cleaned to their versions by id."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> dict[int, int]:
        found = [_SEEN.fullmatch(text) for text in value or []]
        if not found or not all(found):
            raise ValidationError("Send each of the books as its id, a colon, and its version: 12:3.")
        if len(found) > MAX_BOOKS:
            raise ValidationError(f"At most {MAX_BOOKS} books at once.")
        return {int(match[1]): int(match[2]) for match in found if match}


class NotDuplicateForm(forms.Form):
    """How many books are not the same, and the highest of their ids: one that nobody has seen yet is not meant."""

    count = forms.IntegerField(min_value=2, max_value=2**31 - 1)
    newest = forms.IntegerField(min_value=1, max_value=10**15)


def _whose() -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=10**15)


class MergeForm(forms.Form):
    """Which books are one, which of them is kept, and which gives each field: all by their ids."""

    book = SeenField()
    keep = forms.IntegerField(min_value=1, max_value=10**15)

    def chosen(self) -> dict[str, int]:
        whose = {name: value for name, value in self.cleaned_data.items() if name not in {"keep", "book"}}
        return {name: value for name, value in whose.items() if value is not None}


MergeForm.base_fields.update({name: _whose() for name in CHOSEN})
