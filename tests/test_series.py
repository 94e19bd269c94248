import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from books.history.merge import merge
from books.importing.importer import import_file
from books.metadata import record
from books.metadata.series import Place, parse_place
from books.metadata.volumes import Volumes
from books.models import Book, Series
from books.models.change import COMMAND
from tests.people import LibrarianTestCase, librarian

HTML = {"accept": "text/html"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("Discworld #7", ("Discworld", "7.00", "")),
        ("Discworld, #7", ("Discworld", "7.00", "")),
        ("Day by Day,# 2", ("Day by Day", "2.00", "")),
        ("InCryptid #2.5", ("InCryptid", "2.50", "")),
        ("Ravenor #1-3", ("Ravenor", "1.00", "1-3")),
        ("全集 #上", ("全集", "1.00", "上")),
        ("Классика №3", ("Классика", "3.00", "")),
        ("講談社現代新書 ; 2100", ("講談社現代新書", "2100.00", "")),
        ("Rome #IV", ("Rome", "4.00", "IV")),
        ("Rome #I-III", ("Rome", "1.00", "I-III")),
        ("Ranma #2½", ("Ranma", "2.50", "2½")),
        ("C# in Depth", ("C# in Depth", None, "")),
        ("C# 9", ("C# 9", None, "")),
        ("Discworld", ("Discworld", None, "")),
        ("#7", ("#7", None, "")),
    ],
)
def test_a_place_in_a_series_is_read_as_it_is_written(written: str, place: tuple[str, str | None, str]) -> None:
    name, number, label = place
    assert parse_place(written) == Place(name, number and Decimal(number), label)  # type: ignore[arg-type]


@pytest.mark.once
@pytest.mark.parametrize(
    ("numbers", "total", "sentence"),
    [
        ("1 2 4", 7, "Volumes here: 1, 2, 4 of 7; missing 3, 5–7"),
        ("1 2 4", None, "Volumes here: 1, 2, 4; missing 3"),
        ("2 4 4", None, "Volumes here: 2, 4; missing 3"),
        ("1 2 2.5 4", 7, "Volumes here: 1, 2, 2.5, 4 of 7; missing 3, 5–7"),
        ("0.5 1 2 3", None, "Volumes here: 0.5, 1–3"),
        ("1-3 5", None, "Volumes here: 1–3, 5; missing 4"),
        ("1&2 3", 3, "Volumes here: all 3"),
        ("I-III 3½ 5", None, "Volumes here: 1–3, 3.5, 5; missing 4"),
        ("0 1 2", 2, "Volumes here: 0–2 of 2"),
        ("8", 7, "Volumes here: 8 of 7; missing 1–7"),
        ("上 下", None, "Volumes here: 1, 2"),
        ("上 中 下", 3, "Volumes here: all 3"),
        ("0.1-0.4", 2, "Volumes here: 0.1 of 2; missing 1, 2"),
        ("1 999999", None, "Volumes here: 1, 999999; missing 2–999998"),
        ("", 7, "Volumes here: none of 7"),
        ("", None, ""),
    ],
)
def test_the_volumes_that_are_here_and_those_that_are_missing(numbers: str, total: int | None, sentence: str) -> None:
    cleaned = [record.with_label(record.clean(raw)[0], raw) for raw in ({"series_number": n} for n in numbers.split())]
    places = [(each["series_number"], each["series_label"]) for each in cleaned]
    assert str(Volumes.of(places, total)) == sentence


@pytest.mark.once
def test_of_a_complete_series_and_of_one_without_numbers_nothing_is_missing() -> None:
    assert str(Volumes.of([(Decimal(2), "")], 7, is_complete=True)) == "Volumes here: 2 of 7"
    assert str(Volumes.of([(None, "")], 7)) == ""
    assert Volumes.of([(None, "")], 7).missing == []


@pytest.mark.once
def test_a_series_that_was_written_with_its_number_is_parted_from_it() -> None:
    for raw, want in (
        ({"series": "InCryptid #8"}, ("InCryptid", 8, "")),
        ({"series": "Ravenor #1-3", "series_number": None}, ("Ravenor", 1, "1-3")),
        ({"series": "Room #9", "series_number": 2}, ("Room #9", 2, "")),
    ):
        values = record.with_label(record.clean(raw)[0], raw)
        assert (values["series"], values["series_number"], values["series_label"]) == want


class SeriesOfBooks(TestCase):
    mort: Book
    light: Book
    colour: Book
    omnibus: Book
    map: Book
    discworld: Series
    url: str

    @classmethod
    def setUpTestData(cls) -> None:
        def add(title: str, series: str = "", number: object = None, *more: str, **other: Any) -> Book:
            raw = {"title": title, "series": series, "series_number": number, "more_series": [*more], **other}
            return Book.objects.add(record.with_label(record.clean(raw)[0], raw))

        cls.mort = add("Mort", "Death", 1, "Discworld #4", language="en")
        cls.light = add("The Light Fantastic", "Discworld", 2)
        cls.colour = add("The Colour of Magic", "Discworld", 1, "Rincewind #1")
        cls.omnibus = add("Witches", "Discworld", "6-7")
        cls.map = add("A Map", "Discworld")
        add("Emma")
        cls.discworld = Series.objects.get(name="Discworld")
        cls.url = f"/series/{cls.discworld.pk}/"

    async def titles(self, url: str, **query: str) -> list[str]:
        return [book["title"] for book in (await self.async_client.get(url, query)).json()["books"]]

    async def test_the_series_are_listed_by_name_with_their_books_and_gaps(self) -> None:
        data = (await self.async_client.get("/series/")).json()
        assert [(each["name"], each["books"]) for each in data["series"]] == [
            ("Death", 1),
            ("Discworld", 5),
            ("Rincewind", 1),
        ]
        assert data["series"][1] == {
            "id": self.discworld.pk,
            "url": self.url,
            "name": "Discworld",
            "volumes": None,
            "is_complete": False,
            "missing": [3, 5],
            "summary": "Volumes here: 1, 2, 4, 6, 7; missing 3, 5",
            "books": 5,
        }
        assert (data["count"], data["count_is_exact"], data["next"]) == (3, True, None)

    async def test_the_list_is_searched_and_has_pages(self) -> None:
        assert [each["name"] for each in (await self.async_client.get("/series/?q=DISC")).json()["series"]] == [
            "Discworld"
        ]
        first = (await self.async_client.get("/series/?size=2")).json()
        second = (await self.async_client.get(first["next"])).json()
        assert [each["name"] for each in second["series"]] == ["Rincewind"]
        assert (await self.async_client.get("/series/?x=1")).status_code == 400

    async def test_the_books_of_a_series_are_in_the_order_of_their_numbers(self) -> None:
        data = (await self.async_client.get(self.url)).json()
        assert [(book["title"], book["series_number"], book["series_label"]) for book in data["books"]] == [
            ("The Colour of Magic", 1, ""),
            ("The Light Fantastic", 2, ""),
            ("Mort", 4, ""),
            ("Witches", 6, "6-7"),
            ("A Map", None, ""),
        ]
        assert (data["name"], data["missing"]) == ("Discworld", [3, 5])

    async def test_pages_of_a_series_follow_each_other_in_either_direction(self) -> None:
        first = (await self.async_client.get(self.url, {"size": 2})).json()
        second = (await self.async_client.get(first["next"])).json()
        assert [book["title"] for book in second["books"]] == ["Mort", "Witches"]
        assert (await self.async_client.get(second["previous"])).json()["books"] == first["books"]

    async def test_the_books_of_a_series_are_searched_and_sorted_as_all_others(self) -> None:
        assert await self.titles(self.url, q="light") == ["The Light Fantastic"]
        assert (await self.titles(self.url, sort="title"))[0] == "A Map"
        assert await self.titles(self.url, series="Death") == ["Mort"]
        assert await self.titles(self.url, language="en", sort="series") == ["Mort"]

    async def test_a_list_is_narrowed_to_a_series_by_its_name_or_id(self) -> None:
        order = ["The Colour of Magic", "The Light Fantastic", "Mort", "Witches", "A Map"]
        assert await self.titles("/books/", series="Discworld", sort="series") == order
        assert await self.titles("/books/", series=str(self.discworld.pk)) == order
        assert await self.titles("/books/", series="Discworld", q="mort") == ["Mort"]
        assert await self.titles("/books/", series="9" * 30) == []

    async def test_a_series_may_be_called_by_a_number(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "1632", "series": "1632"})
        assert await self.titles("/books/", series="1632") == ["1632"]

    async def test_all_books_are_sorted_by_series_and_number(self) -> None:
        data = (await self.async_client.get("/books/?sort=series")).json()
        assert [book["title"] for book in data["books"]] == [
            "Mort",
            "The Colour of Magic",
            "The Light Fantastic",
            "Witches",
            "A Map",
            "Emma",
        ]
        assert "series_number" not in data["books"][-1]

    async def test_series_are_searched_by_words(self) -> None:
        for query, want in {
            "series:discworld": 5,
            "series:disc": 5,
            "series:rincewind": 1,
            "series:world": 0,
            "-series:discworld mort": 0,
            'series:"death"': 1,
            "rincewind": 1,
            "title:magic series:discworld": 1,
        }.items():
            with self.subTest(query):
                assert (await self.async_client.get("/books/", {"q": query})).json()["count"] == want

    async def test_facets_count_further_series_too(self) -> None:
        page = (await self.async_client.get("/books/", headers=HTML)).content.decode()
        assert '?series=Discworld#narrow" dir="auto">Discworld</a> <span class="number">5</span>' in page

    async def test_a_book_tells_all_its_series(self) -> None:
        book = (await self.async_client.get(f"/books/{self.mort.pk}/")).json()
        assert (book["series"], book["series_number"], book["more_series"]) == ("Death", 1, ["Discworld #4"])
        assert book["in_series"][1] == {
            "id": self.discworld.pk,
            "url": self.url,
            "name": "Discworld",
            "number": 4,
            "label": "",
        }

    async def test_the_rows_of_a_series_have_their_numbers(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert "Volumes here: 1, 2, 4, 6, 7; missing 3, 5." in page
        assert "<b>#4</b>" in page
        assert "b&#x27;" not in page
        assert "<b>6-7</b>" in page
        page = (await self.async_client.get("/books/?sort=series", headers=HTML)).content.decode()
        assert "<b>Death #1</b>" in page

    async def test_a_librarian_adds_the_next_missing_volume_from_the_page_of_a_series(self) -> None:
        link = "/books/new/?series=Discworld&amp;series_number=3"
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert (">Add volume" in page, link in page) == (False, False)
        await self.async_client.aforce_login(await sync_to_async(librarian)())
        assert (
            f'<a href="{link}">Add volume 3</a>'
            in (await self.async_client.get(self.url, headers=HTML)).content.decode()
        )
        form = (await self.async_client.get(link.replace("&amp;", "&"), headers=HTML)).content.decode()
        assert re.findall(r'name="(series(?:_number)?)"[^>]* value="([^"]*)"', form) == [
            ("series", "Discworld"),
            ("series_number", "3"),
        ]

    async def test_the_page_of_a_book_leads_to_the_one_before_and_the_one_after_in_each_series(self) -> None:
        page = (await self.async_client.get(f"/books/{self.light.pk}/", headers=HTML)).content.decode()
        before, after = (
            f'rel="{rel}" href="/books/{book.pk}/"' for rel, book in (("prev", self.colour), ("next", self.mort))
        )
        assert (before in page, after in page, f'href="{self.url}"' in page) == (True, True, True)
        page = (await self.async_client.get(f"/books/{self.mort.pk}/", headers=HTML)).content.decode()
        assert page.count("<dt>Series</dt>") == 2
        page = (await self.async_client.get(f"/books/{self.map.pk}/", headers=HTML)).content.decode()
        assert 'rel="prev"' not in page

    def test_a_book_in_many_series_takes_no_more_queries(self) -> None:
        series = {"series": "A", "series_number": 1, "more_series": [f"S{number} #2" for number in range(9)]}
        many = Book.objects.add({"title": "Many", **series})
        counts = []
        for book in (self.light, many):
            with CaptureQueriesContext(connection) as queries:
                self.client.get(f"/books/{book.pk}/", headers=HTML)
            counts.append(len(queries))
        assert 0 < counts[1] <= counts[0]

    async def test_an_unknown_series_is_not_found(self) -> None:
        response = await self.async_client.get("/series/999999/")
        assert (response.status_code, "/series/" in response.json()["detail"]) == (404, True)


class Places(TestCase):
    """The series of a book, as they are written and changed."""

    def test_the_first_of_further_series_takes_the_place_of_a_missing_one(self) -> None:
        book = Book.objects.add(record.clean({"title": "A", "more_series": ["B #2", "C #1-3"]})[0])
        assert (book.series, book.series_number, book.more_series) == ("B", 2, "C #1-3")

    def test_a_book_is_once_in_each_series(self) -> None:
        values, _ = record.clean({"title": "A", "series": "B", "more_series": ["B #2", "C", "C #3"]})
        book = Book.objects.add(values)
        assert (book.series_number, book.more_series) == (None, "C")

    def test_a_merge_unites_them_and_takes_no_number_of_another_series(self) -> None:
        for chosen, expected in (
            ({}, ("A", None, "B #3\nC #2")),
            ({"series": 1}, ("B", Decimal(3), "A\nC #2")),
            ({"series": 2}, ("C", Decimal(2), "")),
        ):
            others = [{"series": "B", "series_number": Decimal(3), "more_series": ["C #2"]}, {}]
            books = [
                Book.objects.add({**record.EMPTY, "title": "T", **values}) for values in ({"series": "A"}, *others)
            ]
            pks = [book.pk for book in books]
            giving = {name: pks[place] for name, place in chosen.items()}
            merge(dict.fromkeys(pks, 1), pks[0], giving, COMMAND)
            kept = Book.objects.get(pk=pks[0])
            assert (kept.series, kept.series_number, kept.more_series) == expected
            Book.objects.remove(kept.pk)

    def test_a_series_without_books_goes_unless_a_librarian_has_counted_its_volumes(self) -> None:
        first = Book.objects.add(record.clean({"title": "A", "series": "B", "more_series": ["C"]})[0])
        Series.objects.filter(name="C").update(volumes=3)
        Book.objects.remove(first.pk)
        assert list(Series.objects.values_list("name", flat=True)) == ["C"]


class Kept(LibrarianTestCase):
    """Series as librarians keep them."""

    def setUp(self) -> None:
        super().setUp()
        for title, series, *more in (
            ("Mort", "Disc World #4"),
            ("Guards", "Discworld #8"),
            ("Sourcery", "", "Disc World #5"),
        ):
            raw = {"title": title, "series": series, "more_series": more}
            Book.objects.add(record.with_label(record.clean(raw)[0], raw))
        self.old, self.other = Series.objects.get(name="Disc World"), Series.objects.get(name="Discworld")
        self.url, self.edit = f"/series/{self.old.pk}/", f"/series/{self.old.pk}/edit/"

    def places(self) -> dict[str, tuple[str, Decimal | None, str]]:
        return {book.title: (book.series, book.series_number, book.more_series) for book in Book.objects.all()}

    def changed(self, **values: object) -> Any:
        return self.client.patch(self.url, json.dumps(values), content_type="application/json")

    def test_a_series_is_renamed_in_all_its_books_and_that_is_undone(self) -> None:
        before = self.places()
        answer = self.changed(name="The Disc").json()
        assert (answer["name"], answer["books"]) == ("The Disc", 2)
        assert self.places()["Mort"] == ("The Disc", 4, "")
        assert Book.objects.search("series:disc").count() == 3
        assert self.client.post(answer["undo_url"]).json()["books"] == 2
        assert self.places() == before

    def test_an_old_name_leads_writers_imports_and_lists_to_the_kept_series(self) -> None:
        assert self.changed(name="The Disc", names=["Scheibenwelt"]).json()["names"] == ["Scheibenwelt", "Disc World"]
        Book.objects.add({"title": "Eric", "series": "Scheibenwelt", "more_series": ["Disc World #9"]})
        Book.objects.change(Book.objects.get(title="Guards").pk, {"more_series": ["Disc World #1"]})
        table = b"title,series,more_series\nSmall Gods,Disc World,\nMaskerade,,Disc World #18\n"
        for _ in import_file(io.BytesIO(table)):
            pass
        assert {title: self.places()[title] for title in ("Eric", "Guards", "Small Gods", "Maskerade")} == {
            "Eric": ("The Disc", 9, ""),
            "Guards": ("Discworld", 8, "The Disc #1"),
            "Small Gods": ("The Disc", None, ""),
            "Maskerade": ("The Disc", 18, ""),
        }
        moved = self.client.get("/books/?series=Disc+World&sort=series")
        assert (moved.status_code, moved["Location"]) == (301, "/books/?series=The+Disc&sort=series")
        assert [each["name"] for each in self.client.get("/series/?q=scheiben").json()["series"]] == ["The Disc"]
        assert "Scheibenwelt" in self.client.get(self.url, headers=HTML).content.decode()
        assert [Book.objects.search(query).count() for query in ("series:scheiben", "scheibenwelt")] == [6, 6]

    def test_a_name_of_another_series_is_asked_about_then_the_two_are_one(self) -> None:
        before = self.places()
        asked = self.client.post(self.edit, {"name": "Discworld", "volumes": "41"}, headers=HTML)
        assert (asked.status_code, "all under <bdi>Discworld</bdi>" in asked.content.decode()) == (409, True)
        done = self.client.post(self.edit, {"name": "Discworld", "volumes": "41", "merge": "1"})
        assert done["Location"] == f"/series/{self.other.pk}/"
        assert set(self.places().values()) == {("Discworld", n, "") for n in (4, 5, 8)}
        assert Series.objects.get().volumes == 41
        moved = self.client.get(self.url)
        assert (moved.status_code, moved["Location"]) == (301, f"/series/{self.other.pk}/")
        moved = self.client.get(f"/books/?size=5&series={self.old.pk}")
        assert (moved.status_code, moved["Location"]) == (301, f"/books/?size=5&series={self.other.pk}")
        undo = self.client.get(f"/series/{self.other.pk}/history/").json()["changes"][0]["undo_url"]
        assert self.client.post(undo).status_code == 200
        assert self.places() == before
        assert set(Series.objects.values_list("name", "volumes")) == {("Disc World", None), ("Discworld", None)}

    def test_a_total_names_what_is_missing_until_the_series_is_complete(self) -> None:
        self.changed(volumes=6)
        assert self.client.get(self.url).json()["missing"] == [1, 2, 3, 6]
        self.client.post(self.edit, {"is_complete": ["0", "1"]})
        data = self.client.get(self.url).json()
        assert (data["missing"], data["is_complete"], data["volumes"]) == ([], True, 6)
        assert "Complete</span>" in self.client.get(self.url, headers=HTML).content.decode()
        self.client.post(self.edit, {"is_complete": "0", "volumes": ""})
        data = self.client.get(self.url).json()
        assert (data["missing"], data["is_complete"], data["volumes"]) == ([], False, None)

    def test_what_cannot_be_is_refused_with_the_reason(self) -> None:
        refused: tuple[dict[str, Any], ...] = (
            {"volumes": 0},
            {"volumes": 10**9},
            {"is_complete": "maybe"},
            {"is_complete": []},
            {"name": "A #3"},
            {"name": "a;b"},
            {"name": ""},
        )
        for values in refused:
            with self.subTest(values):
                answer = self.changed(**values)
                assert (answer.status_code, [*answer.json()["errors"]]) == (422, [*values])

    def test_a_series_without_books_is_gone_with_what_was_said_of_it(self) -> None:
        self.changed(volumes=6)
        for book in self.old.books.all():
            Book.objects.change(book.pk, {"series": "", "more_series": []})
        assert self.client.get(self.url).json()["summary"] == "Volumes here: none of 6"
        done = self.client.post(self.edit, {"volumes": ""})
        assert (done.status_code, done["Location"]) == (303, "/series/")
        assert not Series.objects.filter(pk=self.old.pk).exists()
