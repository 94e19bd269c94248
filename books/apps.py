from contextlib import suppress
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from books.cache import triggers
from books.search import index

TAG = "books"  # of our own system checks


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        # Django makes a table of SQLite anew when a column changes, and its triggers go.
        pre_migrate.connect(remember_index, sender=self)
        post_migrate.connect(install_triggers, sender=self)
        checks.register(check_catalogue, TAG)


def check_catalogue(**_: Any) -> list[checks.CheckMessage]:
    """Our system checks. They import all views, so they are imported only where they run."""
    found: list[checks.CheckMessage] = import_module("books.checks").run()
    return found


def remember_index(using: str, plan: Any = (), **_: Any) -> None:
    if plan and "books_book" in connections[using].introspection.table_names():
        index.remember(connections[using])


def install_triggers(using: str, apps: Any = apps, **_: Any) -> None:
    with suppress(LookupError):  # migrated back to before there was a search
        apps.get_model("books", "Words")
        triggers.install(connections[using])
        if not index.is_current(connections[using]):
            import_module("books.models.derive").derive_all()
        index.install(connections[using])
