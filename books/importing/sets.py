"""Many values for one query."""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def among(values: Iterable[str]) -> list[str] | RawSQL:
    """What `__in` takes. SQLite gets one parameter: for thousands it may have no room, and each costs the ORM time."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([*values])])
    return [*values]
