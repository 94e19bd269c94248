"""The catalogue's revision: how a process learns that a book, an author or a topic has changed, whoever changed it.

What is made from the catalogue and held in memory is good as long as the revision is. `confirm` answers for every
change that was acknowledged before it was asked, by any process, program or host:

- SQLite: triggers raise a number in the same transaction. `PRAGMA data_version` (5 µs) tells whether anybody has
  committed anything since the last look, and only then the number is read.
- PostgreSQL: triggers send a notification, which leaves with the commit. A process listens on one connection, and asks
  the server an empty question on it: what was committed before arrives before the answer. Nothing is written, so
  writers never wait for each other.

Where the revision is not known (nobody watches, the connection is lost), `confirm` gives None: nothing that is held
may be used.
"""

from django.db import connection
from django.utils.module_loading import import_string

from books.cache.version import Revision

# By name: psycopg is 10 MB, and only for PostgreSQL.
WATCHED_BY = {
    "sqlite": "books.cache.sqlite.SqliteRevision",
    "postgresql": "books.cache.postgresql.PostgresRevision",
}


def of_database() -> Revision:
    """A revision to be watched, of the default database."""
    watched: type[Revision] = import_string(WATCHED_BY[connection.vendor])
    return watched(connection)


revision = of_database()  # this process's
