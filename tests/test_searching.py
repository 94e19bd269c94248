"""The search through the database: what is found, in which order, and that the index follows the rows."""

from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import TestCase

from books.history.rename import edit
from books.metadata.text import LONGEST, words
from books.models import Book
from books.models.book import BookQuerySet
from books.models.change import COMMAND
from books.models.derive import derive
from books.search.filters import BookSearch
from books.search.index import rebuild
from books.search.pagination import Cursor, Page, PageRequest
from books.search.query import parse
from tests.test_recall import TITLES

RELEVANCE = BookQuerySet.ORDERINGS["relevance"]


def page_of(query: str, page: PageRequest) -> Page:
    return async_to_sync(Book.objects.matching(BookSearch.of({"q": query})).apage)(page)


def titles(query: str) -> list[str]:
    """What is found, page by page, in the order of relevance."""
    found: list[str] = []
    place: PageRequest | None = PageRequest(RELEVANCE, 3)
    while place:
        page = page_of(query, place)
        found += [title for _, title, *_ in page.rows]
        place = PageRequest(RELEVANCE, 3, Cursor.decode(page.after, RELEVANCE, backwards=False)) if page.after else None
    return found


class PagesTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for number, title in enumerate(TITLES):
            Book.objects.add({"title": title.strip(), "authors": [f"Writer {number}"]})

    def test_the_pages_of_a_ranked_search_hold_all_that_is_found_once(self) -> None:
        for query in ("the", "t", "歴史", "writer", "his", "1", "there -again", "-writer", "-the"):
            with self.subTest(query=query):
                found = titles(query)
                assert sorted(found) == sorted(Book.objects.search(query).values_list("title", flat=True))


class OrderTests(TestCase):
    def test_the_title_comes_before_the_author_and_the_author_before_the_description(self) -> None:
        Book.objects.add({"title": "A", "description": "About Kafka."})
        Book.objects.add({"title": "B", "authors": ["Franz Kafka"]})
        Book.objects.add({"title": "Conversations with Kafka"})
        Book.objects.add({"title": "Kafkaesque"})
        Book.objects.add({"title": "Kafka"})
        expected = ["Kafka", "Kafkaesque", "Conversations with Kafka", "B", "A"]
        assert titles("kafka") == expected

    def test_a_whole_word_comes_before_one_that_only_begins_so(self) -> None:
        Book.objects.add({"title": "The Artists"})
        Book.objects.add({"title": "The Art"})
        assert titles("art") == ["The Art", "The Artists"]

    def test_the_pages_lead_back_the_way_they_came(self) -> None:
        for number in range(7):
            Book.objects.add({"title": f"{'A ' if number % 2 else ''}Sea {number}"})
        Book.objects.add({"title": "Land"})
        for query in ("sea", "-land"):
            with self.subTest(query), mock.patch("books.search.results.WINDOW", 1):
                there = titles(query)
                last = PageRequest(RELEVANCE, 3, Cursor([99, 0], backwards=True))
                page = page_of(query, last)
                assert [title for _, title, *_ in page.rows] == there[-3:]
                back = PageRequest(RELEVANCE, 3, Cursor.decode(page.before or "", RELEVANCE, backwards=True))
                page = page_of(query, back)
                assert ([title for _, title, *_ in page.rows], page.count) == (there[-6:-3], 7)


class CountTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(7):
            Book.objects.add({"title": f"Sea {number}", "topics": ["Novels"]})

    async def counted(self, **query: str) -> tuple[int, bool]:
        answer = (await self.async_client.get("/books/", {"size": "2", **query})).json()
        assert len(answer["books"]) == 2
        return answer["count"], answer["count_is_exact"]

    async def test_among_few_books_all_that_are_found_are_counted(self) -> None:
        with mock.patch("books.search.results.SEARCH_CAP", 3):
            assert await self.counted(q="sea") == (7, True)

    async def test_among_many_the_count_of_a_search_ends_early_and_says_so(self) -> None:
        with (
            mock.patch("books.search.results.SEARCH_CAP", 3),
            mock.patch("books.search.results.SMALL_CATALOGUE", 0),
        ):
            assert await self.counted(q="sea") == (3, False)


class FieldTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        add = Book.objects.add
        add(
            {
                "title": "Kokoro",
                "authors": ["夏目 漱石"],
                "published_year": 1914,
                "language": "ja",
                "topics": ["Novels"],
            }
        )
        add({"title": "Sōseki and his time", "authors": ["A. Scholar"], "published_year": 1955, "language": "en"})
        add({"title": "Emma", "authors": ["Jane Austen"], "isbn13": "9780306406157", "topics": ["Novels", "Love"]})

    def test_each_field_narrows_the_search(self) -> None:
        for query, expected in {
            "author:夏目": {"Kokoro"},
            "title:soseki": {"Sōseki and his time"},
            "topic:novel": {"Kokoro", "Emma"},
            "topic:novel -author:austen": {"Kokoro"},
            "year:1914": {"Kokoro"},
            "year:1950..1960": {"Sōseki and his time"},
            "year:..1950": {"Kokoro"},
            "lang:ja": {"Kokoro"},
            "language:jpn kokoro": {"Kokoro"},
            "isbn:40615": {"Emma"},
            "isbn:978-0-306-40615-7": {"Emma"},
            "-novel": {"Kokoro", "Sōseki and his time", "Emma"},
            "-kokoro": {"Sōseki and his time", "Emma"},
            "-kokoro -emma": {"Sōseki and his time"},
            'author:"jane austen"': {"Emma"},
            "ＡＵＴＨＯＲ：austen": {"Emma"},
            "year:then": set(),
            "love": set(),
        }.items():
            with self.subTest(query=query):
                assert set(Book.objects.search(query).values_list("title", flat=True)) == expected


class HostileTests(TestCase):
    async def test_nothing_that_is_typed_is_an_error(self) -> None:
        for query in (
            '"', '""', "-", "--", ":", "author:", 'author:"', "-author:", "(", ") OR (", "NEAR(a b)", "a*", "^a",
            "#1234",             "{title}: a",
            "'", "\\", "a & b | !c", "<->", "'a':*A", "year:99999", "year:..", "year:1..2..3", "isbn:x",
            "lang:!!", "𠀀", "\u0301", "ー", "a" * 200, "あ" * 200, " ".join("abcdefghij" * 10), "1" * 200, "-a " * 60,
            "\u200f\u202e", "é" * 100, "0" * 13, "NOT", "AND OR", "İ ß ﬁ", "٣٤٥٦٧", "9" * 30,
        ):  # fmt: skip
            with self.subTest(query=query):
                response = await self.async_client.get("/books/", {"q": query})
                assert response.status_code == 200, response.content
                page = await self.async_client.get("/books/", {"q": query}, headers={"accept": "text/html"})
                assert page.status_code == 200

    async def test_an_empty_catalogue_has_nothing_in_any_order(self) -> None:
        for sort in BookQuerySet.ORDERINGS:
            response = await self.async_client.get(f"/books/?language=ja&q=a&sort={sort}")
            assert response.json()["count"] == 0

    async def test_an_id_beyond_all_numbers_finds_nothing(self) -> None:
        for accept in ("application/json", "text/html"):
            response = await self.async_client.get(f"/books/?author={'9' * 30}", headers={"accept": accept})
            assert response.status_code == 200


class InStepTests(TestCase):
    def found(self, query: str) -> list[str]:
        return list(Book.objects.search(query).order_by("pk").values_list("title", flat=True))

    def test_what_is_added_changed_renamed_and_removed_is_found_so(self) -> None:
        book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume"], "description": "A teacher"})
        assert self.found("kokoro natsume teacher") == ["Kokoro"]
        Book.objects.change(book.pk, {"title": "Heart"})
        assert (self.found("kokoro"), self.found("heart")) == ([], ["Heart"])
        edit(book.authors.get(), {"name": "Sōseki"}, COMMAND)
        assert (self.found("natsume"), self.found("soseki")) == (["Heart"], ["Heart"])
        Book.objects.remove(book.pk)
        assert self.found("heart") == []

    @pytest.mark.sqlite
    def test_rows_that_are_written_in_bulk_are_found(self) -> None:
        Book.objects.bulk_create([Book(title="One", title_key="one"), Book(title="Two", title_key="two")])
        Book.objects.filter(title="Two").update(title="Three")
        assert (self.found("one"), self.found("two"), self.found("three")) == (["One"], [], ["Three"])
        Book.objects.all().delete()
        assert self.found("one") == []

    def lose(self) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO books_search (books_search) VALUES ('delete-all')")
        else:
            Book.objects.update(words="'else'")
        assert self.found("kokoro") == []

    def test_an_index_that_was_lost_is_made_again(self) -> None:
        book = Book.objects.add({"title": "Kokoro"})
        self.lose()
        if connection.vendor == "sqlite":
            assert sum(rebuild()) == 1
        else:
            derive([book.pk])
        assert self.found("kokoro") == ["Kokoro"]


def test_a_word_too_long_for_a_database_is_cut() -> None:
    assert words("a" * 5000) == ["a" * LONGEST]
    assert parse("a" * 200).terms[0].phrases[0].words == ("a" * LONGEST,)
