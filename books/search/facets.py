"""The facets of a list of books: exact counts, or none.

One statement counts all facets, and the books unless their number is known, so that the matching books are searched
once. For more books than EXACT, a sample shows which values are frequent, without numbers. The whole catalogue is
counted in indexes and links alone. For 100,000 books that takes a sixth of the time, and each worker repeats it after
every change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import F, Q

from books.metadata import languages
from books.metadata.roles import AUTHOR
from books.metadata.years import NEVER
from books.search import facet_values
from books.search.compiled_query import Row, compile_query, fetch
from books.search.filters import (
    ANY_NUMBER,
    END,
    FIRST,
    Conditions,
    count_books,
    filter_books,
    id_range,
    matching_books,
    parameters_of,
)
from books.search.pagination import COUNT_CAP

EXACT = COUNT_CAP  # books, whose counting takes 50 ms
WINDOWS, WINDOW = 8, 125  # of a sample: books per place and places, since neighbours were imported together
SCATTER = 997  # a prime: sorting ids by their remainder mixes the windows
SHOWN = 12  # values per kind
MOST_SHOWN = 2000  # values of a kind to list in full
KINDS = ("topic", "author", "language", "series", "isbn")
_LINKED = """SELECT '{name}', {value}, {name}.name, books FROM (
    SELECT {name}_id AS linked, COUNT(*) AS books FROM books_book{name}{only}
    GROUP BY {name}_id ORDER BY 2 DESC, 1 LIMIT {shown}
) AS counted JOIN books_{name} AS {name} ON {name}.id = linked"""
_ONLY = {"author": f" WHERE role = '{AUTHOR}'"}  # as in the filter
_LINKS = {"series": "series.name", "topic": "topic.slug", "author": "CAST(author.id AS varchar(20))"}


def _count_sql(shown: Mapping[str, int]) -> str:
    """Counts the whole catalogue."""
    linked = [
        _LINKED.format(name=name, value=value, only=_ONLY.get(name, ""), shown=shown[name])
        for name, value in _LINKS.items()
    ]
    return f"""
SELECT 'isbn', 'none', 'Without ISBN', COUNT(*) FROM books_book WHERE isbn13 IS NULL
UNION ALL SELECT 'language', primary_language, '', COUNT(*) FROM books_book WHERE primary_language <> ''
    GROUP BY primary_language
UNION ALL SELECT 'year', CAST(year_or_last AS varchar(6)), '', COUNT(*) FROM books_book WHERE year_or_last < {NEVER}
    GROUP BY year_or_last
UNION ALL {" UNION ALL ".join(linked)}
"""  # noqa: S608 # nosec B608 - our own names


Value = tuple[str, str, int]  # for the URL, for people, and the number of books


@dataclass(frozen=True)
class FacetCounts:
    """The values of each kind, most frequent first, and the years."""

    values: dict[str, list[Value]]
    has_more: frozenset[str]  # kinds with more values than these
    starts: frozenset[str]  # the first characters of title or author keys, if requested; not for the whole catalogue
    years: list[tuple[int, int]]  # each with its number of books, earliest first
    count: int  # of the books
    is_exact: bool  # False: there are more books, and the numbers are those of a sample


def facet_counts(model: Any, conditions: Conditions, count: int, *, whole: str = "", start: str = "") -> FacetCounts:
    """Count them, in a thread: it may take long. `count`: the number of books, if known. `whole`: the kind to list in
    full. `start`: the column whose first characters to list."""
    shown = {kind: MOST_SHOWN if kind == whole else SHOWN for kind in KINDS}
    limits = {kind: most + 1 for kind, most in shown.items()}
    if conditions:
        counted = _counted(model, conditions, count, limits, start)
        books = sum(number for *_, number in counted["count"])
    else:
        counted = _values(fetch(_count_sql(limits), []))
        books = count or model.objects.count()
    is_exact = books <= EXACT or not conditions
    starts = frozenset(value for value, *_ in counted["start"])
    years = sorted((int(year), number) for year, _, number in counted["year"])
    ordered = {kind: sorted(counted[kind], key=lambda each: (-each[2], each[1])) for kind in KINDS}
    has_more = frozenset(kind for kind, values in ordered.items() if len(values) > shown[kind])
    values = {kind: [each for each in values[: shown[kind]] if each[2]] for kind, values in ordered.items()}
    return FacetCounts(values, has_more, starts, years, books if is_exact else EXACT, is_exact)


def _counted(
    model: Any, conditions: Conditions, count: int, limits: Mapping[str, int], start: str
) -> dict[str, list[Value]]:
    """The values of all matching books, or of a sample if there are more than EXACT."""
    if count <= EXACT:
        query = compile_query(_matching_rows, model, conditions.names, start, EXACT + 1)
        found = query.fill(conditions.values)
        if not (_expects_more(*found) and count_books(model, conditions, EXACT) > EXACT):
            counted = _count(*found, start, limits)
            if sum(books for *_, books in counted["count"]) <= EXACT:
                return counted
    counted = _count(*_sample(model, conditions, start), start, limits, is_sample=True)
    return {**counted, "count": [("", "", EXACT + 1)]}


def _expects_more(sql: str, parameters: list[Any]) -> bool:
    """Whether PostgreSQL expects more than EXACT books. Counting them first takes half as long as joining names."""
    if not sql or connection.vendor != "postgresql":
        return False
    (((explained,),),) = fetch(f"EXPLAIN (FORMAT JSON) {sql}", parameters, keeps_plan=False)
    return bool(explained["Plan"]["Plan Rows"] > EXACT)


def _count(
    sql: str, parameters: list[Any], start: str, limits: Mapping[str, int], *, is_sample: bool = False
) -> dict[str, list[Value]]:
    """The values of the books that this finds; of more than EXACT only that they are more."""
    most = ANY_NUMBER if is_sample else EXACT
    counted = facet_values.count(sql, parameters, start, most, limits, keeps_plan=not is_sample) if sql else ()
    return _values(counted)


def _values(rows: Iterable[Row]) -> dict[str, list[Value]]:
    values: dict[str, list[Value]] = {kind: [] for kind in (*KINDS, "year", "start", "count")}
    for kind, value, label, books in rows:
        values[kind].append((value, label or (languages.name(value) if kind == "language" else ""), books))
    return values


def _sample(model: Any, conditions: Conditions, start: str) -> tuple[str, list[Any]]:
    """Rows from places all over the catalogue."""
    first, end = id_range(model)
    starts = [first + (end - first) * place // WINDOWS for place in range(WINDOWS)]
    width = WINDOW * (end - first) // EXACT  # for WINDOW books if they are spread evenly
    if connection.vendor == "postgresql":  # its index always finds all matches, so search it once
        within = reduce(or_, (Q(pk__gte=each, pk__lt=each + width) for each in starts))
        rows = _columns(filter_books(model.objects.all(), conditions).filter(within), start)
        sql, parameters = rows.order_by(F("pk") % SCATTER)[: WINDOWS * WINDOW].query.sql_with_params()
        return sql, [*parameters]
    conditions = conditions.within_window()
    window, values = compile_query(_window, model, conditions.names, start), conditions.values
    windows = [window.fill({**values, "first": each, "end": each + 2 * width}) for each in starts]
    sql = " UNION ALL ".join(f"SELECT * FROM ({each}) AS part" for each, _ in windows if each)  # nosec B608 # noqa: S608
    return sql, [each for _, parameters in windows for each in parameters]


def _matching_rows(model: Any, names: tuple[str, ...], start: str, most: int) -> Any:
    return _columns(matching_books(model, names), start).order_by()[:most]


def _window(model: Any, names: tuple[str, ...], start: str) -> Any:
    """The window, as a condition on the index of words, which returns ids in order from any id on."""
    key = "indexed" if "words" in names else "pk"
    rows = filter_books(model.objects.all(), parameters_of(names)).filter(**{f"{key}__gte": FIRST, f"{key}__lt": END})
    return _columns(rows, start).order_by(key)[:WINDOW]


def _columns(rows: Any, start: str) -> Any:
    """The columns to count. On SQLite only the keys, since there may be too many rows."""
    if connection.vendor == "sqlite":
        return rows.values_list("pk")
    return rows.values_list(*facet_values.COLUMNS, *filter(None, [start]))
