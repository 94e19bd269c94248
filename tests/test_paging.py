import base64
import itertools
import json
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st

from books.models import Book
from books.models.book import BookQuerySet
from books.search.compiled_query import CompiledQuery
from books.search.filters import BookSearch, count_query
from books.search.pagination import Cursor, Ordering, PageRequest, is_text
from books.search.results import Shape, rows_in_order

TITLE = BookQuerySet.ORDERINGS["title"]


def cursor(*value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_is_read_as_it_was_written() -> None:
    written = Cursor.encode(TITLE, ["心", 7])
    assert Cursor.decode(written, TITLE, backwards=False).key == ["心", 7]


@pytest.mark.parametrize(
    "text",
    [
        "zz",
        "é",
        "%%%",
        "A" * 1999,
        cursor(),
        cursor("title"),
        cursor("title", "a"),
        cursor("title", "a", "b"),
        cursor("title", "a", True),
        cursor("title", "a", 1.5),
        cursor("title", "a", 10**30),
        cursor("title", "a\0", 1),
        cursor("title", "\ud800", 1),
        cursor("title", ["a"], 1),
        cursor("title", "a", 1, 1),
        cursor("year", 1, 1),
        cursor({"title": 1}, 1),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
        base64.urlsafe_b64encode(b'{"title": 1}').decode().rstrip("="),
    ],
)
def test_what_is_no_cursor_of_this_order_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Cursor.decode(text, TITLE, backwards=False)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        assert Cursor.decode(text, TITLE, backwards=True).backwards
    except ValidationError as error:
        assert error.messages  # noqa: PT017 - either way is right


def plan_of(query: CompiledQuery, **values: Any) -> str:
    """How SQLite goes about it, a line for each step."""
    sql, parameters = query.fill(values)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return "\n".join(detail for *_, detail in cursor.fetchall())


class EveryOrder(TestCase):
    """A walk over rows with equal titles, equal years and unknown years."""

    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(11):
            year = 1900 + number % 4 if number % 3 else None
            Book.objects.add({"title": f"Title {number % 2}", "published_year": year})

    async def walk(self, ordering: Ordering, size: int, *, backwards: bool = False) -> list[int]:
        """The ids of all rows, page by page; backwards: from the last page to the first, in the list's order."""
        place: PageRequest | None = PageRequest(ordering, size, await self.end(ordering) if backwards else None)
        seen: list[int] = []
        while place:
            page = await Book.objects.matching(BookSearch()).apage(place)
            ids = [pk for pk, *_ in page.rows]
            seen = ids + seen if backwards else seen + ids
            link = page.before if backwards else page.after
            place = PageRequest(ordering, size, Cursor.decode(link, ordering, backwards=backwards)) if link else None
        return seen

    async def end(self, ordering: Ordering) -> Cursor:
        last = "\U0010fffd" if not ordering.descending else ""
        number = 2**62 if not ordering.descending else -(2**62)
        return Cursor([last if c.endswith("_key") else number for c in ordering.columns], backwards=True)

    async def test_every_row_is_seen_once_whatever_the_order_and_the_size(self) -> None:
        everything = {pk async for pk in Book.objects.values_list("pk", flat=True)}
        for ordering in BookQuerySet.ORDERINGS.values():
            for size in (1, 3, 11, 100):
                with self.subTest(ordering=ordering.name, size=size):
                    seen = await self.walk(ordering, size)
                    assert len(seen) == 11
                    assert set(seen) == everything

    async def test_the_walk_back_sees_the_same_rows_in_the_same_order(self) -> None:
        for ordering in BookQuerySet.ORDERINGS.values():
            with self.subTest(ordering=ordering.name):
                assert await self.walk(ordering, 3, backwards=True) == await self.walk(ordering, 100)

    async def test_unknown_years_come_last_both_ways(self) -> None:
        for name in ("year", "-year"):
            years = {book.pk: book.published_year async for book in Book.objects.all()}
            walked = [years[pk] for pk in await self.walk(BookQuerySet.ORDERINGS[name], 4)]
            known = [year for year in walked if year is not None]
            assert walked == sorted(known, reverse=name == "-year") + [None] * 4

    async def test_a_page_after_the_last_row_still_knows_the_count(self) -> None:
        page = await Book.objects.apage(["id"], PageRequest(TITLE, 5, Cursor(["\U0010fffd", 2**62])))
        assert (page.rows, page.count, page.after) == ([], 11, None)

    async def test_a_row_added_before_the_cursor_does_not_repeat_one(self) -> None:
        first = await Book.objects.apage(["id"], PageRequest(TITLE, 4))
        await Book.objects.acreate(title="A new first", title_key="a new first")
        assert first.after
        second = await Book.objects.apage(
            ["id"], PageRequest(TITLE, 4, Cursor.decode(first.after, TITLE, backwards=False))
        )
        assert not {row["id"] for row in first.rows} & {row["id"] for row in second.rows}

    @pytest.mark.sqlite
    def test_a_page_of_the_whole_catalogue_is_read_from_an_index_and_never_sorted(self) -> None:
        """It must be as quick in a large catalogue as in a small one."""
        for ordering in set(BookQuerySet.ORDERINGS.values()) - {BookQuerySet.ORDERINGS["relevance"]}:
            for backwards, is_beyond in itertools.product((False, True), repeat=2):
                shape = Shape((), 100, ordering, backwards, is_beyond, is_sorted=False)
                key = {f"key{place}": "" if is_text(name) else 0 for place, name in enumerate(ordering.columns)}
                with self.subTest(shape=shape):
                    plan = plan_of(CompiledQuery(rows_in_order(Book, shape)), **key)
                    assert "\n" not in plan
                    assert re.search("USING (INTEGER PRIMARY KEY|INDEX book_by)|SCAN books_book$", plan), plan

    @pytest.mark.sqlite
    def test_the_books_of_a_long_span_of_years_are_counted_by_one_index(self) -> None:
        """Else each book since the first year would be looked up."""
        plan = plan_of(CompiledQuery(count_query(Book, ("lowest", "highest"), 10)), lowest0=1000, highest1=1914)
        assert "USING INDEX book_by_year_down (year_or_first>? AND year_or_first<?)" in plan

    @pytest.mark.sqlite
    def test_a_few_books_of_a_long_span_of_years_are_found_by_its_index(self) -> None:
        """A walk along the titles would pass the whole catalogue."""
        shape = Shape(("lowest", "highest"), 10, TITLE, backwards=False, is_beyond=False, is_sorted=True, is_few=True)
        plan = plan_of(CompiledQuery(rows_in_order(Book, shape)), lowest0=1000, highest1=1914)
        assert "USING INDEX book_by_year_down (year_or_first>? AND year_or_first<?)" in plan

    def test_a_page_is_one_query(self) -> None:
        with self.assertNumQueries(1):
            async_to_sync(Book.objects.all().apage)(["id"], PageRequest(TITLE, 4))
