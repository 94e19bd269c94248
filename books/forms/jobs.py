"""The arguments of jobs, with a form for each kind."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from books.exporting import EXPORT_FORMATS
from books.forms.books import BookForm
from books.forms.duplicates import MAX_ID
from books.forms.fields import OneOfField, QueryField, StrictBooleanField
from books.forms.lists import BookQuery
from books.importing.detection import ENCODINGS
from books.importing.formats import FORMATS
from books.importing.matching import EXISTING
from books.jobs.tasks.lookup_books import MISSING
from books.jobs.tasks.undo_import import UNDOABLE
from books.metadata.isbn import MAX_LENGTH
from books.metadata.record import CLEANERS
from books.models import Action, Job

MAX_BOOKS = 10_000  # per list to look up


class MappingField(forms.Field):
    """Columns by field: an object, or lines like `title=作品名`. Without a column the field is left out."""

    def clean(self, value: object) -> dict[str, str]:
        pairs = value
        if value is None or isinstance(value, str):
            split = (line.partition("=") for line in (value or "").splitlines() if line.strip())
            pairs = {field.strip(): column.strip() for field, _, column in split}
        if not isinstance(pairs, dict) or not all(isinstance(column, str) for column in pairs.values()):
            raise ValidationError("Write each as FIELD=COLUMN, such as title=作品名.")
        if not pairs.keys() <= CLEANERS.keys():
            raise ValidationError(f"The fields of a book are {', '.join(CLEANERS)}.")
        return {field: QueryField().clean(column) for field, column in pairs.items()}


class ListField(forms.Field):
    """Several values: a list, or text with one per line or with commas."""

    def __init__(self, one: str, pattern: str, most: int) -> None:
        super().__init__(required=False)
        self.one, self.pattern, self.most = one, re.compile(pattern), most

    def clean(self, value: object) -> list[str]:
        parts = re.split(r"[\n,;]", value) if isinstance(value, str) else value or []
        if not isinstance(parts, list) or not all(type(part) in {str, int} for part in parts):
            raise ValidationError("Write a list, or one per line.")
        texts = [text for part in parts if (text := QueryField(required=False).clean(str(part)))]
        if len(texts) > self.most:
            raise ValidationError(f"At most {self.most:,} at once; these are {len(texts):,}.")
        if bad := next((text for text in texts if not self.pattern.fullmatch(text)), None):
            raise ValidationError(f"“{bad[:50]}” is not an {self.one}.")
        return list(dict.fromkeys(texts))


class JobBooksQuery(forms.Form):
    """The books of a job with an id above `after`."""

    action = OneOfField([Action.ADDED.value, Action.CHANGED.value])
    after = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)


class JobForm(forms.Form):
    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data


class ClockForm(JobForm):
    seconds = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def clean_seconds(self) -> int:
        return self.cleaned_data["seconds"] or 10


class ImportForm(JobForm):
    dry_run = StrictBooleanField()
    mapping = MappingField(required=False)
    format = forms.ChoiceField(required=False, choices=[(name, name) for name in FORMATS])
    encoding = forms.ChoiceField(required=False, choices=[(name, name) for name in ENCODINGS])
    existing = forms.ChoiceField(required=False, choices=[(name, name) for name in EXISTING])


class ExportForm(BookQuery, JobForm):
    """The filters of a list, and the format."""

    format = forms.ChoiceField(required=False, choices=[(name, known.label) for name, known in EXPORT_FORMATS.items()])
    size = after = before = sort = facets = None  # type: ignore[assignment]  # a file is not paginated or sorted

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data

    def arguments(self) -> dict[str, Any]:
        query = {name: str(self.data[name]) for name in self.fields if name != "format" and self.cleaned_data[name]}
        return {"format": self.cleaned_data.get("format") or "csv", "query": query}


class LookupForm(JobForm):
    """The books to look up: by ISBN, by id, or all that lack a field."""

    isbns = ListField("ISBN", f".{{1,{MAX_LENGTH}}}", MAX_BOOKS)
    ids = ListField("id of a book", "[1-9][0-9]{0,17}", MAX_BOOKS)
    without = forms.ChoiceField(required=False, choices=[(name, BookForm.base_fields[name].label) for name in MISSING])

    def clean(self) -> dict[str, Any]:
        chosen = [name for name in self.fields if self.cleaned_data.get(name)]
        if len(chosen) != 1 and not self.errors:
            self.add_error(chosen[-1] if chosen else "isbns", "Type ISBNs, or choose a field: isbns, ids or without.")
        return self.cleaned_data


class UndoForm(JobForm):
    job = QueryField(max_length=64)

    def clean_job(self) -> str:
        key: str = self.cleaned_data["job"]
        job = Job.objects.filter(key=key, kind__in=UNDOABLE).first()
        if job is None or job.arguments.get("dry_run"):
            raise ValidationError("There is no job with this key whose changes can be undone.")
        if Job.objects.active().filter(pk=job.pk).exists():
            raise ValidationError("This job is still running: cancel it first.")
        return key
