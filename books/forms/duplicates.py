import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from books.forms.fields import QueryField, SizeField
from books.history.merge import CHOSEN
from books.metadata import fingerprint

MAX_BOOKS = 100  # per merge, for which other writers wait
MAX_ID = 10**15
MAX_URL = 300
_BOOK = re.compile(r"(?:[^?#]*/books/)?([1-9][0-9]{0,14})(?:/(?:[a-z]+/)?(?:[?#].*)?)?")
_ID_AND_VERSION = re.compile(r"([1-9][0-9]{0,15}):([0-9]{1,9})")
CURSOR = RegexValidator(rf"\A{fingerprint.SHAPE}\Z", "Invalid cursor. Follow the `next` links unchanged.")


class DuplicateQuery(forms.Form):
    """Pages through groups: `?size=` of them after the fingerprint `?after=`."""

    size = SizeField(required=False)
    after = QueryField(required=False, max_length=fingerprint.LENGTH, validators=[CURSOR])


class GroupQuery(forms.Form):
    """Selects one of several groups with the same fingerprint, by its lowest id."""

    first = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)


class MergeWithQuery(forms.Form):
    """The other book: its id, its URL or words to search for."""

    q = QueryField(required=False, max_length=MAX_URL)

    def named_id(self) -> int | None:
        found = _BOOK.fullmatch(self.cleaned_data["q"])
        return int(found[1]) if found else None


class SeenField(forms.Field):
    """Books or authors as the client has seen them, each as `id:version`; cleaned to versions by id."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> dict[int, int]:
        found = [_ID_AND_VERSION.fullmatch(text) for text in value or []]
        if not found or not all(found):
            raise ValidationError("Send each one as its id, a colon and its version, for example 12:3.")
        if len(found) > MAX_BOOKS:
            raise ValidationError(f"At most {MAX_BOOKS} books at once.")
        return {int(match[1]): int(match[2]) for match in found if match}


class NotDuplicateForm(forms.Form):
    """The number of books in the group and their highest id, so that books added since are not marked too.

    `first` is the lowest id; without it, all books with the fingerprint are marked.
    """

    first = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    count = forms.IntegerField(min_value=2, max_value=2**31 - 1)
    newest = forms.IntegerField(min_value=1, max_value=MAX_ID)


class MergeForm(forms.Form):
    """The books to merge, the id of the one to keep, and for each field the id of the book whose value is kept."""

    book = SeenField()
    keep = forms.IntegerField(min_value=1, max_value=MAX_ID)

    def chosen(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in CHOSEN if self.cleaned_data[name] is not None}


for name in CHOSEN:
    MergeForm.base_fields[name] = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)


class MergePeopleForm(forms.Form):
    """The authors to merge, each as `id:version`, and the id of the one whose name is kept."""

    author = SeenField()
    keep = forms.IntegerField(min_value=1, max_value=MAX_ID)

    def clean(self) -> None:
        seen = self.cleaned_data.get("author", {})
        if seen and (len(seen) < 2 or self.cleaned_data.get("keep") not in seen):
            self.add_error("author", "Tick two names or more, and keep one of them.")
