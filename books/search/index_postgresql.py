"""PostgreSQL's index: a column of words with a GIN index. The words of books to index are NULL.

A trigger sets them to NULL when a statement changes a text without giving new words.
"""

from collections.abc import Sequence
from typing import Any

from books.metadata.text import RULES, TEXTS, index_lines
from books.search.expressions import tsvector

_TEXTS = ", ".join(TEXTS)
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in TEXTS) for row in ("old", "new"))
_BODY = "BEGIN NEW.words := NULL; RETURN NEW; END"
_INDEXED = f"{_BODY} -- text rules {RULES}: {_TEXTS}\n"
_FUNCTION = "CREATE OR REPLACE FUNCTION books_forget_words() RETURNS trigger LANGUAGE plpgsql AS $$ {} $$"
INSTALL = (
    _FUNCTION.format(_BODY),
    f"CREATE OR REPLACE TRIGGER books_forget_words BEFORE UPDATE OF {_TEXTS} ON books_book FOR EACH ROW "
    f"WHEN (({_OLD}) IS DISTINCT FROM ({_NEW}) AND old.words IS NOT DISTINCT FROM new.words) "
    "EXECUTE FUNCTION books_forget_words()",
    "CREATE INDEX IF NOT EXISTS book_by_words ON books_book USING gin (words)",
    "CREATE INDEX IF NOT EXISTS book_without_words ON books_book (id) WHERE words IS NULL",
)
REMOVE = (
    "DROP TRIGGER books_forget_words ON books_book",
    "DROP FUNCTION books_forget_words",
    "DROP INDEX book_by_words",
    "DROP INDEX book_without_words",
)
CHANGED = "SELECT id FROM books_book WHERE words IS NULL ORDER BY id LIMIT %s"
THERE = f"SELECT id, {_TEXTS} FROM books_book WHERE words IS NULL AND id = ANY(%s)"  # noqa: S608 # nosec B608
NEXT = f"SELECT id, {_TEXTS} FROM books_book WHERE id > %s ORDER BY id LIMIT %s FOR UPDATE"  # noqa: S608 # nosec B608
GIVE = (
    "UPDATE books_book SET words = given.words::tsvector "
    "FROM unnest(%s::bigint[], %s::text[]) AS given (id, words) WHERE books_book.id = given.id"
)


def changed_books(cursor: Any, most: int, *, to_write: bool = False) -> list[int]:
    """Some of the books to index; `to_write`: only those that nobody else is writing."""
    cursor.execute(f"{CHANGED} FOR UPDATE SKIP LOCKED" if to_write else CHANGED, [most])
    return [pk for (pk,) in cursor.fetchall()]


def index(cursor: Any, pks: Sequence[int]) -> None:
    """Index those of these books whose words are NULL."""
    cursor.execute(THERE, [pks])
    _give_words(cursor, cursor.fetchall())


def index_next(cursor: Any, last: int, most: int) -> int | None:
    """Index the next books after this id again. Returns the id of the last one, or None if there are no more."""
    cursor.execute(NEXT, [last, most])
    _give_words(cursor, rows := cursor.fetchall())
    return rows[-1][0] if rows else None


def _give_words(cursor: Any, rows: Sequence[Any]) -> None:
    if found := [(pk, tsvector(index_lines(texts))) for pk, *texts in rows]:
        cursor.execute(GIVE, [list(column) for column in zip(*found, strict=True)])


def is_installed(cursor: Any) -> bool:
    cursor.execute(
        "SELECT prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgname = 'books_forget_words'"
    )
    return bool(cursor.fetchall() == [(f" {_INDEXED} ",)])


def install(cursor: Any) -> None:
    for statement in INSTALL:
        cursor.execute(statement)


def finish(cursor: Any) -> None:
    """Called once all books are indexed by this version's rules."""
    cursor.execute(_FUNCTION.format(_INDEXED))


def remove(cursor: Any) -> None:
    for statement in REMOVE:
        cursor.execute(statement)
