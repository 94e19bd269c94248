"""What a list of books could be narrowed by, counted: in the thread that reads the rows, so that no loop waits for it.

At most MOST_COUNTED rows are looked at, whatever the catalogue's size. Beyond that a number is how many there are at
least.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from books.metadata import languages
from books.metadata.record import topic_slug
from books.models import Author
from books.models.book import BookQuerySet, split
from books.search.compiled_query import Key, Rows, Statement

SHOWN = 12  # choices of a kind
BARS = 8  # of the years, one more at the ends: each wide enough for a finger in a narrow column
MOST_COUNTED = 1000
COLUMNS = ("language", "published_year", "isbn13", "series", "topic_names", "author_names")


class Choices:
    """The one row that says what the books of a list are: a Readable."""

    def __init__(self, books: BookQuerySet, author: str = "") -> None:
        rows = books.order_by().values(*COLUMNS)
        self.statement = Statement(rows[: MOST_COUNTED + 1])
        self.queryset: QuerySet[Any, Any] = rows
        self.author = author

    def rows(self, place: Key = ()) -> Rows:
        found = self.statement.rows()
        if is_capped := len(found) > MOST_COUNTED:
            found.pop()
        counts: dict[str, Any] = {
            "topics": _most(_topics(found)),
            "languages": _most(languages.primary(row["language"]) for row in found if row["language"]),
            "series": _most(row["series"] for row in found if row["series"]),
            "without_isbn": sum(row["isbn13"] is None for row in found),
            "years": _bars([row["published_year"] for row in found if row["published_year"] is not None]),
            "are_capped": is_capped,
        }
        names = _most(name for row in found for name in split(row["author_names"]))
        known = dict(Author.objects.filter(name__in=[name for name, _ in names]).values_list("name", "pk"))
        counts["authors"] = [(known[name], name, books) for name, books in names if name in known]
        named = Author.objects.filter(pk=int(self.author)) if self.author else Author.objects.none()
        counts["author"] = named.values_list("name", flat=True).first()
        return [counts]


def _topics(rows: Rows) -> Iterator[tuple[str, str]]:
    slugs: dict[str, str] = {}
    for row in rows:
        for name in split(row["topic_names"]):
            yield slugs.get(name) or slugs.setdefault(name, topic_slug(name)), name


def _most[Value](values: Iterable[Value]) -> list[tuple[Value, int]]:
    return sorted(Counter(values).most_common(SHOWN), key=lambda item: (-item[1], item[0]))


def _bars(years: list[int]) -> list[tuple[int, int, int]]:
    """(first year, last year, books) for spans of equal length; what is long before the most is one span with it."""
    if not years:
        return []
    years.sort()
    early, last = years[len(years) // 50], years[-1]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if (last - early) // step < BARS)
    spans = Counter(max(year, early) // step for year in years)
    first = min(spans)
    return [
        (years[0] if span == first else span * step, span * step + step - 1, spans[span])
        for span in range(first, max(spans) + 1)
    ]
