"""A query whose SQL is made once gives what the query itself gives."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Avg, Count, F, QuerySet, Value
from django.db.models.functions import Concat, Upper
from django.test import TestCase

from books.models import Author, Book, Topic
from books.search.compiled_query import Statement, aread

BOOKS = [
    {
        "title": "Kokoro",
        "authors": ["夏目 漱石"],
        "topics": ["Novels", "Japan"],
        "published_year": 1914,
        "language": "ja",
    },
    {
        "title": "Botchan",
        "authors": ["夏目 漱石"],
        "topics": ["Novels"],
        "published_year": 1906,
        "language": "ja",
        "pages": 200,
    },
    {"title": "Emma", "authors": ["Jane Austen", "A. Editor"], "series": "Novels", "series_number": Decimal("1.5")},
]
QUERIES: dict[str, Any] = {
    "all columns": lambda: Book.objects.order_by("pk").values(),
    "decimals and texts": lambda: Book.objects.order_by("title").values("title", "series_number"),
    "times": lambda: Book.objects.order_by("pk").values("created_at", "updated_at"),
    "the columns in the order asked for": lambda: Book.objects.order_by("pk").values("version", "id", "title"),
    "a slice": lambda: Book.objects.order_by("-title").values("title")[1:3],
    "a slice that is empty": lambda: Book.objects.order_by("title").values("title")[7:9],
    "nothing": lambda: Book.objects.none().values("title"),
    "a condition that nothing meets": lambda: Book.objects.filter(pk__in=[]).values("title"),
    "parameters": lambda: Book.objects.filter(title__startswith="K", published_year__gt=1900).values("title"),
    "a per cent sign": lambda: Book.objects.filter(title__contains="%").values("title"),
    "an annotation": lambda: Author.objects.annotate(written=Count("books")).order_by("name").values("name", "written"),
    "an expression": lambda: Book.objects.order_by("pk").values("id", loud=Upper("title"), year=F("published_year")),
    "a joined text": lambda: Topic.objects.order_by("pk").values(both=Concat("slug", Value(": "), "name")),
    "groups": lambda: Book.objects.order_by("language").values("language").annotate(Count("pk"), Avg("published_year")),
    "a relation": lambda: Book.objects.order_by("title", "topics__slug").values("title", "topics__slug"),
}


class Rows(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for record in BOOKS:
            Book.objects.add(record)

    def test_they_are_the_querys_own(self) -> None:
        for name, query in QUERIES.items():
            with self.subTest(name):
                assert Statement(query()).rows() == list(query())

    def test_they_are_read_anew_each_time(self) -> None:
        statement = Statement(Topic.objects.order_by("slug").values("slug"))
        statement.rows()
        Topic.objects.create(slug="a-new-one", name="A new one")
        assert statement.rows()[0] == {"slug": "a-new-one"}

    def test_each_reading_is_one_question_to_the_database(self) -> None:
        statement = Statement(QUERIES["decimals and texts"]())
        for _ in range(2):
            with self.assertNumQueries(1):
                statement.rows()

    def test_a_condition_that_nothing_meets_asks_nothing(self) -> None:
        statement = Statement(Book.objects.none().values("title"))
        for _ in range(2):
            with self.assertNumQueries(0):
                assert statement.rows() == []

    def test_its_sql_is_made_once(self) -> None:
        class Counting(Upper):
            made = 0

            def as_sql(self, *arguments: Any, **options: Any) -> Any:
                Counting.made += 1
                return super().as_sql(*arguments, **options)

        statement = Statement(Book.objects.values(loud=Counting("title")))
        for _ in range(3):
            statement.rows()
        assert Counting.made == 1

    def test_its_query_is_not_asked_by_itself(self) -> None:
        query: QuerySet[Any, Any] = QUERIES["all columns"]()
        Statement(query).rows()
        assert query._result_cache is None  # type: ignore[attr-defined]

    async def test_several_statements_are_read_in_one_hop(self) -> None:
        loop, hops = asyncio.get_running_loop(), []
        run_in_executor = loop.run_in_executor
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "run_in_executor", lambda *call: hops.append(call) or run_in_executor(*call))
            found = await aread(*(Statement(query()) for query in QUERIES.values()))
        assert (len(found), len(hops)) == (len(QUERIES), 1)

    async def test_each_gives_its_own_rows_in_order(self) -> None:
        titles, topics, nothing = await aread(
            Statement(Book.objects.order_by("title").values("title")),
            Statement(Topic.objects.order_by("slug").values("slug")),
            Statement(Book.objects.none().values("title")),
        )
        assert [row["title"] for row in titles] == ["Botchan", "Emma", "Kokoro"]
        assert [row["slug"] for row in topics] == ["japan", "novels"]
        assert nothing == []

    async def test_the_others_are_read_only_when_the_first_says_so(self) -> None:
        first, other = Statement(QUERIES["all columns"]()), Statement(QUERIES["times"]())
        assert [len(rows) for rows in await aread(first, other, when=lambda rows: len(rows) > 3)] == [3]
        assert other.sql is None
