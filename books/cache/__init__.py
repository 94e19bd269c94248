"""How a process learns that the catalogue has changed, no matter who wrote it.

What is made from the catalogue and cached is valid as long as the catalogue's version is. `validate` sees every change
that was committed before it was called, by any process, program or host:

- SQLite: triggers raise a number in the same transaction. `PRAGMA data_version` (5 µs) tells whether anybody has
  committed anything since the last look, and only then the number is read.
- PostgreSQL: triggers send a notification, which leaves with the commit. A process listens on one connection, and sends
  the server a Sync message on it: what was committed before arrives before the answer. (An empty query would do the
  same, at the cost of a transaction.) Nothing is written, so writers never wait for each other.

While the version is unknown (nobody has subscribed, the connection is lost), `validate` gives None: nothing that is
cached may be used.
"""

from django.db import connection
from django.utils.module_loading import import_string

from books.cache.version import CatalogueVersion, PerVersion

# By name: psycopg is 10 MB, and only for PostgreSQL.
VERSIONS = {"sqlite": "books.cache.sqlite.SqliteVersion", "postgresql": "books.cache.postgresql.PostgresVersion"}


def version_of_database() -> CatalogueVersion:
    """A version to subscribe to, of the default database."""
    version: type[CatalogueVersion] = import_string(VERSIONS[connection.vendor])
    return version(connection)


catalogue_version = version_of_database()  # this process's
per_version = PerVersion(catalogue_version)
