"""SQLite's index of words: an FTS5 table, which triggers on the table of books keep in step with it.

The triggers call the functions of books.search, so that one set of rules makes the words, whoever writes. A program
that does not know those functions is refused when it changes a text that is searched: the index cannot go wrong.
The words themselves are kept nowhere, only where they occur: that is half the size.
"""

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = """CREATE VIRTUAL TABLE books_search USING fts5 (
    title, authors, topics, other, content='', columnsize=0, tokenize="ascii tokenchars '^-#@_'"
)"""
_COLUMNS = "rowid, title, authors, topics, other"
_WORDS = """title_words({0}title, {0}subtitle, {0}series), author_words({0}author_names),
    topic_words({0}topic_names), other_words({0}description, {0}isbn13, {0}language, {0}published_year)"""
_NEW, _OLD = f"new.id, {_WORDS.format('new.')}", f"old.id, {_WORDS.format('old.')}"
_ADD = f"INSERT INTO books_search ({_COLUMNS}) VALUES ({_NEW});"  # noqa: S608 # nosec B608 - our own text
_REMOVE = f"INSERT INTO books_search (books_search, {_COLUMNS}) VALUES ('delete', {_OLD});"  # noqa: S608 # nosec B608
_TEXTS = "title, subtitle, series, author_names, topic_names, description, isbn13, language, published_year"
TRIGGERS = {
    "books_search_add": f"AFTER INSERT ON books_book BEGIN {_ADD} END",
    "books_search_remove": f"AFTER DELETE ON books_book BEGIN {_REMOVE} END",
    "books_search_change": f"AFTER UPDATE OF id, {_TEXTS} ON books_book BEGIN {_REMOVE} {_ADD} END",
}
EMPTY = "INSERT INTO books_search (books_search) VALUES ('delete-all')"
_ALL = f"SELECT id, {_WORDS.format('')} FROM books_book ORDER BY id"  # noqa: S608 # nosec B608
FILL = f"INSERT INTO books_search ({_COLUMNS}) {_ALL}"  # nosec B608


def install_triggers(database: BaseDatabaseWrapper) -> None:
    """Put the triggers into SQLite where they are missing."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            for name, action in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {action}")


def index_all() -> None:
    """Make SQLite's index again; to be called within a transaction, for which other writers wait."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(FILL)
