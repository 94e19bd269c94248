"""Queries that are asked again and again: Django makes a query's SQL anew each time, a third of what a list costs."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable

Rows = list[dict[str, Any]]
Key = Sequence[Any]  # what stands in a query at its slots

# What a query is made with where it is to be run with other values: nobody can send that. It fits any column.
SLOT_TEXT = secrets.token_hex(16)
SLOT_NUMBER = secrets.randbelow(2**29) + 2**30
MOST_SLOTS = 4


def slot(number: int, *, is_text: bool) -> str | int:
    """The value that stands for the key's value of this number."""
    return f"{SLOT_TEXT}{number}" if is_text else SLOT_NUMBER + number


SLOTS = {slot(number, is_text=is_text): number for number in range(MOST_SLOTS) for is_text in (True, False)}


class Readable(Protocol):
    """What gives rows when it is asked in a thread; the queryset says which database is asked."""

    queryset: QuerySet[Any, Any]

    def rows(self, place: Key = ()) -> Rows: ...


class Statement:
    """The SQL of one query of `.values()`, made when it is first run. Where it has slots, `place` fills them."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self.queryset = queryset
        self.sql: str | None = None
        self.parameters: tuple[Any, ...] = ()
        self.slots: list[tuple[int, int]] = []  # a parameter's place, and that of its value in the key
        self.names: list[str] = []
        self.converters: dict[int, Any] = {}

    def rows(self, place: Key = ()) -> Rows:
        compiler = self.queryset.query.get_compiler(self.queryset.db)
        if self.sql is None:
            self._make(compiler)
        if not self.sql:
            return []
        with connections[self.queryset.db].cursor() as cursor:
            cursor.execute(self.sql, self._filled(place) if self.slots else self.parameters)
            found = cursor.fetchall()
        if self.converters:
            found = compiler.apply_converters(found, self.converters)
        return [dict(zip(self.names, row, strict=True)) for row in found]

    def _filled(self, place: Key) -> list[Any]:
        filled = list(self.parameters)
        for position, number in self.slots:
            filled[position] = place[number]
        return filled

    def _make(self, compiler: Any) -> None:
        try:
            sql, self.parameters = compiler.as_sql()
        except EmptyResultSet:  # a condition that nothing can meet
            sql = ""
        else:
            self.converters = compiler.get_converters([column[0] for column in compiler.select])
            slots = ((position, SLOTS.get(value)) for position, value in enumerate(self.parameters))
            self.slots = [(position, number) for position, number in slots if number is not None]
            query = compiler.query
            self.names = [*(query.selected or (*query.values_select, *query.annotation_select))]
        self.sql = sql


def always(rows: Rows) -> bool:
    return True


async def aread(
    first: Readable, *others: Readable, when: Callable[[Rows], bool] = always, place: Key = ()
) -> list[Rows]:
    """The rows of each, read in one hop to a thread; the others are read when the first's rows say so."""
    run = first.queryset.all()
    run._iterable_class = InOneHop
    run._in_one_hop = first, others, when, place  # type: ignore[attr-defined]
    return [rows async for rows in run]


class InOneHop(ValuesIterable):
    """What `async for` goes through in the thread: the rows of one statement, and of others."""

    def __iter__(self) -> Iterator[Any]:
        first, others, when, place = self.queryset._in_one_hop  # type: ignore[attr-defined]
        yield (rows := first.rows(place))
        if when(rows):
            yield from (statement.rows(place) for statement in others)
