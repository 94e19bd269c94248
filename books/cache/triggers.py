"""What raises the revision: the database does it by itself, whoever writes."""

from django.db.backends.base.base import BaseDatabaseWrapper

CATALOGUE = ("books_book", "books_author", "books_bookauthor")
TOPICS = ("books_topic", "books_booktopic")  # what the topics and the numbers of their books depend on, of it
EVENTS = ("INSERT", "UPDATE", "DELETE")
CHANNEL = "books_revision"


def sqlite_triggers() -> dict[str, str]:
    def trigger(table: str, event: str, change: str) -> str:
        return f"CREATE TRIGGER IF NOT EXISTS revise_{table}_{event} AFTER {event} ON {table} BEGIN {change}; END"

    changes = dict.fromkeys(CATALOGUE, "UPDATE books_revision SET number = number + 1")
    changes |= dict.fromkeys(TOPICS, "UPDATE books_revision SET number = number + 1, topics = topics + 1")
    return {f"{table}_{event}": trigger(table, event, change) for table, change in changes.items() for event in EVENTS}


def postgres_triggers() -> dict[str, str]:
    def trigger(table: str, what: str) -> str:
        return (
            f"CREATE OR REPLACE TRIGGER revise_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION books_revise('{what}')"
        )

    told = dict.fromkeys(CATALOGUE, "books") | dict.fromkeys(TOPICS, "topics")
    return {table: trigger(table, what) for table, what in told.items()}


SQLITE_TABLE = (
    "CREATE TABLE IF NOT EXISTS books_revision (number INTEGER NOT NULL, topics INTEGER NOT NULL)",
    "INSERT INTO books_revision SELECT 1, 1 WHERE NOT EXISTS (SELECT * FROM books_revision)",
)
POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION books_revise() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN PERFORM pg_notify('{CHANNEL}', TG_ARGV[0]); RETURN NULL; END $$",
)


def install(database: BaseDatabaseWrapper) -> None:
    """Put into the database what raises the revision, where it is missing."""
    if database.vendor == "sqlite":
        statements = [*SQLITE_TABLE, *sqlite_triggers().values()]
    else:
        statements = [*POSTGRES_FUNCTION, *postgres_triggers().values()]
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
