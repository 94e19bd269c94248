"""Many values for one query."""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def among[T: str | int](values: Iterable[T]) -> list[T] | RawSQL:
    """For `__in`. On SQLite one parameter: it may not allow thousands, and each costs the ORM time."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([*values])])
    return list(values)
