"""Finds possible duplicates among new books: the same title and first author, however they are spelled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from books.importing.candidates import PendingBook
from books.importing.results import Note, shortened
from books.metadata import fingerprint
from books.metadata.sameness import TITLE, are_distinguishable
from books.models import Book
from books.models.book import VOLUME
from books.models.fields import among
from books.web.serializers import book_url

MAX_COMPARED = 5000  # earlier books per batch: some titles are very common
MAX_EACH = 100  # earlier books per new one


def notes_on_similar(added: Sequence[tuple[int, PendingBook]]) -> list[Note]:
    """A note for each new book (given with its line) that is similar to an earlier one. Takes one query."""
    if not added:
        return []
    prints = {book.pk: fingerprint.of(book.fields["title"], book.fields["authors"]) for _, book in added}
    earlier: defaultdict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    found = Book.objects.filter(fingerprint__in=among(set(prints.values())), pk__lt=min(prints))
    columns = {"pk", "fingerprint", "source_key", *VOLUME, *TITLE}
    rows: Any = found.order_by("fingerprint", "pk").values(*columns)[:MAX_COMPARED]
    for row in rows:
        earlier[row["fingerprint"]].append((row["pk"], row))
    notes = []
    for line, book in added:
        before = earlier[prints[book.pk]]
        if pk := next((pk for pk, row in before[:MAX_EACH] if not are_distinguishable(row, book.fields)), None):
            reason = f"Added, but possibly a duplicate of {book_url(pk)}: the title and the first author are the same."
            notes.append(Note(line, "title", shortened(book.fields["title"]), reason, book.url))
        before.append((book.pk, book.fields))
    return notes
