"""Rows of small covers on the page of a book: other editions, and more of its series and by its authors."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django.db.models import BigIntegerField, CharField, IntegerField

from books.metadata import fingerprint
from books.metadata.sameness import TITLE, are_different
from books.models import Book, BookAuthor, BookSeries
from books.search.compiled_query import CompiledQuery, Parameter, Row
from books.templatetags.catalogue import small_cover
from books.web.serializers import book_url

LONGEST = 6  # covers per row
MOST_READ = 24  # books to choose them from
KEPT = 2000  # rendered covers in memory, 500 bytes each
BEFORE = 3  # volumes before this one
COLUMNS = ("pk", "title", "author_names", "language")
EDITION = (*COLUMNS, *TITLE[1:])  # as `are_different` compares them

OF_PRINT = Book.objects.filter(fingerprint=Parameter("fingerprint", CharField())).order_by("pk")
EDITIONS = CompiledQuery(OF_PRINT.values_list(*EDITION)[:MOST_READ])
FROM_PLACE = BookSeries.objects.filter(
    series=Parameter("series", BigIntegerField()), place__gte=Parameter("place", IntegerField())
)
IN_SERIES = CompiledQuery(
    FROM_PLACE.order_by("place", "book").values_list("book_id", "book__title", "book__author_names", "book__language")[
        :MOST_READ
    ]
)
AUTHORS = BookAuthor.objects.filter(book=Parameter("pk", BigIntegerField())).values("author")
THEIRS = BookAuthor.objects.filter(author__in=AUTHORS).order_by("author", "book").values("book")[:MOST_READ]
BY_AUTHORS = CompiledQuery(Book.objects.filter(pk__in=THEIRS).order_by("title_key", "pk").values_list(*COLUMNS))


def shelves(book: Mapping[str, Any], authors: list[str], in_series: list[Row]) -> list[dict[str, str]]:
    """The rows that are not empty, by three short queries. Each book is in one row at most."""
    shown, found = {book["id"]}, []

    def add(name: str, rows: Iterable[Row]) -> None:
        row = [row[: len(COLUMNS)] for row in rows if row[0] not in shown][:LONGEST]
        shown.update(pk for pk, *_ in row)
        if row:
            found.append({"name": name, "covers": "\n".join(cover_html(*each) for each in row)})

    rows = EDITIONS.read(fingerprint=fingerprint.of(book["title"], authors))
    add("Other editions", [row for row in rows if not are_different(dict(zip(EDITION, row, strict=True)), book)])
    for pk, name, number, _ in in_series[:1]:
        place = int((number - BEFORE) * 100) if number is not None else 0
        add(f"More in {name}", IN_SERIES.read(series=pk, place=place))
    if authors:
        add(f"More by {' and '.join(authors[:2])}", BY_AUTHORS.read(pk=book["id"]))
    return found


@lru_cache(KEPT)
def cover_html(pk: int, title: str, author_names: str, language: str) -> str:
    return (
        f'<li><a href="{book_url(pk)}" lang="{escape(language)}">{small_cover(title, author_names)}'
        f'<span dir="auto">{escape(title)}</span></a></li>'
    )
