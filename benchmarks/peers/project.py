"""The settings of the peers that are Django projects of their own; PEER names the module with the addresses."""

import os

from benchmarks.peers.shelf import TEMPLATES
from django41_example.settings import DATABASES as OURS
from django41_example.settings import LAB, SECRET_KEY  # noqa: F401 - settings

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = os.environ["PEER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "books"]
LOGGING_CONFIG = None

# What serves lists to anybody needs no sessions, messages or CSRF tokens.
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": TEMPLATES}]

# Connections stay open: on PostgreSQL in psycopg's pool, as Django's documentation recommends, on SQLite in threads.
DATABASE = {**OURS["default"], "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
if DATABASE["ENGINE"].endswith("postgresql"):
    DATABASE["OPTIONS"] = {"pool": {"min_size": 8, "max_size": 8}}
elif "KEEP_CONNECTIONS" in os.environ:
    DATABASE["CONN_MAX_AGE"] = None
DATABASES = {"default": DATABASE}
