"""Book lists for tests: made in memory, imported whole, and looked at in the catalogue."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from books.importing.importer import Progress, import_file
from books.importing.results import Note, Reject, Totals
from books.models import Book


def csv_file(rows: Iterable[Mapping[str, object]], columns: Iterable[str] = ()) -> io.BytesIO:
    """Our own CSV, with the columns that the rows have between them."""
    rows = list(rows)
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def text_file(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


class Imported:
    """What an import that went to its end has said."""

    def __init__(self, steps: Iterable[Progress]) -> None:
        self.steps = list(steps)
        self.totals: Totals = self.steps[-1].totals
        self.rejects: list[Reject] = [reject for step in self.steps for reject in step.rejects]
        self.notes: list[Note] = [note for step in self.steps for note in step.notes]


def imported(file: io.BytesIO, **options: Any) -> Imported:
    return Imported(import_file(file, **options))


def catalogue() -> list[dict[str, Any]]:
    """All that is known of each book, in the order in which they came, save ids and times."""
    return [
        {
            **book.as_record(),
            "version": book.version,
            "by": list(book.bookauthor_set.order_by("position").values_list("author__name", flat=True)),
            "in": list(book.bookseries_set.order_by("position").values_list("series__name", "number", "label")),
            "under": list(book.booktopic_set.order_by("topic__slug").values_list("topic__name", flat=True)),
        }
        for book in Book.objects.order_by("pk")
    ]
