"""Converts rows to plain data, the same for JSON and for pages."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from books.metadata import sorting
from books.metadata.record import EDITABLE
from books.models.book import Book
from books.models.book_columns import NAME_SEPARATOR, RECORD_COLUMNS, as_record
from books.models.job import JobQuerySet

BOOK_COLUMNS = ("id", "created_at", "updated_at", "version", *RECORD_COLUMNS)
BOOKS = f"{settings.SCRIPT_NAME}/books/"


def book_url(pk: int) -> str:
    """The same as reverse(), which would be slow for twenty books on a page."""
    return f"{BOOKS}{pk}/"


def list_entries(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """The books of a list, from rows that begin with BookQuerySet.LIST_COLUMNS."""
    return [
        {
            "id": pk,
            "url": f"{BOOKS}{pk}/",
            "title": title,
            "authors": author_names.split(NAME_SEPARATOR) if author_names else [],
            "isbn13": isbn13,
            "published_year": published_year,
            "language": language,
        }
        for pk, title, author_names, isbn13, published_year, language, *_ in rows
    ]


def book(
    row: Mapping[str, Any], topics: list[str], in_series: Iterable[tuple[int, str, Any, str]] | None = None
) -> dict[str, Any]:
    """A whole book, from BOOK_COLUMNS. `topics` are slugs; `in_series` has the id, name, number and label of each."""
    return {
        "id": row["id"],
        "url": book_url(row["id"]),
        **fields_of({**as_record(row), "topics": topics}),
        **({} if in_series is None else {"in_series": [place(*each) for each in in_series]}),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "version": row["version"],
    }


def place(pk: int, name: str, number_: Decimal | None, label: str) -> dict[str, Any]:
    """A book's place in a series."""
    return {
        "id": pk,
        "url": reverse("series_detail", args=[pk]),
        "name": name,
        "number": number(number_),
        "label": label,
    }


def fields_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that clients can read and write."""
    return {name: json_value(record[name]) for name in EDITABLE}


def job(row: Mapping[str, Any]) -> dict[str, Any]:
    """A job, from a row of JobQuerySet.ENTRY."""
    done, total = row["done"], row["total"]
    return {
        "id": row["key"],
        "url": reverse("job_detail", args=[row["key"]]),
        "kind": row["kind"],
        "status": row["status"],
        "cancel_requested": row["cancel_requested"],
        "done": done,
        "total": total,
        "percent": min(done * 100 // total, 100) if total else None,
        **{name: row[name] for name in JobQuerySet.TOLD},
    }


def heading(row: Book) -> dict[str, Any]:
    """The book's data above its form."""
    return {"id": row.pk, "url": row.get_absolute_url(), "title": row.title, "version": row.version}


def link(view: str, key: int | str, name: str) -> dict[str, str]:
    return {"url": reverse(view, args=[key]), "name": name}


def json_value(value: Any) -> Any:
    return number(value) if isinstance(value, Decimal) else value


def number(value: Decimal | None) -> int | float | None:
    """1 for 1.00, 2.5 for 2.50."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def author(pk: int, name: str, books: int, given: str) -> dict[str, Any]:
    """`given`: the sort name if somebody has chosen one."""
    url = reverse("author_detail", args=[pk])
    return {"id": pk, "url": url, "name": name, "sort_name": given or sorting.sort_name(name), "books": books}


def topic(slug: str, name: str, books: int) -> dict[str, Any]:
    return {"slug": slug, "url": reverse("topic_detail", args=[slug]), "name": name, "books": books}
