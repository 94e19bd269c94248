"""What a list of books could be narrowed by: exact counts, or none.

One statement counts all of it, so the books are found once. Of more books than EXACT, a sample says which values are
frequent, without numbers. What all books have is counted along indexes and links alone: of 100,000 it takes a sixth of
the time, and each worker does it anew after each change.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from django.db import connection
from django.db.models.functions import Substr

from books.metadata import languages
from books.metadata.roles import AUTHOR
from books.metadata.years import NEVER
from books.search.compiled_query import compiled
from books.search.filters import (
    END,
    FIRST,
    Conditions,
    count_of,
    fitting,
    ids_of,
    names_of,
    parameters_of,
    values_of,
    within_window,
)
from books.search.pagination import COUNT_CAP

EXACT = COUNT_CAP  # books, of which counting takes 60 to 200 ms
WINDOWS, WINDOW = 8, 125  # a sample: so many books from so many places, since neighbours were imported together
SHOWN = 12  # values of a kind
MOST_SHOWN = 2000  # of the kind whose values are all asked for
KINDS = ("topic", "author", "language", "series", "isbn")
COLUMNS = ("id", "primary_language", "year_or_last", "isbn13", "start")
BARS = 8  # of the years, one more at the ends: each wide enough for a finger in a narrow column
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_LINKED = """SELECT '{name}', {value}, {name}.name, books FROM (
    SELECT {name}_id AS linked, COUNT(*) AS books FROM {links}{only} GROUP BY {name}_id ORDER BY 2 DESC, 1 LIMIT {shown}
) AS counted JOIN books_{name} AS {name} ON {name}.id = linked"""
_ONLY = {"author": f" WHERE role = '{AUTHOR}'"}  # as the filter has it
_STARTS = "UNION ALL SELECT 'start', start, '', COUNT(*) FROM fitting GROUP BY start"
_LINKS = {"series": "series.name", "topic": "topic.slug", "author": "CAST(author.id AS varchar(20))"}


def _counting(books: str, links: str, shown: Mapping[str, int]) -> str:
    linked = [
        _LINKED.format(
            name=name, value=value, links=links.format(name=name), only=_ONLY.get(name, ""), shown=shown[name]
        )
        for name, value in _LINKS.items()
    ]
    return f"""
SELECT 'isbn', 'none', 'Without ISBN', COUNT(*) FROM {books} WHERE isbn13 IS NULL
UNION ALL SELECT 'language', primary_language, '', COUNT(*) FROM {books} WHERE primary_language <> ''
    GROUP BY primary_language
UNION ALL SELECT 'year', CAST(year_or_last AS varchar(6)), '', COUNT(*) FROM {books} WHERE year_or_last < {NEVER}
    GROUP BY year_or_last
UNION ALL {" UNION ALL ".join(linked)}
"""  # noqa: S608 # nosec B608 - our own names


Value = tuple[str, str, int]  # for the URL, for people, and the number of books


@dataclass(frozen=True)
class FacetCounts:
    """The values of each kind, the most frequent first, and the bars of the years."""

    values: dict[str, list[Value]]
    has_more: frozenset[str]  # kinds, of which not all values are here
    starts: frozenset[str]  # of their titles' keys, the first characters; none for the whole catalogue
    years: list[tuple[int, int, int]]
    count: int  # of the books
    is_exact: bool  # else there are more books, and the numbers are those of a sample


def facet_counts(model: Any, conditions: Conditions, count: int, *, whole: str = "") -> FacetCounts:
    """To be called in a thread: it may take its time.

    `count`: how many books there are, if that is known. `whole`: the kind of which all values are wanted.
    """
    books = count or count_of(model, conditions, EXACT)
    is_exact = books <= EXACT or not conditions
    shown = {kind: MOST_SHOWN if kind == whole else SHOWN for kind in KINDS}
    found = _values(model, conditions, {kind: most + 1 for kind, most in shown.items()}, is_exact=is_exact)
    starts = frozenset(value for value, *_ in found.pop("start"))
    years = sorted((int(year), number) for year, _, number in found.pop("year"))
    ordered = {kind: sorted(values, key=lambda each: (-each[2], each[1])) for kind, values in found.items()}
    has_more = frozenset(kind for kind, values in ordered.items() if len(values) > shown[kind])
    values = {kind: [each for each in values[: shown[kind]] if each[2]] for kind, values in ordered.items()}
    return FacetCounts(values, has_more, starts, _bars(years), books if is_exact else EXACT, is_exact)


def _values(model: Any, conditions: Conditions, shown: Mapping[str, int], *, is_exact: bool) -> dict[str, list[Value]]:
    if conditions:
        sql, parameters = _fitting(model, conditions) if is_exact else _sample(model, conditions)
        counting = _counting("fitting", "fitting JOIN books_book{name} ON book_id = fitting.id", shown)
        sql = sql and f"WITH fitting AS MATERIALIZED ({sql}) {counting} {_STARTS}"  # nosec B608
    else:
        sql, parameters = _counting("books_book", "books_book{name}", shown), []
    found: dict[str, list[Value]] = {kind: [] for kind in (*KINDS, "year", "start")}
    if not sql:
        return found
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for kind, value, label, books in cursor.fetchall():
            found[kind].append((value, label or (languages.name(value) if kind == "language" else ""), books))
    return found


def _fitting(model: Any, conditions: Conditions) -> tuple[str, list[Any]]:
    return compiled(_all, model, names_of(conditions)).filled(values_of(conditions))


def _sample(model: Any, conditions: Conditions) -> tuple[str, list[Any]]:
    """From places all over the catalogue."""
    conditions = within_window(conditions)
    window, values = compiled(_window, model, names_of(conditions)), values_of(conditions)
    first, end = ids_of(model)
    edges = [first + (end - first) * place // WINDOWS for place in range(WINDOWS + 1)]
    width = 2 * WINDOW * (end - first) // EXACT  # that holds WINDOW books, if they are spread evenly
    windows = [
        window.filled({**values, "first": first, "end": min(first + width, end)}) for first, end in pairwise(edges)
    ]
    sql = " UNION ALL ".join(f"SELECT * FROM ({each}) AS part" for each, _ in windows if each)  # nosec B608 # noqa: S608
    return sql, [each for _, parameters in windows for each in parameters]


def _all(model: Any, names: tuple[str, ...]) -> Any:
    return _of(model, names).order_by().values_list(*COLUMNS)


def _of(model: Any, names: tuple[str, ...]) -> Any:
    return fitting(model.objects.annotate(start=Substr("title_key", 1, 1)), parameters_of(names))


def _window(model: Any, names: tuple[str, ...]) -> Any:
    """The index of words gives ids in order on SQLite, and begins where it is told to."""
    key = "indexed" if connection.vendor == "sqlite" and "words" in names else "pk"
    rows = _of(model, names).filter(**{f"{key}__gte": FIRST, f"{key}__lt": END})
    return rows.order_by(key).values_list(*COLUMNS)[:WINDOW]


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
