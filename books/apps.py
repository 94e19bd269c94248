from contextlib import suppress
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from books.cache import triggers
from books.search import index
from books.search.progress import IndexProgress

TAG = "books"  # of our own system checks


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        # Django rebuilds an SQLite table when a column changes, and the table's triggers are lost.
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


def install_triggers(using: str, apps: Any = apps, stdout: Any = None, **_: Any) -> None:
    with suppress(LookupError):  # migrated back to before there was a search
        apps.get_model("books", "Words")
        triggers.install(connections[using])
        is_current = index.is_current(connections[using])
        steps = (
            0 if is_current else 2 * apps.get_model("books", "Book").objects.count()
        )  # each is derived, then indexed
        progress = IndexProgress(stdout, steps)
        if not is_current:
            import_module("books.models.derive").derive_all(progress.add)
        index.install(connections[using], progress.add)
