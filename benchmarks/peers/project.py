"""The settings of the peers that are Django projects of their own; PEER names the module with the URLs."""

import os

from benchmarks.peers.shelf import POOL, TEMPLATES
from django41_example.settings import DATABASES as OURS
from django41_example.settings import LAB, SECRET_KEY  # noqa: F401 - settings

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = os.environ["PEER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "books",
]
LOGGING_CONFIG = None
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": TEMPLATES}]
DATABASE = {**OURS["default"], "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
DATABASES = {"default": DATABASE}
if ROOT_URLCONF == "benchmarks.peers.tutorial":
    MIDDLEWARE = [  # of `startproject`
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
else:
    # What serves lists to anybody needs no sessions, messages or CSRF tokens.
    MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
    # Connections stay open: on PostgreSQL in psycopg's pool, as Django's documentation recommends.
    if DATABASE["ENGINE"].endswith("postgresql"):
        DATABASE["OPTIONS"] = {"pool": {"min_size": POOL, "max_size": POOL}}
    else:
        DATABASE["CONN_MAX_AGE"] = None
