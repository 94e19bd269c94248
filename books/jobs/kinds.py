"""The kinds of jobs that people can start: the task, the form of its arguments, and who may start it."""

from dataclasses import dataclass

from books.forms.jobs import ClockForm, ExportForm, ImportForm, JobForm, LookupForm, UndoForm
from books.jobs.backend import AnyTask
from books.jobs.tasks.backup import backup
from books.jobs.tasks.clock import clock
from books.jobs.tasks.export_books import export
from books.jobs.tasks.import_books import import_
from books.jobs.tasks.lookup_books import lookup
from books.jobs.tasks.reindex import reindex
from books.jobs.tasks.remove_samples import remove_samples
from books.jobs.tasks.undo_import import undo_import
from books.web.permissions import BACKUP, CHANGE, DELETE, Rule


@dataclass(frozen=True)
class Kind:
    task: AnyTask
    form: type[JobForm]
    rule: Rule | None = None  # in addition to starting jobs; also to cancel and resume it
    takes_file: bool = False
    is_for_lab: bool = False


KINDS = {
    "clock": Kind(clock, ClockForm, is_for_lab=True),
    "import": Kind(import_, ImportForm, CHANGE, takes_file=True),
    "undo_import": Kind(undo_import, UndoForm, DELETE),
    "export": Kind(export, ExportForm),
    "lookup": Kind(lookup, LookupForm, CHANGE),
    "backup": Kind(backup, JobForm, BACKUP),
    "remove_samples": Kind(remove_samples, JobForm, DELETE),
    "reindex": Kind(reindex, JobForm, CHANGE),
}
