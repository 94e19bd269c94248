"""The kinds of jobs that one may start: what each takes, who may start it, and the task that does it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from books.forms import BookQuery, QueryField
from books.importing import formats
from books.jobs.backends import AnyTask
from books.jobs.clock import clock
from books.jobs.exporting import FORMATS, export
from books.jobs.importing import import_
from books.jobs.reindexing import reindex
from books.jobs.undoing import undo_import
from books.models import Job, Status
from books.models.job import ACTIVE
from books.record import CLEANERS

SECONDS = range(1, 1001)
DEFAULT_SECONDS = 10
_FLAGS = {"true": True, "on": True, "1": True, "false": False, "0": False, "none": False, "": False}


class FlagField(forms.Field):
    """true or false, also as HTML forms and curl write them."""

    def clean(self, value: object) -> bool:
        flag = _FLAGS.get(str(value).lower())
        if flag is None:
            raise ValidationError("Write true or false.")
        return flag


class MappingField(forms.Field):
    """Which column holds which field: an object, or lines such as `title=作品名`."""

    def clean(self, value: object) -> dict[str, str]:
        pairs = value
        if value is None or isinstance(value, str):
            split = (line.partition("=") for line in (value or "").splitlines() if line.strip())
            pairs = {field.strip(): column.strip() for field, _, column in split}
        if not isinstance(pairs, dict) or not all(isinstance(column, str) and column for column in pairs.values()):
            raise ValidationError("Write each as FIELD=COLUMN, such as title=作品名.")
        if not pairs.keys() <= CLEANERS.keys():
            raise ValidationError(f"The fields of a book are {', '.join(CLEANERS)}.")
        return {field: QueryField().clean(column) for field, column in pairs.items()}


class ArgumentsForm(forms.Form):
    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data


class ClockForm(ArgumentsForm):
    seconds = forms.IntegerField(required=False, min_value=SECONDS[0], max_value=SECONDS[-1])

    def clean_seconds(self) -> int:
        return self.cleaned_data["seconds"] or DEFAULT_SECONDS


class ImportForm(ArgumentsForm):
    dry_run = FlagField(required=False)
    mapping = MappingField(required=False)
    format = forms.ChoiceField(required=False, choices=[(name, name) for name in formats.NAMES])


class ExportForm(BookQuery, ArgumentsForm):
    """The list's filters, and the format."""

    format = forms.ChoiceField(required=False, choices=[(name, name) for name in FORMATS])
    size = after = before = sort = None  # type: ignore[assignment]  # a file has one page, in one order

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data

    def arguments(self) -> dict[str, Any]:
        query = {name: str(self.data[name]) for name in self.fields if name != "format" and self.cleaned_data[name]}
        return {"format": self.cleaned_data["format"] or "csv", "query": query}


class UndoForm(ArgumentsForm):
    job = QueryField(max_length=64)

    def clean_job(self) -> str:
        key: str = self.cleaned_data["job"]
        job = Job.objects.filter(key=key, kind__in=["import", "undo_import"]).first()
        if job is None or job.arguments.get("dry_run"):
            raise ValidationError("There is no import with this key whose changes could be undone.")
        if Status(job.status) in ACTIVE:
            raise ValidationError("This import still runs: cancel it first.")
        return key


@dataclass(frozen=True)
class Kind:
    task: AnyTask
    form: type[ArgumentsForm]
    permission: str  # besides that of starting jobs
    takes_file: bool = False


KINDS = {
    "clock": Kind(clock, ClockForm, "books.add_job"),
    "import": Kind(import_, ImportForm, "books.change_book", takes_file=True),
    "undo_import": Kind(undo_import, UndoForm, "books.delete_book"),
    "export": Kind(export, ExportForm, "books.add_job"),
    "reindex": Kind(reindex, ArgumentsForm, "books.change_book"),
}
