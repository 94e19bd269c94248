"""Querysets that are compiled once and run with other values: compiling is a third of what a short list costs."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Field, QuerySet, Value

Row = tuple[Any, ...]
SHAPES = 500  # queries that stay compiled


class Parameter(Value):
    """Stands in a queryset for a value that is given by this name when the query is run."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "Parameter":
        return self

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class CompiledQuery:
    """A queryset of `values_list`; `query.read(topic="novels")` gives its rows as tuples. To be called in a thread."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self.queryset = queryset

    @cached_property
    def statement(self) -> tuple[str, tuple[Any, ...]]:
        compiler = self.queryset.query.get_compiler(self.queryset.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # a condition that nothing can meet
            return "", ()
        self.compiler, self.converters = compiler, compiler.get_converters([column for column, *_ in compiler.select])
        return sql, parameters

    def filled(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The SQL, empty where nothing can be found, and all parameters of it."""
        sql, parameters = self.statement
        return sql, [values[each.value] if type(each) is Parameter else each for each in parameters]

    def read(self, *, keeps_plan: bool = False, **values: Any) -> list[Row]:
        """`keeps_plan`: PostgreSQL prepares it, since its plan is the same for all values."""
        sql, parameters = self.filled(values)
        if not sql:
            return []
        with cursor_of(connections[self.queryset.db], prepares=keeps_plan) as cursor:
            cursor.execute(sql, parameters)
            rows: list[Row] = cursor.fetchall()
        if self.converters:
            rows = [tuple(row) for row in self.compiler.apply_converters(rows, self.converters)]
        return rows


def cursor_of(database: Any, *, prepares: bool) -> Any:
    """Django's own cursor gives PostgreSQL the values within the SQL, as a new statement each time."""
    if not prepares or database.vendor != "postgresql":
        return database.cursor()
    database.ensure_connection()
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    return wrap(database.Database.Cursor(database.connection))


@lru_cache(SHAPES)
def compiled(build: Callable[..., QuerySet[Any, Any]], *shape: Any) -> CompiledQuery:
    """The query that `build` makes of this shape: which filters, order, size and direction, but no values."""
    return CompiledQuery(build(*shape))
