"""What a row has created, and may have been in the catalogue before under another spelling."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from books.history.duplicates import distinguishable
from books.importing.matching import Draft
from books.importing.results import Note, shortened
from books.importing.sets import among
from books.metadata import fingerprint
from books.models import Book

COMPARED = 5000  # books at most that those of one batch are compared with: some titles are everybody's
EACH = 100  # books at most that one of them is compared with


def notes_of_likeness(created: Sequence[tuple[int, Draft]]) -> list[Note]:
    """A note for each new book (with its line) that may be an earlier one, as the batch has stored them. One query."""
    if not created:
        return []
    prints = {draft.pk: fingerprint.of(draft.fields["title"], draft.fields["authors"]) for _, draft in created}
    earlier: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    found = Book.objects.filter(fingerprint__in=among(set(prints.values())), pk__lt=min(prints))
    rows: Any = found.order_by("fingerprint", "pk").values("pk", "fingerprint", "isbn13", "source_key")[:COMPARED]
    for row in rows:
        earlier[row["fingerprint"]].append(row)
    notes = []
    for line, draft in created:
        before = earlier[prints[draft.pk]]
        if book := next((row["pk"] for row in before[:EACH] if not distinguishable(row, draft.fields)), None):
            reason = f"Added, but it may be one with /books/{book}/: the title and the first author are the same."
            notes.append(Note(line, "title", shortened(draft.fields["title"]), reason))
        before.append({"pk": draft.pk, **draft.fields})
    return notes
