"""Which books stand in one group of possible duplicates, which groups are certain, and what follows a merge."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from books.metadata import record
from books.metadata.sameness import are_certainly_same, are_different
from books.models import Book
from tests.people import LibrarianTestCase

HTML = {"accept": "text/html"}
BATMAN = {"authors": ["Frank Miller"]}


def book(**fields: Any) -> Any:
    return {**record.EMPTY, "title": "Emma", "authors": ["Jane Austen"], **fields}


@pytest.mark.once
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, False),
        ({"series_number": 1}, {"series_number": 2}, True),
        ({"series_number": 1}, {}, False),
        ({"series_number": 1.5}, {"series_number": 1.5}, False),
        ({"subtitle": "Year One"}, {"subtitle": "The Long Halloween"}, True),
        ({"subtitle": "Year One"}, {}, False),
        ({"title": "Emma: A Novel"}, {"subtitle": "a novel!"}, False),
        ({"title": "Emma: A Novel"}, {"title": "Emma: The Play"}, True),
        ({"series_number": 3, "series_label": "3, Part 1"}, {"series_number": 3, "series_label": "3, part 2"}, True),
        ({"series_number": 3, "series_label": "3, Part 1"}, {"series_number": 3}, False),
        ({"title": "Emma: Vol. 1"}, {"title": "Emma: Vol. 2"}, True),
    ],
)
def test_other_numbers_or_subtitles_are_other_books(one: Any, other: Any, expected: bool) -> None:
    assert are_different(book(**one), book(**other)) is expected


@pytest.mark.once
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, False),  # nothing but title and author says so
        ({"published_year": 1815}, {"published_year": 1815}, True),
        ({"publisher": "John Murray"}, {"publisher": "JOHN MURRAY"}, True),
        ({"published_year": 1815}, {}, False),
        ({"published_year": 1815, "publisher": "A"}, {"published_year": 1815, "publisher": "B"}, False),
        ({"published_year": 1815, "language": "en"}, {"published_year": 1815, "language": "fr"}, False),
        ({"published_year": 1815, "pages": 400}, {"published_year": 1815, "pages": 90}, False),
        ({"published_year": 1815, "series_number": 1}, {"published_year": 1815}, False),
        ({"published_year": 1815, "subtitle": "A Novel"}, {"published_year": 1815}, False),
        ({"published_year": 1815, "authors": ["Austen, Jane"]}, {"published_year": 1815}, True),
        ({"published_year": 1815, "authors": ["Jane Austen", "B"]}, {"published_year": 1815}, False),
        ({"published_year": 1815, "isbn13": "9780306406157"}, {"published_year": 1815}, True),
        (
            {"published_year": 1815, "isbn13": "9780306406157"},
            {"published_year": 1815, "isbn13": "9780895267153"},
            False,
        ),
        ({"published_year": 1815, "source_key": "a:1"}, {"published_year": 1815, "source_key": "a:2"}, False),
    ],
)
def test_books_are_certainly_one_if_year_or_publisher_agree_and_nothing_differs(
    one: Any, other: Any, expected: bool
) -> None:
    assert are_certainly_same([book(**one), book(**other)]) is expected


class Groups(LibrarianTestCase):
    def add(self, title: str, **fields: Any) -> Book:
        return Book.objects.add({"title": title, **BATMAN, **fields})

    async def groups(self) -> Any:
        return (await self.async_client.get("/duplicates/")).json()["groups"]

    async def page(self, url: str) -> str:
        return (await self.async_client.get(url, headers=HTML)).content.decode()


class Volumes(Groups):
    def setUp(self) -> None:
        super().setUp()
        for number in (1, 2):
            self.add("Batman", series="Batman", series_number=number)

    async def test_they_are_no_duplicates(self) -> None:
        await Book.objects.filter(series_number=1).aupdate(series_number=None, subtitle="Year One")
        await Book.objects.filter(series_number=2).aupdate(series_number=None, title="Batman: The Long Halloween")
        await sync_to_async(self.add)("Batman: Hush")
        assert await self.groups() == []

    async def test_two_volumes_that_are_there_twice_are_two_groups_of_one_fingerprint(self) -> None:
        for number in (1, 2):
            await sync_to_async(self.add)("Batman!", series="Batman", series_number=number)
        first, second = await self.groups()
        assert [[each["series_number"] for each in group["books"]] for group in (first, second)] == [[1, 1], [2, 2]]
        assert second["url"] == f"{first['url']}?first={second['books'][0]['id']}"
        assert (await self.async_client.get(second["url"])).json()["books"] == second["books"]
        seen = {name: second[name] for name in ("first", "count", "newest")}
        await self.async_client.post(f"{first['url']}dismiss/", seen)
        assert await self.groups() == [first]

    async def test_a_group_that_is_not_there_is_404_and_a_wrong_parameter_400(self) -> None:
        url = f"/duplicates/{(await Book.objects.afirst()).fingerprint}/"  # type: ignore[union-attr]
        for query, status in {"": 404, "?first=1": 404, "?first=x": 400}.items():
            assert (await self.async_client.get(f"{url}{query}")).status_code == status


class CertainAndPerhaps(Groups):
    def setUp(self) -> None:
        super().setUp()
        self.sure = [self.add(title, published_year=1986) for title in ("Ronin", "Ronin!")]
        self.unsure = [self.add(title) for title in ("Sin City", "Sin City!")]

    async def test_they_stand_apart_in_the_list(self) -> None:
        assert [group["certain"] for group in await self.groups()] == [True, False]
        page = await self.page("/duplicates/")
        parts = [page.index(text) for text in (">The same book<", ">Ronin<", ">Perhaps the same book<", ">Sin City<")]
        assert parts == sorted(parts)

    async def test_nothing_is_ticked_in_doubt(self) -> None:
        for books, ticked in ((self.sure, 2), (self.unsure, 0)):
            page = await self.page(f"/duplicates/{books[0].fingerprint}/")
            assert sum(page.count(f'name="book" value="{each.pk}:1" checked') for each in books) == ticked

    async def test_titles_and_covers_are_the_headings(self) -> None:
        page = await self.page(f"/duplicates/{self.sure[0].fingerprint}/")
        assert page.count('<svg class="cover ') == 2
        assert "<span>Ronin!</span></a></th>" in page
        assert f">/books/{self.sure[1].pk}/<" not in page

    async def test_a_merge_leads_to_the_next_group_says_what_was_done_and_can_be_undone(self) -> None:
        kept, other = self.sure
        form = {"keep": kept.pk, "book": [f"{kept.pk}:1", f"{other.pk}:1"]}
        response = await self.async_client.post(f"/duplicates/{kept.fingerprint}/", form, headers=HTML)
        assert response["Location"] == f"/duplicates/{self.unsure[0].fingerprint}/"
        page = await self.page(response["Location"])
        assert "2 records are now one: “Ronin”." in page
        change = (await self.async_client.get(f"/books/{kept.pk}/history/")).json()["changes"][0]
        assert f'<form method="post" action="{change["undo_url"]}"><button class="plain">Undo</button>' in page
        await self.async_client.post(change["undo_url"])
        assert await Book.objects.filter(pk=other.pk).aexists()

    async def test_programs_are_led_to_the_kept_book(self) -> None:
        kept, other = self.sure
        form = {"keep": kept.pk, "book": [f"{kept.pk}:1", f"{other.pk}:1"]}
        response = await self.async_client.post(f"/duplicates/{kept.fingerprint}/", form)
        assert response["Location"] == f"/books/{kept.pk}/"

    async def test_with_nothing_ticked_the_form_comes_back_and_says_so(self) -> None:
        url = f"/duplicates/{self.sure[0].fingerprint}/"
        response = await self.async_client.post(url, {"keep": self.sure[0].pk}, headers=HTML)
        page = response.content.decode()
        assert (response.status_code, "Tick the records" in page, ' name="book"' in page) == (422, True, True)
        assert "checked> <span>Include" not in page


class MergeWith(Groups):
    def setUp(self) -> None:
        super().setUp()
        self.one = self.add("Kokoro")
        self.other = self.add("Heart", authors=["Natsume Soseki"])
        self.url = f"/books/{self.one.pk}/merge/"

    async def test_the_other_is_named_by_its_id_or_its_url(self) -> None:
        pk = self.other.pk
        for text in (f"{pk}", f"/books/{pk}/", f"https://books.example.org/books/{pk}/edit/?x=1"):
            data = (await self.async_client.get(self.url, {"q": text})).json()
            assert [each["id"] for each in data["books"]] == [self.one.pk, pk]

    async def test_words_search_for_it(self) -> None:
        data = (await self.async_client.get(self.url, {"q": "heart natsume"})).json()
        assert [each["id"] for each in data["found"]] == [self.other.pk]
        assert f'href="{self.url}?q={self.other.pk}"' in await self.page(f"{self.url}?q=heart")

    async def test_at_first_books_of_a_similar_title_are_offered_and_never_the_book_itself(self) -> None:
        twin = await sync_to_async(self.add)("Kokoro", authors=["Lafcadio Hearn"])
        for query in ("", f"?q={self.one.pk}", "?q=kokoro"):
            found = (await self.async_client.get(f"{self.url}{query}")).json()["found"]
            assert self.one.pk not in [each["id"] for each in found]
        assert [each["id"] for each in (await self.async_client.get(self.url)).json()["found"]] == [twin.pk]

    async def test_it_merges_books_that_have_nothing_in_common_and_leads_to_the_kept_one(self) -> None:
        form = {"keep": self.other.pk, "book": [f"{self.one.pk}:1", f"{self.other.pk}:1"]}
        response = await self.async_client.post(f"{self.url}?q={self.other.pk}", form, headers=HTML)
        assert (response.status_code, response["Location"]) == (303, f"/books/{self.other.pk}/")
        assert (await self.async_client.get(f"/books/{self.one.pk}/"))["Location"] == f"/books/{self.other.pk}/"

    async def test_a_book_changed_meanwhile_is_not_merged(self) -> None:
        form = {"keep": self.one.pk, "book": [f"{self.one.pk}:1", f"{self.other.pk}:9"]}
        response = await self.async_client.post(f"{self.url}?q={self.other.pk}", form, headers=HTML)
        assert (response.status_code, "Compare them again" in response.content.decode()) == (412, True)

    async def test_both_are_ticked_unless_they_are_different_volumes(self) -> None:
        volume = await sync_to_async(self.add)("Kokoro II", series="S", series_number=2)
        assert (await self.page(f"{self.url}?q={self.other.pk}")).count("checked> <span>Include") == 2
        await Book.objects.filter(pk=self.one.pk).aupdate(series_number=1)
        page = await self.page(f"{self.url}?q={volume.pk}")
        assert (page.count("checked> <span>Include"), "Possibly different books" in page) == (0, True)

    async def test_the_page_of_a_book_leads_there(self) -> None:
        assert f'href="{self.url}"' in await self.page(f"/books/{self.one.pk}/")

    async def test_a_book_that_is_not_there_is_404(self) -> None:
        assert (await self.async_client.get("/books/999999/merge/")).status_code == 404

    async def test_unreadable_words_are_400(self) -> None:
        for query in ("q=%00", f"q={'x' * 301}"):
            assert (await self.async_client.get(f"{self.url}?{query}")).status_code == 400
