from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from books import indexing, search
from books.revision.triggers import install

FUNCTIONS = {"title_words": 3, "author_words": 1, "topic_words": 1, "other_words": 4}  # with their arguments


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        connection_created.connect(know_functions)
        # Django makes a table of SQLite anew when a column changes, and its triggers go.
        post_migrate.connect(install_triggers, sender=self)


def know_functions(connection: Any, **_: Any) -> None:
    """Give a new connection to SQLite the functions by which its triggers index a book's words."""
    if connection.vendor == "sqlite":
        for name, arguments in FUNCTIONS.items():
            connection.connection.create_function(name, arguments, getattr(search, name), deterministic=True)


def install_triggers(using: str, **kwargs: Any) -> None:
    install(connections[using])
    indexing.install_triggers(connections[using])
