import time
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
EVERY = 10.0  # seconds; indexing that is done before the first of them says nothing


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


class IndexProgress:
    """What an upgrade prints while it indexes, if it has a `stdout`: how far it is, and how long it will take."""

    def __init__(self, stdout: Any, total: int) -> None:
        self.stdout, self.done, self.total = stdout, 0, total
        self.began = self.told = time.monotonic()

    def add(self, steps: int) -> None:
        self.done += steps
        now = time.monotonic()
        if self.stdout and now - self.told >= EVERY and self.done < self.total:
            self.told = now
            left = (now - self.began) / self.done * (self.total - self.done)
            self.stdout.write(f"Search index: {100 * self.done // self.total} %, about {left:,.0f} s left\n")
            self.stdout.flush()
