"""Book lists for tests: made in memory, imported whole, and looked at in the catalogue."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch

from books.importing.importer import Progress, import_file
from books.importing.results import Note, Reject, Totals
from books.models import Book, BookAuthor, BookSeries, BookTopic


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
            "by": [link.author.name for link in book.bookauthor_set.all()],
            "in": [(link.series.name, link.number, link.label) for link in book.bookseries_set.all()],
            "under": [link.topic.name for link in book.booktopic_set.all()],
        }
        for book in Book.objects.order_by("pk").prefetch_related(
            Prefetch("bookauthor_set", BookAuthor.objects.order_by("position").select_related("author")),
            Prefetch("bookseries_set", BookSeries.objects.order_by("position").select_related("series")),
            Prefetch("booktopic_set", BookTopic.objects.order_by("topic__slug").select_related("topic")),
        )
    ]
