"""The forms that rename and merge authors and topics."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from books.metadata import record
from books.models import Author, Named, Topic


class NameField(forms.Field):
    """One name, by the rules of a field of a book that holds names."""

    def __init__(self, field: str, help_text: str = "") -> None:
        super().__init__(label="Name", help_text=help_text)
        self.cleaner = record.CLEANERS[field]

    def clean(self, value: Any) -> str:
        names: list[str] = self.cleaner([value])
        if not names:
            raise ValidationError("Enter a name.", code="required")
        return names[0]


class SortNameField(forms.Field):
    def clean(self, value: Any) -> str:
        return record.line(record.MAX_NAME)("" if value is None else value)


class NameForm(forms.Form):
    """What is sent is changed, the rest stays. `merge`: if the name is another's, move the books to that one."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    merge = forms.BooleanField(required=False, widget=forms.HiddenInput)

    model: type[Named]

    def __init__(self, data: Mapping[str, Any] | None = None, **how: Any) -> None:
        super().__init__(data, **how)
        for name in [name for name in self.model.EDITABLE if data is not None and name not in data]:
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.model.EDITABLE if name in self.cleaned_data}


class AuthorForm(NameForm):
    model = Author

    name = NameField("authors", "As it is to stand on all books of this author.")
    sort_name = SortNameField(
        required=False,
        label="Sort name",
        help_text="As the author is filed: Gogh, Vincent van. Leave it empty for what follows from the name.",
    )


class TopicForm(NameForm):
    model = Topic

    name = NameField("topics", "The address of the topic follows from its name. The old address leads to the new one.")
