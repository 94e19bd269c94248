"""What all peers share: the page that each computes, as plain data, and where the database is."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SIZE, CAP = 20, 10_000  # books on a page; where counting stops
COLUMNS = "id", "title", "author_names", "isbn13", "published_year", "language"
TEMPLATES = Path(__file__).parent / "templates"


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """A book in the list, from a row of COLUMNS."""
    return {
        "id": row["id"],
        "url": f"/books/{row['id']}/",
        "title": row["title"],
        "authors": row["author_names"].split("\n") if row["author_names"] else [],
        "isbn13": row["isbn13"],
        "published_year": row["published_year"],
        "language": row["language"],
    }


def page(entries: list[Any], count: int, after: int | None) -> dict[str, Any]:
    """The answer, from the entries of up to SIZE + 1 rows and of a count that stops one beyond CAP."""
    shown = entries[:SIZE]
    ids = [one["id"] if isinstance(one, dict) else one.id for one in shown]
    return {
        "books": shown,
        "count": min(count, CAP),
        "count_is_exact": count <= CAP,
        "next": f"/books/?sort=-added&after={ids[-1]}" if len(entries) > SIZE else None,
        "previous": f"/books/?sort=-added&before={ids[0]}" if ids and after is not None else None,
    }


def listing(rows: Sequence[Mapping[str, Any]], count: int, after: int | None) -> dict[str, Any]:
    return page([entry(row) for row in rows], count, after)


def wants_page(accept: str | None) -> bool:
    return "text/html" in (accept or "")


def database() -> dict[str, str]:
    """`path` of the SQLite file; or host, port, user, password and database of PostgreSQL, as far as they are given."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    if parts.scheme == "sqlite":
        return {"path": parts.path[1:]}
    user, _, address = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    host, _, port = address.partition(":")
    given = {"host": host, "port": port, "user": name, "password": password, "database": parts.path[1:]}
    return {key: unquote(value) for key, value in given.items() if value}
