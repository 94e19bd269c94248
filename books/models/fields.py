from typing import Any

from django.db import models


class SortKeyField(models.CharField):  # type: ignore[type-arg]
    """Text that every database orders by code point, so that a page of a list is the same page everywhere."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}
