"""Queries that are asked again and again: Django makes a query's SQL anew each time, a third of what a list costs."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable

Rows = list[dict[str, Any]]


class Readable(Protocol):
    """What gives rows when it is asked in a thread; the queryset says which database is asked."""

    queryset: QuerySet[Any, Any]

    def rows(self) -> Rows: ...


class Statement:
    """The SQL of one query of `.values()`, made when it is first run."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self.queryset = queryset
        self.sql: str | None = None
        self.parameters: tuple[Any, ...] = ()
        self.names: list[str] = []
        self.converters: dict[int, Any] = {}

    def rows(self) -> Rows:
        compiler = self.queryset.query.get_compiler(self.queryset.db)
        if self.sql is None:
            self._make(compiler)
        if not self.sql:
            return []
        with connections[self.queryset.db].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            found = cursor.fetchall()
        if self.converters:
            found = compiler.apply_converters(found, self.converters)
        return [dict(zip(self.names, row, strict=True)) for row in found]

    def _make(self, compiler: Any) -> None:
        try:
            sql, self.parameters = compiler.as_sql()
        except EmptyResultSet:  # a condition that nothing can meet
            sql = ""
        else:
            self.converters = compiler.get_converters([column[0] for column in compiler.select])
            query = compiler.query
            self.names = [*(query.selected or (*query.values_select, *query.annotation_select))]
        self.sql = sql


def always(rows: Rows) -> bool:
    return True


async def aread(first: Readable, *others: Readable, when: Callable[[Rows], bool] = always) -> list[Rows]:
    """The rows of each, read in one hop to a thread; the others are read when the first's rows say so."""

    run = first.queryset.all()
    run._iterable_class = InOneHop
    run._in_one_hop = first, others, when  # type: ignore[attr-defined]
    return [rows async for rows in run]


class InOneHop(ValuesIterable):
    """What `async for` goes through in the thread: the rows of one statement, and of others."""

    def __iter__(self) -> Iterator[Any]:
        first, others, when = self.queryset._in_one_hop  # type: ignore[attr-defined]
        yield (rows := first.rows())
        if when(rows):
            yield from (statement.rows() for statement in others)
