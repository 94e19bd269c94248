from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from books.revision.triggers import install


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        # Django makes a table of SQLite anew when a column changes, and its triggers go.
        post_migrate.connect(install_revision, sender=self)


def install_revision(using: str, **kwargs: Any) -> None:
    install(connections[using])
