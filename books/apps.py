from contextlib import suppress
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from books.cache import triggers
from books.search import index

TAG = "books"  # of our own system checks


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        # Django makes a table of SQLite anew when a column changes, and its triggers go.
        post_migrate.connect(install_triggers, sender=self)
        connection_created.connect(look_words_up)
        checks.register(check_catalogue, TAG)


def check_catalogue(**_: Any) -> list[checks.CheckMessage]:
    """Our system checks. They import all views, so they are imported only where they run."""
    found: list[checks.CheckMessage] = import_module("books.checks").run()
    return found


def look_words_up(connection: Any, **_: Any) -> None:
    """Have PostgreSQL use the index of words: it takes reading them row by row for cheap, though they are packed.

    Of a million books the rows were read for 200 words that no book has, one word after the other: that took minutes.
    """
    if connection.vendor == "postgresql":
        connection.connection.execute("SET enable_seqscan = off; SET jit = off")


def install_triggers(using: str, apps: Any = apps, **_: Any) -> None:
    with suppress(LookupError):  # migrated back to before there was a search
        apps.get_model("books", "Words")
        triggers.install(connections[using])
        index.install(connections[using])
