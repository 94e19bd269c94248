"""How many examples Hypothesis tries: a third where a second database is asked for what differs there."""

from django.db import connection


def some(number: int) -> int:
    return number if connection.vendor == "sqlite" else number // 3
