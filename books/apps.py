from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from books import search

FUNCTIONS = {"title_words": 3, "author_words": 1, "topic_words": 1, "other_words": 4}  # with their arguments


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        connection_created.connect(know_functions)


def know_functions(connection: Any, **_: Any) -> None:
    """Give a new connection to SQLite the functions by which its triggers index a book's words."""
    if connection.vendor == "sqlite":
        for name, arguments in FUNCTIONS.items():
            connection.connection.create_function(name, arguments, getattr(search, name), deterministic=True)
