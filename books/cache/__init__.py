"""Tells a process that the catalogue has changed, no matter who wrote it.

Anything computed from the catalogue and cached is valid while the catalogue's version stays the same. `validate` sees
every change that was committed before the call, by any process, program or host:

- SQLite: triggers increase a number in the same transaction. `PRAGMA data_version` (5 µs) says whether anybody has
  committed anything since the last check, and only then the number is read.
- PostgreSQL: triggers send a notification with the commit. Each process listens on one connection and sends a Sync
  message on it: notifications of earlier commits arrive before its response. (An empty query would do the same, at the
  cost of a transaction.) Nothing is written, so writers never wait for each other.

While the version is unknown (before `subscribe`, or without a connection), `validate` returns None: no cached value may
be used.
"""

from django.db import connection
from django.utils.module_loading import import_string

from books.cache.version import CatalogueVersion, PerVersion

# By name: psycopg takes 10 MB, and only PostgreSQL needs it.
VERSIONS = {"sqlite": "books.cache.sqlite.SqliteVersion", "postgresql": "books.cache.postgresql.PostgresVersion"}


def version_of_database() -> CatalogueVersion:
    """The version of the default database, to subscribe to."""
    version: type[CatalogueVersion] = import_string(VERSIONS[connection.vendor])
    return version(connection)


catalogue_version = version_of_database()  # this process's
per_version = PerVersion(catalogue_version)
