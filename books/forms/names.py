"""The forms that rename and merge authors, topics and series."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from books.forms.fields import EditForm, LineField, StrictBooleanField
from books.metadata import record
from books.metadata.series import parse_place

MOST_VOLUMES = 10_000
MOST_NAMES = 1000  # per author, topic or series: each merge adds some
Cleaner = Callable[[object], list[str]]
SERIES = record.names(1, record.MAX_TEXT)  # a cleaner of one name


class NameField(forms.Field):
    """One name, cleaned like those in a field of a book."""

    known: Sequence[str] = ()  # suggested names

    def __init__(self, cleaner: Cleaner, help_text: str, longest: int = record.MAX_NAME) -> None:
        super().__init__(label="Name", help_text=help_text)
        self.cleaner, self.longest = cleaner, longest

    def clean(self, value: Any) -> str:
        names = self.cleaner([value])
        if not names:
            raise ValidationError("Enter a name.", code="required")
        return names[0]


class Checkbox(forms.TextInput):
    """A checkbox with a hidden 0 beside it, so an unticked box is sent too; an absent field changes nothing."""

    input_type = "checkbox"


_names = record.names(MOST_NAMES, record.MAX_TEXT)


class NamesField(forms.Field):
    """Names, one per line or as a list, each cleaned like a NameField."""

    def __init__(self, cleaner: Cleaner, label: str, help_text: str, longest: int = record.MAX_NAME) -> None:
        super().__init__(required=False, label=label, help_text=help_text, widget=forms.Textarea(attrs={"rows": 2}))
        self.cleaner, self.longest = cleaner, longest

    def clean(self, value: Any) -> list[str]:
        return [name for each in _names(value or []) for name in self.cleaner([each])]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class NameForm(EditForm):
    """Changes only what is sent. `merge`: if the name already exists, move the books to that one."""

    merge = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **how: Any) -> None:
        super().__init__(data, **how)
        for name in [name for name in self.of_name() if data is not None and name not in data]:
            del self.fields[name]

    @classmethod
    def of_name(cls) -> set[str]:
        """The fields that hold the new values."""
        return cls.base_fields.keys() - {"version", "merge"}

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.of_name() if name in self.cleaned_data}


class AuthorForm(NameForm):
    name = NameField(record.CLEANERS["authors"], "As it should appear on all books by this author.")
    sort_name = LineField(
        required=False,
        max_length=record.MAX_NAME,
        label="Sort name",
        help_text="How the author is filed: Gogh, Vincent van. Leave it empty to derive it from the name.",
    )
    names = NamesField(
        record.CLEANERS["authors"],
        "Other names",
        "Other spellings, former names, other scripts, one per line. Searches find them, and imports and forms "
        "that use one get this author.",
    )
    also_writes_as = NamesField(
        record.CLEANERS["authors"],
        "Also writes as",
        "Authors of this catalogue who are the same person, one per line. Books keep the name that is printed on them.",
    )


class SeriesForm(NameForm):
    name = NameField(SERIES, "As it should appear on all books of this series.", record.MAX_TEXT)
    names = NamesField(
        SERIES, "Other names", "One per line. Imports and forms that use one get this series.", record.MAX_TEXT
    )
    volumes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_VOLUMES,
        label="Volumes in all",
        help_text="How many volumes the series has, if known. The missing ones are then listed.",
    )
    is_complete = StrictBooleanField(
        widget=Checkbox, label="Complete", help_text="Do not list missing volumes: we have all that we want."
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if parse_place(name).number is not None:
            raise ValidationError("Leave out the number: each book has its own.", code="invalid")
        return name


class TopicForm(NameForm):
    name = NameField(
        record.CLEANERS["topics"],
        "The address of the topic follows from its name. The old address leads to the new one.",
    )
    names = NamesField(
        record.CLEANERS["topics"], "Other names", "One per line. Imports and forms that use one get this topic."
    )
