"""The forms that add, edit and delete a book."""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from books.metadata import languages, record, roles
from books.metadata.record import Record
from books.metadata.roles import Contributor
from books.models import Author, DuplicateISBN, Topic
from books.models.fields import digest_of
from books.web.errors import isbn_taken
from books.web.serializers import number

NAMES = "authors", "contributors", "topics"  # which a comma may stand between
ADDED = {"add_authors": "authors", "add_topics": "topics"}  # boxes that offer names to browsers without scripts
# Languages that the form proposes; any other may be typed.
PROPOSED = "en zh hi es fr ar bn pt ru ur id de ja sw tr ko vi it fa pl uk nl th el cs sv hu he da fi no is la".split()
PROPOSED += ["grc", "sa", "eo", "pt-br", "zh-hant"]
_COMMAS, _ENUMERATION = re.compile("[,，、]"), re.compile("、")


def split_unknown(names: Iterable[str], separators: re.Pattern[str], known: Collection[str]) -> list[str]:
    parts = ([name] if name in known else separators.split(name) for name in names)
    return [part.strip() for each in parts for part in each if part.strip()]


def split_people(people: list[Contributor], separators: re.Pattern[str]) -> list[Contributor]:
    """Each with the role of those it was written with."""
    known = Author.objects.spelled(each.name for each in people)
    return [each._replace(name=part) for each in people for part in split_unknown([each.name], separators, known)]


class RecordField(forms.Field):
    """The form field of a book's field: its label, its box, and its rules."""

    def __init__(self, name: str) -> None:
        field = record.BY_NAME[name]
        box = cast("record.Box", field.box)
        widget = forms.Textarea(attrs={"rows": box.rows}) if box.rows else forms.TextInput(attrs=dict(box.attributes))
        super().__init__(required=name == "title", label=field.label, help_text=box.help_text, widget=widget)
        self.fieldset = box.fieldset
        self.cleaner = field.clean
        self.theirs = ""  # what somebody else has saved here in the meantime
        self.origin = ""  # the outside catalogue that gave the value
        self.known: list[str] = []  # names that are offered

    def clean(self, value: Any) -> Any:
        return self.cleaner("" if value is None else value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(value)
        return number(value) if isinstance(value, Decimal) else value


class BookForm(forms.Form):
    """A book as people fill it in: its fields are those of a record.

    `version` is the one they have read; `idempotency_key` recognises a second click.
    """

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    idempotency_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    shares_isbn = forms.BooleanField(required=False)

    # What becomes of a new person's name that holds a comma: `keep` it as one, or `split` it.
    commas = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    asks_to_share = False
    in_question: Mapping[str, list[str]] = {}  # by field, new names of people that hold a comma

    def __init__(self, data: Any = None, **how: Any) -> None:
        for box, name in ADDED.items() if data else ():
            if name in data and (added := data.get(box)):
                data = data.copy()
                data[name] = f"{data[name]}\n{added}"
        super().__init__(data, **how)

    def clean(self) -> None:
        """Refuse several values of one field: all but the last would be lost."""
        for name, values in self.data.lists() if isinstance(self.data, QueryDict) else ():
            if name in self.fields and len(values) > 1:
                self.add_error(name, "Send this once; several names stand one per line.")

    @property
    def has_commas(self) -> bool:
        """Whether names may have to be split: call `settle_names` then."""
        return any(_COMMAS.search(name) for field in NAMES for name in self.cleaned_data.get(field, ()))

    def settle_names(self) -> None:
        """Split names at commas, except known ones. Call it in a thread.

        Topics are split at any comma. People are at a Chinese one, while `Tolkien, J. R. R.` is in question.
        """
        authors, contributors, topics = (self.cleaned_data[field] for field in NAMES)
        people = self._settled("contributors", [roles.contributor(text) for text in contributors])
        settled = {
            "authors": [each.name for each in self._settled("authors", [Contributor(name, "") for name in authors])],
            "contributors": list(map(str, people)),
            "topics": split_unknown(topics, _COMMAS, Topic.objects.known(topics)),
        }
        for name, values in settled.items():
            try:
                self.cleaned_data[name] = record.CLEANERS[name](values)
            except ValidationError as error:
                self.add_error(name, error)

    def _settled(self, field: str, people: list[Contributor]) -> list[Contributor]:
        people = split_people(people, _ENUMERATION)
        if self.cleaned_data["commas"] == "split":
            return split_people(people, _COMMAS)
        known = Author.objects.spelled(each.name for each in people)
        asked = [each.name for each in people if _COMMAS.search(each.name) and each.name not in known]
        if asked and self.cleaned_data["commas"] != "keep":
            self.in_question = {**self.in_question, field: asked}
        return people

    def record(self) -> Record:
        """The fields that were sent: a field missing from a form keeps its value."""
        sent = {name: self.cleaned_data[name] for name in record.EDITABLE if name in self.data}
        return record.with_label(cast("Record", sent), self.data)

    def one_time_key(self) -> str:
        """The key that recognises the same text sent again by a second click; other text is another book."""
        key = self.cleaned_data["idempotency_key"]
        return f"{key}:{digest_of(repr(self.record()))}" if key else ""

    def fieldsets(self) -> dict[str, list[forms.BoundField]]:
        """The fields by the legend under which they stand."""
        found: dict[str, list[forms.BoundField]] = {}
        for name in record.EDITABLE:
            found.setdefault(cast("RecordField", self.fields[name]).fieldset, []).append(self[name])
        return found

    def offer(self, known: Mapping[str, list[str]]) -> None:
        """Offer these names, by field."""
        for name, names in known.items():
            cast("RecordField", self.fields[name]).known = names

    def languages(self) -> list[tuple[str, str]]:
        return [(code, languages.name(code)) for code in PROPOSED]

    def show_origins(self, origins: Mapping[str, str]) -> None:
        """Say at each field that was filled in where its value is from."""
        for name, source in origins.items():
            cast("RecordField", self.fields[name]).origin = source

    def ask_to_share(self, error: DuplicateISBN) -> None:
        self.asks_to_share = True
        self.add_error("isbn13", isbn_taken(error, "tick “It shares the ISBN of that volume” below"))

    def show_conflict(self, theirs: Record, version: int) -> None:
        """Show the saved value beside each field that differs from it; the next save is based on that version."""
        for name, mine in self.record().items():
            if theirs[name] != mine:  # type: ignore[literal-required]
                field = cast("RecordField", self.fields[name])
                field.theirs = field.prepare_value(theirs[name]) or "(empty)"  # type: ignore[literal-required]
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "version": version}


BookForm.base_fields.update({name: RecordField(name) for name in record.EDITABLE})


class NewBookForm(BookForm):
    """A book to add. `anyway`: even if there is a similar one."""

    anyway = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)


class DeleteForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
