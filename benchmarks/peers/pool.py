"""The catalogue's books over asyncpg alone: its pool and two statements."""

from typing import Any

import asyncpg

from benchmarks.peers.shelf import CAP, COLUMNS, SIZE, database

COUNT = f"(SELECT count(*) FROM (SELECT 1 FROM books_book LIMIT {CAP + 1}) AS capped) AS count"
NEWEST = f"SELECT {', '.join(COLUMNS)}, {COUNT} FROM books_book WHERE id < $1 ORDER BY id DESC LIMIT {SIZE + 1}"
DESCRIBE = "UPDATE books_book SET description = $2, version = version + 1 WHERE id = $1"
BEYOND_ALL = 2**63 - 1


async def opened() -> Any:
    return await asyncpg.create_pool(**database(), min_size=8, max_size=8)


async def read(pool: Any, after: int | None) -> tuple[list[Any], int]:
    """The rows of a page and one more, and the count."""
    rows = await pool.fetch(NEWEST, BEYOND_ALL if after is None else after)
    return rows, rows[0]["count"] if rows else 0


async def write(pool: Any, book_id: int, text: str) -> bool:
    """Whether there is such a book; then it has this description."""
    return await pool.execute(DESCRIBE, book_id, text) == "UPDATE 1"
