"""What all peers share: the page that each computes, as plain data."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SIZE, CAP = 20, 10_000  # books on a page; where counting stops
COLUMNS = "id", "title", "author_names", "isbn13", "published_year", "language"
TEMPLATES = [Path(__file__).parent / "templates", Path(os.environ["PAGES"])]  # what is around our own list is there
POOL = 8  # connections of a worker, as many as this catalogue's


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


def wants_page(accept: str | None) -> bool:
    return "text/html" in (accept or "")
