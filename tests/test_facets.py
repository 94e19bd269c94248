"""What narrows a list: counted with the other filters, added and taken away by links."""

import re
from itertools import count
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from books.models import Author, Book
from books.search import results
from books.search.facets import facet_counts
from books.search.filters import BookSearch
from books.search.query import parse


class Narrowing(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        add = Book.objects.add
        for number in range(6):
            add(
                {
                    "title": f"Title {number}",
                    "authors": ["Natsume Sōseki"] if number % 2 else ["Jane Austen"],
                    "contributors": ["Natsume Sōseki (illustrator)"] if number > 2 else [],
                    "language": "ja" if number % 2 else "en-gb",
                    "topics": ["Novels", "Love & war"] if number < 4 else ["Poetry"],
                    "published_year": 1900 + number * 7,
                    "series": "Old; new, & #1" if number < 2 else "",
                    "isbn13": "9780306406157" if number == 5 else None,
                }
            )

    async def page(self, address: str) -> str:
        response = await self.async_client.get(address, headers={"accept": "text/html"})
        assert response.status_code == 200
        return response.content.decode()

    async def data(self, address: str) -> Any:
        return (await self.async_client.get(address)).json()

    async def choices(self, address: str) -> dict[str, tuple[int, str]]:
        """What can be added: its name, how many books are said to be there, and where it leads."""
        aside = (await self.page(address)).partition("<aside")[2]
        found = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a> <span class="number">([\d,]+)\+?<', aside)
        return {name: (int(number), url.replace("&amp;", "&")) for url, name, number in found}

    async def test_every_choice_leads_to_as_many_books_as_it_says(self) -> None:
        for address in ("/books/", "/books/?topic=novels", "/books/?q=title&language=ja", "/topics/novels/"):
            choices = await self.choices(address)
            assert len(choices) > 3
            for name, (number, url) in choices.items():
                with self.subTest(address=address, name=name):
                    assert (await self.data(url))["count"] == number

    async def test_the_kinds_are_topic_author_language_series_and_what_has_no_isbn(self) -> None:
        choices = await self.choices("/books/")
        expected = {
            "Novels": 4,
            "Poetry": 2,
            "Jane Austen": 3,
            "Japanese": 3,
            "Old; new, &amp; #1": 2,
            "Without ISBN": 5,
        }
        assert {name: choices[name][0] for name in expected} == expected

    def common(self, page: str) -> list[tuple[str, str]]:
        """The links above the list of a phone."""
        found = page.partition('<nav class="common"')[2].partition("</nav>")[0]
        return [tuple(each) for each in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', found.replace("&amp;", "&"))]

    async def test_the_most_common_filters_that_narrow_the_list_stand_above_it(self) -> None:
        assert self.common(await self.page("/books/?sort=year")) == [
            ("/books/?sort=year&topic=love-and-war", "Love & war"),
            ("/books/?sort=year&topic=novels", "Novels"),
            ("/books/?sort=year&topic=poetry", "Poetry"),
            ("/books/?sort=year&year=1900s", "1900s"),
            ("/books/?sort=year&year=1920s", "1920s"),
            ("/books/?sort=year&year=1910s", "1910s"),
            ("/books/?sort=year&language=en", "English"),
            ("/books/?sort=year&language=ja", "Japanese"),
        ]
        assert [label for _, label in self.common(await self.page("/topics/novels/?year=1900s"))] == [
            "English",
            "Japanese",
        ]
        assert self.common(await self.page("/books/?language=ja&topic=poetry&year=1930s")) == []

    async def test_a_filter_in_force_is_taken_away_by_its_own_link(self) -> None:
        author = await Author.objects.aget(name="Jane Austen")
        page = await self.page(f"/books/?author={author.pk}&isbn=none")
        assert '<a class="chip" href="/books/?isbn=none"><span>Author: <b dir="auto">Jane Austen</b>' in page
        assert f'<a class="chip" href="/books/?author={author.pk}"><span>ISBN: <b dir="auto">none</b>' in page

    async def test_as_json_each_kind_has_its_values_and_their_numbers(self) -> None:
        sizes = {
            "topic": ("Love & war", 4),
            "author": ("Jane Austen", 3),
            "language": ("English", 3),
            "isbn": (None, 5),
        }
        for path in ("/books/?facets=all", "/books/?facets=all&q=title", "/books/?facets=all&year=1800..2000"):
            facets = (await self.data(path))["facets"]
            for kind, (name, books) in sizes.items():
                with self.subTest(path, kind=kind):
                    first = facets[kind][0]
                    assert (first["name"], first["books"]) == (name or "Without ISBN", books)

    async def test_more_opens_all_values_of_a_kind(self) -> None:
        with mock.patch("books.search.facets.SHOWN", 1):
            page = await self.page("/books/?q=title")
            assert 'href="/books/?q=title&amp;facets=topic#topic"' in page
            assert "topic=poetry#" not in page
            assert "topic=poetry#" in await self.page("/books/?q=title&facets=topic")
            facets = (await self.data("/books/?q=title&facets=topic"))["facets"]
        assert [(each["value"], each["books"]) for each in facets["topic"]] == [
            ("love-and-war", 4),
            ("novels", 4),
            ("poetry", 2),
        ]
        assert facets.keys() == {"topic"}

    async def test_what_is_no_kind_of_facet_is_refused(self) -> None:
        assert (await self.async_client.get("/books/?facets=pages")).status_code == 400

    async def test_of_too_many_books_the_frequent_values_have_no_number(self) -> None:
        with mock.patch("books.search.facets.EXACT", 3), mock.patch("books.search.results.COUNT_CAP", 3):
            aside = (await self.page("/books/?q=title")).partition("<aside")[2]
            data = await self.data("/books/?q=title&facets=all")
        assert 'href="/books/?q=title&amp;topic=novels#narrow" dir="auto">Novels</a></li>' in aside
        assert 'class="number"' not in aside
        assert (data["count"], data["count_is_exact"]) == (3, False)
        assert {each["books"] for kind in data["facets"].values() for each in kind} == {None}

    async def test_the_sample_of_too_many_books_is_from_all_over_the_catalogue(self) -> None:
        small = mock.patch.multiple("books.search.facets", EXACT=3, WINDOWS=6, WINDOW=1)
        for query in ("q=title", "year=1800..2000", "q=-nothing"):  # each way to find books
            with self.subTest(query), small, mock.patch("books.search.results.COUNT_CAP", 3):
                facets = (await self.data(f"/books/?{query}&facets=topic"))["facets"]["topic"]
                assert {"novels", "poetry"} <= {each["value"] for each in facets}

    def test_the_values_of_a_list_that_nobody_has_counted_are_exact_up_to_the_same_limit(self) -> None:
        for query in ("title", "year:1900..1950"):
            for limit, is_exact in ((6, True), (5, False)):
                with self.subTest(query, limit=limit), mock.patch("books.search.facets.EXACT", limit):
                    facets = facet_counts(Book, BookSearch.of({"q": query}).conditions, 0)
                    assert (facets.count, facets.is_exact) == (limit, is_exact)
                    assert len(facets.values["topic"]) == 3

    @pytest.mark.postgresql
    def test_the_names_of_too_many_books_are_not_joined_only_to_be_dropped(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE books_book")
        with mock.patch("books.search.facets.EXACT", 3), CaptureQueriesContext(connection) as queries:
            facet_counts(Book, BookSearch.of({"q": "year:1900..1950"}).conditions, 0)
        joined = [query["sql"] for query in queries if "STRING_AGG" in query["sql"]]
        assert len(joined) == 1, joined  # that of the sample

    async def test_a_book_counts_once_in_each_of_its_series(self) -> None:
        series = {"series": "Second", "series_number": "2", "more_series": ["First #7", "Third"]}
        await sync_to_async(Book.objects.add)({"title": "In three", **series})
        await sync_to_async(Book.objects.add)({"title": "In none of its own", "more_series": ["Third #2"]})
        series = (await self.data("/books/?q=title:in&facets=series"))["facets"]["series"]
        assert {each["name"]: each["books"] for each in series} == {"First": 1, "Second": 1, "Third": 2}

    async def test_a_topic_counts_for_books_that_spell_it_otherwise(self) -> None:
        await Book.objects.filter(title="Title 4").aupdate(topic_names="POETRY")
        topics = (await self.data("/books/?q=title&facets=topic"))["facets"]["topic"]
        assert {"value": "poetry", "name": "Poetry", "books": 2} in topics

    async def test_of_values_as_frequent_the_newest_are_left_out(self) -> None:
        for name in ("Zoë Last", "Yan Middle", "Abe First"):  # the two authors before them have more books
            await sync_to_async(Book.objects.add)({"title": "Title", "authors": [name]})
        with mock.patch("books.search.facets.SHOWN", 3):  # one more is read, to know whether there are more
            authors = (await self.data("/books/?q=title&facets=all"))["facets"]["author"]
        assert [each["name"] for each in authors] == ["Jane Austen", "Natsume Sōseki", "Yan Middle"]

    @pytest.mark.sqlite
    def test_counting_that_is_stopped_is_an_error_of_the_database_wherever_it_is(self) -> None:
        conditions = BookSearch(parse("title")).conditions
        connection.ensure_connection()
        self.addCleanup(connection.connection.set_progress_handler, None, 0)
        for rounds in count():  # each is stopped a little later than the one before
            left = iter(range(rounds))
            connection.connection.set_progress_handler(lambda left=left: next(left, None) is None, 100)
            try:
                facet_counts(Book, conditions, 6)
                break
            except OperationalError:
                pass
        assert rounds > 3

    async def test_in_a_large_catalogue_the_counts_follow_the_list(self) -> None:
        large = mock.patch.multiple(results, SMALL_CATALOGUE=0, SEARCH_CAP=3)
        with large:
            page = await self.page("/books/?q=title")
            following = await self.page("/books/?facets=all&q=title")
        assert 'data-facets="/books/?facets=all&amp;q=title"' in page
        assert self.common(page) == []
        assert ("/books/?q=title&topic=novels", "Novels") in self.common(following)
        assert (
            '<noscript><meta http-equiv="refresh" content="0; url=/books/?facets=all&amp;q=title"></noscript>' in page
        )
        assert "topic=novels" not in page
        assert ">3+ books</h2>" in page
        assert ">6 books</h2>" in following
        assert 'topic=novels#narrow" dir="auto">Novels</a> <span class="number">4</span>' in following
        assert "data-facets" not in following

    async def test_each_bar_of_the_years_leads_to_its_books(self) -> None:
        page = await self.page("/books/")
        bars = re.findall(
            r'<a href="(/books/\?year=[^"]*)#narrow"><span>[-–0-9]+</span><svg.*?</svg>.*?>(\d+)</span>', page
        )
        assert sum(int(number) for _, number in bars) == 6
        for url, number in bars:
            assert (await self.data(url))["count"] == int(number)

    async def test_the_bars_say_their_years(self) -> None:
        page = await self.page("/books/")
        spans = re.findall(r'href="/books/\?year=([^"]*)#narrow"><span>([^<]*)</span>', page)
        assert spans[0] == ("1900..1904", "1900–1904")
        assert all(url.replace("..", "–") == shown for url, shown in spans)

    async def test_two_boxes_are_one_filter(self) -> None:
        for query, books, year in (
            ("year_from=1907&year_to=1920", 2, "1907..1920"),
            ("year_from=1921&year_to=", 3, "1921.."),
            ("year_to=1907", 2, "..1907"),
            ("year_from=1910s", 1, "1910..1919"),
            ("year_from=after+1921", 2, "1922.."),
            ("year_from=1900s&year_to=1920s", 5, "1900..1929"),
        ):
            with self.subTest(query):
                found = await self.data(f"/books/?{query}&size=1")
                assert found["count"] == books
                assert books == 1 or found["next"].startswith(f"/books/?size=1&year={year}&after=")
                assert f'Year: <b dir="auto">{year}<' in await self.page(f"/books/?{query}")

    async def test_years_that_cannot_be_read_are_said_beside_the_field_and_the_list_stays(self) -> None:
        for query in ("topic=novels&year=yesterday", "topic=novels&year_to=yesterday", "year=1..2..3&topic=novels"):
            with self.subTest(query):
                page = await self.page(f"/books/?{query}")
                assert ">4 books</h2>" in page
                assert 'id="years-error" class="reason">Write years between -4000 and 2100: 1950,' in page
                assert 'aria-invalid="true"' in page
                assert ('value="yesterday"' in page) == ("yesterday" in query)
                assert (await self.async_client.get(f"/books/?{query}")).status_code == 400
        both = await self.async_client.get("/books/?year=1950&year_from=1950")
        assert both.json()["errors"] == {"year": ["Send `year`, or `year_from` and `year_to`."]}

    async def test_only_none_can_be_said_of_the_isbn(self) -> None:
        response = await self.async_client.get("/books/?isbn=some")
        assert (response.status_code, list(response.json()["errors"])) == (400, ["isbn"])

    async def test_a_list_can_be_jumped_into(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "Zebra", "published_year": 2001})
        for order, name, first in (
            ("title", "Z", "Zebra"),
            ("-title", "T", "Title 5"),
            ("year", "1920", "Title 3"),
            ("-year", "1920", "Title 2"),
        ):
            with self.subTest(order=order, name=name):
                page = await self.page(f"/books/?size=2&sort={order}")
                jumps = {
                    label: url.replace("&amp;", "&")
                    for url, label in re.findall(r'<a href="([^"]*)" rel="nofollow">([^<]*)</a>', page)
                }
                assert (await self.data(jumps[name]))["books"][0]["title"] == first

    async def test_the_letters_are_those_that_titles_begin_with_and_the_current_one_is_marked(self) -> None:
        for title in ("Alpha", "The Beta", "Ωmega", "夏目", "42"):
            await sync_to_async(Book.objects.add)({"title": title, "topics": ["Greek"], "authors": [f"Eve {title}"]})
        for query, letters in (
            ("size=2", "A B T Α–Ω 一"),
            ("size=2&topic=greek", "A B Α–Ω 一"),
            ("size=2&sort=-title", "一 Α–Ω T B A"),
            ("size=2&sort=author&topic=greek", "A E Α–Ω"),
            ("size=2&sort=author&topic=novels", "A S"),
        ):
            with self.subTest(query):
                page = await self.page(f"/books/?{query}")
                jumps = page.partition('aria-label="Jump to">')[2].partition("</nav>")[0]
                assert re.findall(r">([^<]*)</a>", jumps) == letters.split()
        assert 'aria-current="true">T</a>' in await self.page((await self.data("/books/?size=4"))["next"])

    async def test_names_have_letters_too(self) -> None:
        page = await self.page("/authors/?size=1")
        links = re.findall(r'<a href="([^"]*)" rel="nofollow"( aria-current="true")?>(.)</a>', page)
        assert [(letter, bool(current)) for _, current, letter in links] == [("A", True), ("S", False)]
        assert (await self.data(links[1][0].replace("&amp;", "&")))["authors"][0]["name"] == "Natsume Sōseki"
        await sync_to_async(Book.objects.add)({"title": "x", "series": "Zeta"})
        assert 'aria-current="true">O</a>' in await self.page("/series/?size=1")

    async def test_next_and_previous_are_link_headers_too(self) -> None:
        first = await self.async_client.get("/books/?size=2")
        assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
        second = await self.async_client.get(first.json()["next"])
        assert f'<{second.json()["previous"]}>; rel="prev"' in second["Link"]

    async def test_every_way_finds_the_same(self) -> None:
        for query in (
            "topic=novels",
            "language=en&sort=title",
            "language=en-gb&sort=-year",
            "year=1905..1930&sort=year",
            "topic=novels&language=ja&sort=-title",
            "topic=novels&year=1900..1920&sort=-added",
            "topic=novels&q=title&sort=year",
        ):
            with self.subTest(query=query):
                found = (await self.data(f"/books/?{query}"))["books"]
                assert found
                walked = {"sqlite": 0, "postgresql": 0}
                words = {"sqlite": 0, "postgresql": float("inf")}  # PostgreSQL always sorts what holds a word
                with mock.patch.multiple(results, SORTED_FILTERS=walked, SORTED_WORDS=words):
                    assert (await self.data(f"/books/?{query}"))["books"] == found
