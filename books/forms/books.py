"""The forms that add, edit and delete a book."""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from books.forms.fields import EditForm
from books.metadata import languages, record, roles
from books.metadata.record import Record
from books.metadata.roles import Contributor
from books.models import Author, DuplicateISBN, Topic
from books.models.fields import digest_of
from books.web.errors import isbn_taken
from books.web.serializers import number

NAMES = "authors", "contributors", "topics"  # fields whose names may be separated by commas
ADDED = {"add_authors": "authors", "add_topics": "topics"}  # boxes that offer names without JavaScript
# Languages that the form suggests; others can be typed.
PROPOSED = "en zh hi es fr ar bn pt ru ur id de ja sw tr ko vi it fa pl uk nl th el cs sv hu he da fi no is la".split()
PROPOSED += ["grc", "sa", "eo", "pt-br", "zh-hant"]
_COMMAS, _ENUMERATION = re.compile("[,，、،]"), re.compile("、")


def split_unknown(names: Iterable[str], separators: re.Pattern[str], known: Collection[str]) -> list[str]:
    parts = ([name] if name in known else separators.split(name) for name in names)
    return [part.strip() for each in parts for part in each if part.strip()]


def split_people(people: list[Contributor], separators: re.Pattern[str]) -> list[Contributor]:
    """Split names at the separators. Each part keeps the role."""
    known = Author.objects.find(each.name for each in people)
    return [each._replace(name=part) for each in people for part in split_unknown([each.name], separators, known)]


class RecordField(forms.Field):
    """The form field for a field of a record, with its label, box and cleaner."""

    def __init__(self, name: str) -> None:
        field = record.BY_NAME[name]
        box = cast("record.Box", field.box)
        widget = forms.Textarea(attrs={"rows": box.rows}) if box.rows else forms.TextInput(attrs=dict(box.attributes))
        super().__init__(required=name == "title", label=field.label, help_text=box.help_text, widget=widget)
        self.fieldset = box.fieldset
        self.cleaner = field.clean
        self.theirs = ""  # the value that somebody else has saved in the meantime
        self.origin = ""  # the outside catalogue that gave the value
        self.known: list[str] = []  # suggested names

    def clean(self, value: Any) -> Any:
        return self.cleaner("" if value is None else value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(value)
        return number(value) if isinstance(value, Decimal) else value


class BookForm(EditForm):
    """A book as people enter it, with the fields of a record. `idempotency_key` detects a second click."""

    idempotency_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    shares_isbn = forms.BooleanField(required=False)

    # What to do with a new person's name that contains a comma: `keep` or `split` it.
    commas = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    asks_to_share = False
    names_with_commas: Mapping[str, list[str]] = {}  # new names of people that contain a comma, by field

    def __init__(self, data: Any = None, **how: Any) -> None:
        for box, name in ADDED.items() if data else ():
            if name in data and (added := data.get(box)):
                data = data.copy()
                data[name] = f"{data[name]}\n{added}"
        super().__init__(data, **how)

    def clean(self) -> None:
        """Refuse repeated fields, of which all but the last value would be lost."""
        for name, values in self.data.lists() if isinstance(self.data, QueryDict) else ():
            if name in self.fields and len(values) > 1:
                self.add_error(name, "Send this once, with several names one per line.")

    @property
    def has_commas(self) -> bool:
        """Whether names may have to be split. If so, call `split_at_commas`."""
        return any(_COMMAS.search(name) for field in NAMES for name in self.cleaned_data.get(field, ()))

    def split_at_commas(self) -> None:
        """Split names at commas, except known ones. Call this in a thread.

        Topics are split at any comma, people only at a Chinese one: names like `Tolkien, J. R. R.` are asked about.
        """
        authors, contributors, topics = (self.cleaned_data[field] for field in NAMES)
        known = Topic.objects.canonical_names(topics)
        people = self._split("contributors", [roles.contributor(text) for text in contributors])
        found = {
            "authors": [each.name for each in self._split("authors", [Contributor(name, "") for name in authors])],
            "contributors": list(map(str, people)),
            "topics": split_unknown(topics, _COMMAS, known),
        }
        for name, values in found.items():
            try:
                self.cleaned_data[name] = record.CLEANERS[name](values)
            except ValidationError as error:
                self.add_error(name, error)

    def _split(self, field: str, people: list[Contributor]) -> list[Contributor]:
        people = split_people(people, _ENUMERATION)
        if self.cleaned_data["commas"] == "split":
            return split_people(people, _COMMAS)
        known = Author.objects.find(each.name for each in people)
        asked = [each.name for each in people if _COMMAS.search(each.name) and each.name not in known]
        if asked and self.cleaned_data["commas"] != "keep":
            self.names_with_commas = {**self.names_with_commas, field: asked}
        return people

    def record(self) -> Record:
        """The fields that were sent. Fields missing from a form keep their values."""
        sent = {name: self.cleaned_data[name] for name in record.EDITABLE if name in self.data}
        return record.with_label(cast("Record", sent), self.data)

    def one_time_key(self) -> str:
        """A key that detects the same input sent twice. Different input is a different book."""
        key = self.cleaned_data["idempotency_key"]
        return f"{key}:{digest_of(repr(self.record()))}" if key else ""

    def fieldsets(self) -> dict[str, list[forms.BoundField]]:
        """The fields by the legend of their fieldset."""
        found: dict[str, list[forms.BoundField]] = {}
        for name in record.EDITABLE:
            found.setdefault(cast("RecordField", self.fields[name]).fieldset, []).append(self[name])
        return found

    def offer(self, known: Mapping[str, list[str]]) -> None:
        """Suggest these names, by field."""
        for name, names in known.items():
            cast("RecordField", self.fields[name]).known = names

    def languages(self) -> list[tuple[str, str]]:
        return [(code, languages.name(code)) for code in PROPOSED]

    def show_origins(self, origins: Mapping[str, str]) -> None:
        """Show the source of each value that was filled in."""
        for name, source in origins.items():
            cast("RecordField", self.fields[name]).origin = source

    def ask_to_share(self, error: DuplicateISBN) -> None:
        self.asks_to_share = True
        self.add_error("isbn13", isbn_taken(error, "tick “It shares the ISBN of that volume” below"))


BookForm.base_fields.update({name: RecordField(name) for name in record.EDITABLE})


class NewBookForm(BookForm):
    """A book to add; with `anyway` even if there is a similar one."""

    anyway = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
