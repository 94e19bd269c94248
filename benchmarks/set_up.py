"""Sets Django up when it is imported, which comes before everything of the catalogue's own."""

import os

import django
from django.conf import settings
from django.test.utils import setup_test_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()


def for_requests() -> None:
    """Requests of Django's test client are answered, and need no collected static files."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.ALLOWED_HOSTS = ["testserver"]
    setup_test_environment()
