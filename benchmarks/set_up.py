"""Sets Django up when it is imported, which comes before everything of the catalogue's own."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
django.setup()
