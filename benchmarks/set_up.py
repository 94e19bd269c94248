"""Sets Django up when it is imported, which comes before everything of the catalogue's own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()


def for_requests() -> None:
    """Requests of Django's test client are answered, and need no collected static files."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.ALLOWED_HOSTS = ["testserver"]
    setup_test_environment()


@contextmanager
def throwaway_database() -> Iterator[Path]:
    """A test database; that of DATABASE_URL is left alone. Gives a folder for files, which is gone with it."""
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/books.sqlite3"
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield Path(folder)
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)
