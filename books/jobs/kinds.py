"""The kinds of jobs that people can start: the task, the form of its arguments, and who may start it."""

from dataclasses import dataclass

from books.forms.jobs import ClockForm, ExportForm, ImportForm, JobForm, LookupForm, UndoForm
from books.jobs.backend import AnyTask
from books.jobs.tasks.clock import clock
from books.jobs.tasks.export_books import export
from books.jobs.tasks.import_books import import_
from books.jobs.tasks.lookup_books import lookup
from books.jobs.tasks.reindex import reindex
from books.jobs.tasks.undo_import import undo_import


@dataclass(frozen=True)
class Kind:
    task: AnyTask
    form: type[JobForm]
    permission: str  # besides that of starting jobs
    takes_file: bool = False


KINDS = {
    "clock": Kind(clock, ClockForm, "books.add_job"),
    "import": Kind(import_, ImportForm, "books.change_book", takes_file=True),
    "undo_import": Kind(undo_import, UndoForm, "books.delete_book"),
    "export": Kind(export, ExportForm, "books.add_job"),
    "lookup": Kind(lookup, LookupForm, "books.change_book"),
    "reindex": Kind(reindex, JobForm, "books.change_book"),
}
