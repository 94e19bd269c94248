"""SQLite's index: an FTS5 table, and a table in which triggers note which books to index.

The index is contentless: it stores where words occur, but not the texts, which halves its size. Removing a book from it
requires the texts that were indexed. So a note holds them, or NULLs if the book is not in the index. No book has two
notes.

A rebuild writes a new index beside the one in use, in the order of ids, one portion per transaction. The row in REBUILT
has the last id; books up to it are written to both indexes. Dropping an index of 40 MB takes half a second, in which
nobody could write, so the old one is put aside and deleted in portions.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from books.metadata.text import RULES, TEXTS, index_lines, texts_of

TABLES = {
    "books_search": """CREATE VIRTUAL TABLE books_search USING fts5 (
        title, authors, topics, series, other, content='', columnsize=0, tokenize="ascii tokenchars '^-#@_'"
    )""",
    "books_unindexed": f"CREATE TABLE books_unindexed (book INTEGER PRIMARY KEY, {', '.join(TEXTS)})",
}
_NOTE = f"INSERT INTO books_unindexed (book, {', '.join(TEXTS)})"
_NOT_NOTED = "NOT IN (SELECT book FROM books_unindexed);"


def _of(row: str, *more: str) -> str:
    return ", ".join(f"{row}.{name}" for name in (*more, *TEXTS))


_OLD = f"{_NOTE} SELECT {_of('old', 'id')} WHERE old.id {_NOT_NOTED}"
_NEW = f"INSERT INTO books_unindexed (book) SELECT new.id WHERE new.id {_NOT_NOTED}"
# INSERT OR REPLACE and UPDATE OR REPLACE delete rows without firing a DELETE trigger.
_SAME = "FROM books_book AS book WHERE (id = new.id OR isbn13 = new.isbn13 OR source_key = new.source_key)"
_REPLACED = f"{_NOTE} SELECT {_of('book', 'id')} {_SAME} AND id {_NOT_NOTED}"  # nosec B608 - our names
_UNIQUE = "id, isbn13, series_number, source_key"
TRIGGERS = {
    name: f"CREATE TRIGGER {name} {when} BEGIN /* text rules {RULES} */ {notes} END"
    for name, when, notes in (
        ("books_unindexed_added", "AFTER INSERT ON books_book", _NEW),
        ("books_unindexed_removed", "AFTER DELETE ON books_book", _OLD),
        (
            "books_unindexed_changed",
            f"AFTER UPDATE OF id, {', '.join(TEXTS)} ON books_book "
            f"WHEN ({_of('old', 'id')}) IS NOT ({_of('new', 'id')})",
            f"{_OLD} {_NEW}",
        ),
        # The condition only saves time: for most rows nothing else runs.
        ("books_unindexed_replaced", f"BEFORE INSERT ON books_book WHEN EXISTS (SELECT 1 {_SAME})", _REPLACED),
        (
            "books_unindexed_displaced",
            f"BEFORE UPDATE OF {_UNIQUE} ON books_book WHEN (old.id, old.isbn13, old.series_number, old.source_key) "
            "IS NOT (new.id, new.isbn13, new.series_number, new.source_key)",
            _REPLACED,
        ),
    )
}
USED, NEW, OLD, REBUILT = "books_search", "books_search_new", "books_search_old", "books_search_rebuilt"
PAGES = 500  # rows of the old index to delete in one transaction
STRUCTURE = 10  # the last of the ids with the data that FTS5 needs to open an index
LARGEST_ID = 2**63 - 1
# As bytes: neither invalid UTF-8 nor a BLOB may stop the index.
_TEXTS = ", ".join(name if name == "published_year" else f"CAST({name} AS BLOB)" for name in TEXTS)
CHANGED = "SELECT book FROM books_unindexed ORDER BY book LIMIT %s"
_AMONG = "IN (SELECT value FROM json_each(%s))"
_NOTED = f"FROM books_unindexed WHERE book {_AMONG}"
INDEXED = f"SELECT book, {_TEXTS} {_NOTED} AND title IS NOT NULL ORDER BY book"  # nosec B608
THERE = f"SELECT id, {_TEXTS} FROM books_book WHERE id IN (SELECT book {_NOTED})"  # noqa: S608 # nosec B608
FORGET = f"DELETE {_NOTED}"
_COLUMNS = "rowid, title, authors, topics, series, other"
REMOVE = f"INSERT INTO books_search (books_search, {_COLUMNS}) VALUES ('delete', %s, %s, %s, %s, %s, %s)"  # noqa: S608 # nosec B608
ADD = f"INSERT INTO books_search ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 # nosec B608
NEXT = f"SELECT id, {_TEXTS} FROM books_book WHERE id > %s AND id <= %s ORDER BY id LIMIT %s"  # noqa: S608 # nosec B608


def changed_books(cursor: Any, most: int, *, to_write: bool = False) -> list[int]:
    """Some of the books that have a note."""
    cursor.execute(CHANGED, [most])
    return [pk for (pk,) in cursor.fetchall()]


def index(cursor: Any, pks: Sequence[int]) -> None:
    """Index those of these books that have a note."""
    among, rebuilt = [json.dumps(pks)], _rebuilt(cursor)
    for books, statement in ((INDEXED, REMOVE), (THERE, ADD)):
        cursor.execute(books, among)
        found = [_entry(row) for row in cursor.fetchall()]
        cursor.executemany(statement, found)
        if rebuilt is not None:
            cursor.executemany(statement.replace(USED, NEW), [entry for entry in found if entry[0] <= rebuilt])
    cursor.execute(FORGET, among)


def index_new(cursor: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Index books that were just added: they have notes, and are in no index that is being rebuilt."""
    entries = [(row["id"], *index_lines(texts_of(row))) for row in rows]
    cursor.executemany(ADD, entries)
    cursor.execute(FORGET, [json.dumps([pk for pk, *_ in entries])])


def _entry(row: Sequence[Any]) -> tuple[Any, ...]:
    return row[0], *index_lines(map(_text, row[1:]))


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _rebuilt(cursor: Any) -> int | None:
    """The id up to which the new index has been built; None if there is no rebuild."""
    cursor.execute(f"SELECT id FROM {REBUILT}")  # noqa: S608 # nosec B608
    row = cursor.fetchone()
    return row[0] if row else None


def begin_rebuild(cursor: Any) -> None:
    """Begin a new index, unless there is one already, which every write has kept in step."""
    if _rebuilt(cursor) is None:
        cursor.execute(f"DROP TABLE IF EXISTS {NEW}")
        cursor.execute(TABLES[USED].replace(USED, NEW))
        cursor.execute(f"INSERT INTO {REBUILT} VALUES (0)")  # noqa: S608 # nosec B608


def next_portion(cursor: Any, most: int) -> tuple[int, list[Sequence[Any]]] | None:
    """Before the transaction: the last id of the new index and the next books; None without a rebuild.

    The words are computed here, outside the transaction, as that takes longer than writing them.
    """
    last = _rebuilt(cursor)
    if last is None:
        return None
    cursor.execute(NEXT, [last, LARGEST_ID, most])
    return last, [(row, _entry(row)) for row in cursor.fetchall()]


def add_portion(cursor: Any, last: int, portion: Sequence[Any]) -> None:
    """Within the transaction: add the current state of these books to the new index. After the last portion, use it."""
    if _rebuilt(cursor) != last:  # another process is building it too
        return
    upto = portion[-1][0][0] if portion else LARGEST_ID
    cursor.execute("SELECT book FROM books_unindexed WHERE book > %s AND book <= %s", [last, upto])
    index(cursor, [pk for (pk,) in cursor.fetchall()])  # notes have the words in the index in use
    cursor.execute(NEXT, [last, upto, LARGEST_ID])
    entries = dict(portion)
    cursor.executemany(ADD.replace(USED, NEW), [entries.get(row) or _entry(row) for row in cursor.fetchall()])
    cursor.execute(f"UPDATE {REBUILT} SET id = %s", [upto])  # noqa: S608 # nosec B608
    if not portion:
        put_aside(cursor)
        cursor.execute(f"ALTER TABLE {NEW} RENAME TO {USED}")
        cursor.execute(f"DELETE FROM {REBUILT}")  # noqa: S608 # nosec B608


def put_aside(cursor: Any) -> None:
    """Take the index out of use, to be deleted later."""
    cursor.execute(f"DROP TABLE IF EXISTS {OLD}")
    cursor.execute(f"ALTER TABLE {USED} RENAME TO {OLD}")


def is_old_deleted(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [OLD])
    return cursor.fetchone() is None


def delete_old(cursor: Any) -> None:
    """Delete a portion of the index that was put aside."""
    pages = f"SELECT id FROM {OLD}_data WHERE id > {STRUCTURE} LIMIT {PAGES}"  # noqa: S608 # nosec B608
    cursor.execute(f"DELETE FROM {OLD}_data WHERE id IN ({pages})")  # noqa: S608 # nosec B608
    if not cursor.rowcount:
        cursor.execute(f"DROP TABLE {OLD}")


def is_installed(cursor: Any) -> bool:
    return _definitions(cursor) == {**TABLES, **TRIGGERS}


def install(cursor: Any) -> None:
    """Create all tables and triggers anew, whatever an earlier version left, and note all books."""
    if USED in _definitions(cursor):
        put_aside(cursor)
    remove(cursor)
    for statement in (*TABLES.values(), *TRIGGERS.values()):
        cursor.execute(statement)
    cursor.execute("INSERT INTO books_unindexed (book) SELECT id FROM books_book")


def install_rebuilt(cursor: Any) -> None:
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {REBUILT} (id INTEGER NOT NULL)")


def install_triggers(cursor: Any) -> bool:
    """If only triggers are missing, restore them. Returns whether that was the case."""
    there = _definitions(cursor)
    missing = {name: statement for name, statement in TRIGGERS.items() if name not in there}
    if {**there, **missing} != {**TABLES, **TRIGGERS}:
        return False
    for statement in missing.values():
        cursor.execute(statement)
    return True


def remove(cursor: Any) -> None:
    for name, statement in _definitions(cursor).items():
        if statement.startswith("CREATE TRIGGER"):
            cursor.execute(f"DROP TRIGGER {name}")
    for name in (*TABLES, NEW):
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
    cursor.execute(f"DELETE FROM {REBUILT}")  # noqa: S608 # nosec B608


def digest(cursor: Any) -> str:
    """A digest of all searched texts. It takes a second for 200,000 books."""
    cursor.execute(f"SELECT id, {_TEXTS} FROM books_book ORDER BY id")  # noqa: S608 # nosec B608
    found = hashlib.blake2b()
    for row in cursor:
        found.update(repr(row).encode())
    return found.hexdigest()


def _definitions(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'books_unindexed%%' OR name = 'books_search'")
    renamed = f'"{USED}"'  # as SQLite writes it
    return {name: statement.replace(renamed, USED) for name, statement in cursor.fetchall()}
