"""Querysets compiled once and run with different values: compiling would be a third of the cost of a short list."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, QuerySet, Value
from django.utils.module_loading import import_string

from django41_example.server.statements import preparing
from django41_example.server.threads import current_checkout, in_thread

Row = tuple[Any, ...]
SHAPES = 500  # queries that stay compiled


class Parameter(Value):
    """A placeholder in a queryset for a value that is passed by this name when the query runs."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "Parameter":
        return self

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class CompiledQuery:
    """A compiled `values_list` queryset; in a thread, `query.read(topic="novels")` returns its rows as tuples.

    `keeps_plan`: PostgreSQL prepares it, because one plan suits all values and planning takes longer than reading.
    """

    converters: Mapping[Any, Any] = MappingProxyType({})

    def __init__(self, queryset: QuerySet[Any, Any], *, keeps_plan: bool = True) -> None:
        self.queryset, self.keeps_plan = queryset, keeps_plan

    @cached_property
    def statement(self) -> tuple[str, tuple[Any, ...]]:
        compiler = self.queryset.query.get_compiler(self.queryset.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # a condition that nothing meets
            return "", ()
        self.compiler, self.converters = compiler, compiler.get_converters([column for column, *_ in compiler.select])
        return sql, parameters

    def fill(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The SQL (empty if nothing can match) and its parameters."""
        sql, parameters = self.statement
        return sql, [values[each.value] if type(each) is Parameter else each for each in parameters]

    def read(self, **values: Any) -> list[Row]:
        sql, parameters = self.fill(values)
        rows = fetch(sql, parameters, keeps_plan=self.keeps_plan) if sql else []
        return [*map(tuple, self.compiler.apply_converters(rows, self.converters))] if self.converters else rows

    async def aread(self, **values: Any) -> list[Row]:
        """The same from a coroutine. In a request to our server, the event loop itself queries PostgreSQL."""
        checkout, (sql, parameters) = current_checkout.get(), self.fill(values)
        if not (checkout and sql and self.keeps_plan and not self.converters and settings.ON_POSTGRESQL):
            return await in_thread(self.read, **values)
        query = import_string("django41_example.server.postgresql.LoopQuery")  # by name: psycopg takes 10 MB
        return await checkout.call(query(checkout, sql, parameters))  # type: ignore[no-any-return]


def fetch(sql: str, parameters: list[Any], *, keeps_plan: bool = True) -> list[Row]:
    """The rows, in a thread. In a request SQLite is asked without Django's cursor, which takes longer than a short
    query: its time is measured from the beginning of the call."""
    database: Any = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up four times
    if database.vendor == "sqlite" and current_checkout.get():
        database.ensure_connection()
        with database.wrap_database_errors:
            return database.connection.execute(sql % (("?",) * len(parameters)), parameters).fetchall()  # type: ignore[no-any-return]
    if database.vendor == "sqlite" or not keeps_plan:
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()  # type: ignore[no-any-return]
    # Django's own cursor would write the values into the SQL, so that each one would be a new statement.
    database.ensure_connection()
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    with preparing(database.connection), wrap(database.Database.Cursor(database.connection)) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]


@lru_cache(SHAPES)
def compile_query(build: Callable[..., QuerySet[Any, Any]], *shape: Any, keeps_plan: bool = True) -> CompiledQuery:
    """The query that `build` makes for this shape: its filters, order, size and direction, but no values."""
    return CompiledQuery(build(*shape), keeps_plan=keeps_plan)
