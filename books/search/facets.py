"""What a list of books could be narrowed by: exact counts, or none.

One statement counts all of it, so the books are found once. Of more books than EXACT, the first thousand say which
values are frequent, without numbers. What all books have is counted along indexes and links alone: of 100,000 it takes
a sixth of the time, and each worker does it anew after each change.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db import connection

from books.metadata import languages
from books.search.compiled_query import compiled
from books.search.filters import Conditions, count_of, fitting, names_of, parameters_of, values_of

EXACT = 20_000  # books, of which counting takes 60 ms
SAMPLE = 1000
SHOWN = 12  # values of a kind
COLUMNS = ("id", "primary_language", "year_or_last", "isbn13")
BARS = 8  # of the years, one more at the ends: each wide enough for a finger in a narrow column
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
NO_YEAR = 32_767  # year_or_last of a book without one
_LINKED = """SELECT '{name}', {value}, {name}.name, books FROM (
    SELECT {name}_id AS linked, COUNT(*) AS books FROM {links} GROUP BY {name}_id ORDER BY 2 DESC, 1 LIMIT {shown}
) AS counted JOIN books_{name} AS {name} ON {name}.id = linked"""
_LINKS = {"series": "series.name", "topic": "topic.slug", "author": "CAST(author.id AS varchar(20))"}


def _counting(books: str, links: str) -> str:
    linked = [
        f"UNION ALL {_LINKED.format(name=name, value=value, links=links.format(name=name), shown=SHOWN)}"
        for name, value in _LINKS.items()
    ]
    return f"""
SELECT 'isbn', 'none', 'Without ISBN', COUNT(*) FROM {books} WHERE isbn13 IS NULL
UNION ALL SELECT 'language', primary_language, '', COUNT(*) FROM {books} WHERE primary_language <> ''
    GROUP BY primary_language
UNION ALL SELECT 'year', CAST(year_or_last AS varchar(6)), '', COUNT(*) FROM {books} WHERE year_or_last < {NO_YEAR}
    GROUP BY year_or_last
{" ".join(linked)}
"""  # noqa: S608 # nosec B608 - our own names


_COUNT = _counting("fitting", "fitting JOIN books_book{name} ON book_id = fitting.id")
_COUNT_ALL = _counting("books_book", "books_book{name}")

Value = tuple[str, str, int]  # for the URL, for people, and the number of books


@dataclass(frozen=True)
class FacetCounts:
    """The values of each kind, the most frequent first, and the bars of the years."""

    values: dict[str, list[Value]]
    years: list[tuple[int, int, int]]
    is_exact: bool  # else the numbers are those of a sample


def facet_counts(model: Any, conditions: Conditions, *, is_few: bool) -> FacetCounts:
    """To be called in a thread: it may take its time. `is_few`: whether they are known to be no more than EXACT."""
    is_exact = is_few or not conditions or count_of(model, conditions, EXACT) <= EXACT
    sql, parameters = _COUNT_ALL, list[Any]()
    if conditions:
        query = compiled(_fitting, model, names_of(conditions), None if is_exact else SAMPLE)
        sql, parameters = query.filled(values_of(conditions))
        sql = sql and f"WITH fitting AS MATERIALIZED ({sql}) {_COUNT}"  # nosec B608
    values: dict[str, list[Value]] = {kind: [] for kind in ("topic", "author", "language", "series", "isbn", "year")}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for kind, value, label, books in cursor.fetchall():
            values[kind].append((value, label or languages.name(value), books))
    years = sorted((int(year), books) for year, _, books in values.pop("year"))
    ordered = {kind: sorted(found, key=lambda each: (-each[2], each[1]))[:SHOWN] for kind, found in values.items()}
    return FacetCounts(
        {kind: [each for each in found if each[2]] for kind, found in ordered.items()}, _bars(years), is_exact
    )


def _fitting(model: Any, names: tuple[str, ...], most: int | None) -> Any:
    return fitting(model.objects.all(), parameters_of(names)).order_by().values_list(*COLUMNS)[:most]


def _bars(years: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(first year, last year, books) for spans of equal length; what is long before the most is one span with it."""
    if not years:
        return []
    total = list(accumulate(books for _, books in years))
    early = next(year for (year, _), books in zip(years, total, strict=True) if books > total[-1] // 50)
    step = next(step for step in STEPS if (years[-1][0] - early) // step < BARS)
    spans: Counter[int] = Counter()
    for year, books in years:
        spans[max(year, early) // step] += books
    first = min(spans)
    return [
        (years[0][0] if span == first else span * step, span * step + step - 1, spans[span])
        for span in range(first, max(spans) + 1)
    ]
