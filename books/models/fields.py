"""Columns, conditions and comparisons for both databases, and the digest of a secret."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Func, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length
from django.db.models.lookups import Exact, Lookup


class SortKeyField(models.CharField):  # type: ignore[type-arg]
    """Text that every database orders by code point, so that lists have the same order everywhere."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}

    def deconstruct(self) -> Any:
        """As Django's own field, so that migrations do not import this one."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class WordsField(models.TextField):  # type: ignore[type-arg]
    """The words by which a row is found. PostgreSQL keeps them in the row, SQLite in a separate table."""

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if connection.vendor == "postgresql" else None

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class Holds(Lookup):
    """`words__holds`: matches an FTS5 query or a tsquery."""

    lookup_name = "holds"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return "%s", (value,)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        comparison = f"{left} @@ {right}::tsquery" if connection.vendor == "postgresql" else f"{left} MATCH {right}"
        return comparison, [*left_params, *right_params]


WordsField.register_lookup(Holds)


def among[T: str | int](values: Iterable[T]) -> list[T] | RawSQL:
    """Many values for `__in`, on SQLite as one parameter: it may not accept thousands, and each costs the ORM time."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([*values])])
    return list(values)


def none_or_in(name: str, allowed: range) -> Q:
    return Q(**{name: None}) | Q(**{f"{name}__range": (allowed.start, allowed.stop - 1)})


def isbn_shape() -> Q:
    """13 ASCII digits that begin with 978, or with 979-1 or higher, in terms that both databases can check."""
    return Q(
        Exact(Length("isbn13"), 13),
        Exact(Func("isbn13", Value("0123456789"), function="LTRIM", output_field=models.CharField()), Value("")),
        Q(isbn13__startswith="978") | Q(isbn13__gte="9791", isbn13__lt="98"),
    )


def count_of(rows: models.QuerySet[Any], distinct: str = "") -> models.Subquery:
    """The number of rows, or distinct values of a column, in a correlated query: for a page, cheaper than a join."""
    template = "COUNT(DISTINCT %(expressions)s)" if distinct else "COUNT(*)"
    every = models.Func(*filter(None, [distinct]), template=template, output_field=models.IntegerField())
    return models.Subquery(rows.order_by().annotate(every=every).values("every"))


def digest_of(text: str) -> str:
    """SHA-256 in hex, for texts to compare that nobody should read in the database."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
