"""The database's triggers, which change the version of the catalogue whoever writes."""

from django.db.backends.base.base import BaseDatabaseWrapper

NAMES = ("author", "topic", "series")
KINDS = ("book", "catalogue", *NAMES, *(f"{name}name" for name in NAMES), *(f"book{name}" for name in NAMES))
TABLES = tuple(f"books_{kind}" for kind in KINDS)
EVENTS = ("INSERT", "UPDATE", "DELETE")
CHANNEL = "books_revision"


def sqlite_triggers() -> list[str]:
    change = "UPDATE books_revision SET number = number + 1"
    return [
        f"CREATE TRIGGER IF NOT EXISTS revise_{table}_{event} AFTER {event} ON {table} BEGIN {change}; END"
        for table in TABLES
        for event in EVENTS
    ]


def postgres_triggers() -> list[str]:
    return [
        f"CREATE OR REPLACE TRIGGER revise_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION books_revise()"
        for table in TABLES
    ]


SQLITE_TABLE = (
    "CREATE TABLE IF NOT EXISTS books_revision (number INTEGER NOT NULL)",
    "INSERT INTO books_revision (number) SELECT 1 WHERE NOT EXISTS (SELECT * FROM books_revision)",
)
POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION books_revise() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$",
)


def install(database: BaseDatabaseWrapper) -> None:
    """Install the triggers that are missing."""
    if database.vendor == "sqlite":
        statements = [*SQLITE_TABLE, *sqlite_triggers()]
    else:
        statements = [*POSTGRES_FUNCTION, *postgres_triggers()]
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
