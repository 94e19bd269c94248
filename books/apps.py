from contextlib import suppress
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate

from books import indexing
from books.revision import triggers


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        # Django makes a table of SQLite anew when a column changes, and its triggers go.
        post_migrate.connect(install_triggers, sender=self)


def install_triggers(using: str, apps: Any = apps, **_: Any) -> None:
    with suppress(LookupError):  # migrated back to before there was a search
        apps.get_model("books", "Words")
        triggers.install(connections[using])
        indexing.install(connections[using])
