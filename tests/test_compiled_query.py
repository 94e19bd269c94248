"""A query whose SQL is made once gives what the query itself gives."""

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Avg, CharField, Count, F, QuerySet, Value
from django.db.models.functions import Concat, Upper
from django.test import TestCase

from books.metadata.record import Record
from books.models import Author, Book, Topic
from books.search.compiled_query import CompiledQuery, Parameter, compile_query, fetch

BOOKS: list[Record] = [
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
    "all columns": lambda: Book.objects.order_by("pk").values_list(),
    "decimals and texts": lambda: Book.objects.order_by("title").values_list("title", "series_number"),
    "times": lambda: Book.objects.order_by("pk").values_list("created_at", "updated_at"),
    "the columns in the order asked for": lambda: Book.objects.order_by("pk").values_list("version", "id", "title"),
    "a slice": lambda: Book.objects.order_by("-title").values_list("title")[1:3],
    "a slice that is empty": lambda: Book.objects.order_by("title").values_list("title")[7:9],
    "nothing": lambda: Book.objects.none().values_list("title"),
    "a condition that nothing meets": lambda: Book.objects.filter(pk__in=[]).values_list("title"),
    "parameters": lambda: Book.objects.filter(title__startswith="K", published_year__gt=1900).values_list("title"),
    "a per cent sign": lambda: Book.objects.filter(title__contains="%").values_list("title"),
    "an annotation": lambda: (
        Author.objects.annotate(written=Count("books")).order_by("name").values_list("name", "written")
    ),
    "an expression": lambda: Book.objects.order_by("pk").values_list("id", Upper("title"), F("published_year")),
    "a joined text": lambda: Topic.objects.order_by("pk").values_list(Concat("slug", Value(": "), "name")),
    "groups": lambda: (
        Book.objects.order_by("language").values_list("language").annotate(Count("pk"), Avg("published_year"))
    ),
    "a relation": lambda: Book.objects.order_by("title", "topics__slug").values_list("title", "topics__slug"),
}


class Rows(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for record in BOOKS:
            Book.objects.add(record)

    def test_they_are_the_querys_own(self) -> None:
        for name, query in QUERIES.items():
            with self.subTest(name):
                assert CompiledQuery(query()).read() == list(query())

    def test_the_rows_are_the_same_where_postgresql_prepares_them(self) -> None:
        ordered = Book.objects.order_by("title").values_list("id", "title", "isbn13", "published_year")
        query = CompiledQuery(ordered.filter(title__gt=Parameter("title", CharField())))
        statements: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            for title in ("A", "C", "Z"):
                found = query.read(title=title)
                assert found == list(ordered.filter(title__gt=title))
        assert len(statements) == 6

    def test_they_are_read_anew_each_time(self) -> None:
        topics = CompiledQuery(Topic.objects.order_by("slug").values_list("slug"))
        topics.read()
        Topic.objects.create(slug="a-new-one", name="A new one")
        assert topics.read()[0] == ("a-new-one",)

    def test_the_values_are_given_by_name(self) -> None:
        named = Book.objects.filter(title=Parameter("title", CharField()), language="ja").values_list("published_year")
        query = CompiledQuery(named)
        assert [query.read(title=title) for title in ("Kokoro", "Botchan", "Emma")] == [
            [(1914,)],
            [(1906,)],
            [],
        ]

    def test_its_sql_is_made_once(self) -> None:
        class Counting(Upper):
            made = 0

            def as_sql(self, *arguments: Any, **options: Any) -> Any:
                Counting.made += 1
                return super().as_sql(*arguments, **options)

        query = CompiledQuery(Book.objects.values_list(Counting("title")))
        for _ in range(3):
            query.read()
        assert Counting.made == 1

    def test_a_condition_that_nothing_meets_asks_nothing(self) -> None:
        with self.assertNumQueries(0):
            assert CompiledQuery(Book.objects.none().values_list("title")).read() == []

    def test_a_shape_is_compiled_once(self) -> None:
        def build(size: int) -> QuerySet[Any, Any]:
            return Book.objects.values_list("title")[:size]

        assert compile_query(build, 2) is compile_query(build, 2)
        assert compile_query(build, 2) is not compile_query(build, 3)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_connection_keeps_no_values_of_statements_that_it_does_not_prepare() -> None:
    fetch("SELECT 1", [])
    tracemalloc.start()
    with connection.cursor() as cursor:
        for number in range(8):
            cursor.execute("SELECT length(%s)", [str(number) * 1_000_000])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_500_000  # the last statement and its answer
