"""Possible duplicates: listed, merged, unmerged, or marked as different books."""

import json
from decimal import Decimal
from typing import Any
from unittest import mock

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.test import AsyncClient
from django.utils.html import escape

from books.metadata.record import EMPTY, Record
from books.models import Actor, Author, Book, Change, Channel
from tests.people import LibrarianTestCase, reader

HTML, JSON = {"accept": "text/html"}, {"accept": "application/json"}
ISBN = "9780306406157"


class DuplicateCase(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = Book.objects.add(
            {"title": "Kokoro", "authors": ["Natsume Sōseki"], "topics": ["Novels"], "published_year": 1914}
        )
        self.other = Book.objects.add(
            {
                "title": "KOKORO: a novel",
                "authors": ["Soseki, Natsume", "Edwin McClellan"],
                "topics": ["Japan", "novels"],
                "isbn13": ISBN,
                "source_key": "a:1",
                "pages": 248,
            }
        )
        self.url = f"/duplicates/{self.one.fingerprint}/"

    async def listed(self, query: str = "") -> list[list[int]]:
        groups = (await self.async_client.get(f"/duplicates/{query}")).json()["groups"]
        return [[book["id"] for book in group["books"]] for group in groups]

    async def merge(self, **fields: Any) -> Any:
        sent = {"keep": self.one.pk, "book": [f"{self.one.pk}:1", f"{self.other.pk}:1"]}
        return await self.async_client.post(self.url, {**sent, **fields}, headers=fields.pop("headers", HTML))

    async def read(self, book: Book) -> Any:
        return (await self.async_client.get(f"/books/{book.pk}/")).json()

    async def undo(self, book: Book) -> Any:
        change = (await self.async_client.get(f"/books/{book.pk}/history/")).json()["changes"][0]
        return await self.async_client.post(change["undo_url"])


class TheList(DuplicateCase):
    async def test_it_has_those_of_one_title_and_first_author_and_no_others(self) -> None:
        await self.async_client.post("/books/", {"title": "Kokoro", "authors": "Lafcadio Hearn"})
        assert await self.listed() == [[self.one.pk, self.other.pk]]

    async def test_it_is_in_the_order_of_titles_page_by_page(self) -> None:
        for title in ("Zorba", "Zorba!", "The Apple", "Apple"):
            await self.async_client.post("/books/", {"title": title})
        assert await self.walked("/duplicates/?size=1") == ["The Apple", "Kokoro", "Zorba"]

    async def test_a_page_scans_so_many_books_and_says_how_far(self) -> None:
        for title in ("Apple", "Banana", "Cherry", "Zorba", "Zorba!"):
            await self.async_client.post("/books/", {"title": title})
        with mock.patch("books.history.duplicates.MAX_SCANNED", 2):
            first = (await self.async_client.get("/duplicates/")).json()
            assert (first["groups"], first["up_to"]) == ([], "Cherry")
            page = (await self.async_client.get("/duplicates/", headers=HTML)).content.decode()
            assert f'href="{escape(first["next"])}"' in page
            assert 'up to <b dir="auto">Cherry</b>' in page
            assert await self.walked("/duplicates/") == ["Kokoro", "Zorba"]
        last = (await self.async_client.get("/duplicates/?after=zorba-aaaaaaaa")).json()
        assert (last["next"], last["up_to"]) == (None, None)

    async def test_those_of_one_fingerprint_are_never_parted(self) -> None:
        for title in ("Kokoro.", "Kokoro;", "Kokoro?"):
            await self.async_client.post("/books/", {"title": title, "authors": "Natsume Soseki"})
        with mock.patch("books.history.duplicates.MAX_SCANNED", 1):
            [group] = (await self.async_client.get("/duplicates/")).json()["groups"]
            assert (group["count"], len(group["books"])) == (5, 5)

    async def walked(self, address: str) -> list[str]:
        """The first titles of all groups, page by page."""
        seen = []
        while address:
            answer = (await self.async_client.get(address)).json()
            seen += [group["books"][0]["title"] for group in answer["groups"]]
            address = answer["next"]
        return seen

    async def test_books_that_may_be_editions_carry_a_warning(self) -> None:
        [group] = (await self.async_client.get("/duplicates/")).json()["groups"]
        assert group["doubt"] == ""
        await Book.objects.filter(pk=self.one.pk).aupdate(isbn13="9780895267153")
        [group] = (await self.async_client.get("/duplicates/")).json()["groups"]
        assert "its own ISBN" in group["doubt"]
        await Book.objects.filter(pk=self.one.pk).aupdate(isbn13=None)
        await Book.objects.filter(pk=self.other.pk).aupdate(published_year=1957)
        [group] = (await self.async_client.get("/duplicates/")).json()["groups"]
        assert "far apart" in group["doubt"]

    async def test_a_place_that_is_none_is_refused(self) -> None:
        for query in ("?after=x", "?size=0", "?after=%00", "?after=a-AAAAAAAA"):
            assert (await self.async_client.get(f"/duplicates/{query}")).status_code == 400

    async def test_it_is_for_those_who_may_change_books(self) -> None:
        assert (await AsyncClient().get("/duplicates/")).status_code == 401
        page = (await self.async_client.get("/books/", headers=HTML)).content.decode()
        assert 'href="/duplicates/"' in page
        assert 'href="/duplicates/"' not in (await AsyncClient().get("/books/", headers=HTML)).content.decode()


class Dismissing(DuplicateCase):
    async def dismiss(self, seen: dict[str, Any]) -> Any:
        return await self.async_client.post(f"{self.url}dismiss/", {name: seen[name] for name in ("count", "newest")})

    async def seen(self) -> Any:
        return (await self.async_client.get(self.url)).json()

    async def add(self, title: str) -> None:
        await self.async_client.post("/books/", {"title": title, "authors": "Natsume Soseki"})

    async def test_what_is_not_the_same_does_not_come_back_and_one_goes_on_after_it(self) -> None:
        response = await self.dismiss(await self.seen())
        assert (response.status_code, response["Location"]) == (303, f"/duplicates/?after={self.one.fingerprint}")
        assert await self.listed() == []

    async def test_the_page_sends_what_it_has_shown(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert f'name="count" value="2"><input type="hidden" name="newest" value="{self.other.pk}"' in page

    async def test_more_than_are_shown_beside_each_other_are_marked_together(self) -> None:
        for number in range(6):
            await self.add("Kokoro" + "!" * number)
        assert "first 6 of 8" in (await self.async_client.get(self.url, headers=HTML)).content.decode()
        await self.dismiss(await self.seen())
        assert await self.listed() == []

    async def test_marked_groups_take_no_place_on_the_page(self) -> None:
        for title in ("Apple", "Apple!", "Zorba", "Zorba!"):
            await self.add(title)
        for group in (await self.async_client.get("/duplicates/?size=2")).json()["groups"]:
            self.url = group["url"]
            await self.dismiss(group)
        assert len(await self.listed("?size=1")) == 1

    async def test_a_further_book_brings_them_back(self) -> None:
        await self.dismiss(await self.seen())
        await self.add("Kokoro.")
        assert len((await self.listed())[0]) == 3

    async def test_one_that_nobody_had_seen_yet_is_not_dismissed(self) -> None:
        seen = await self.seen()
        await self.add("Kokoro.")
        await self.dismiss(seen)
        assert len((await self.listed())[0]) == 3

    async def test_what_is_no_group_is_refused(self) -> None:
        assert (await self.dismiss({"count": "x", "newest": 10**20})).status_code == 422
        self.url = "/duplicates/x-aaaaaaaa/"
        assert (await self.dismiss({"count": 2, "newest": 1})).status_code == 404


class Merging(DuplicateCase):
    async def test_the_page_shows_them_side_by_side_the_filled_field_chosen(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert f'name="isbn13" value="{self.other.pk}" checked' in page
        assert f'name="isbn13" value="{self.one.pk}">' in page

    async def test_the_kept_book_gets_the_chosen_fields_and_all_authors_and_topics(self) -> None:
        response = await self.merge(title=self.other.pk, isbn13=self.other.pk)
        assert (response.status_code, response["Location"]) == (303, "/duplicates/")
        book = await self.read(self.one)
        assert (book["title"], book["isbn13"], book["pages"]) == ("KOKORO: a novel", ISBN, 248)
        assert book["authors"] == ["Natsume Sōseki", "Edwin McClellan"]
        assert (book["topics"], book["published_year"], book["version"]) == (["japan", "novels"], 1914, 2)
        assert (await Book.objects.aget()).source_key == "a:1"

    async def test_the_authors_keep_the_order_that_the_kept_book_has(self) -> None:
        await self.merge(keep=self.other.pk)
        assert (await self.read(self.other))["authors"] == ["Soseki, Natsume", "Edwin McClellan"]

    async def test_an_author_keeps_the_address_though_the_book_that_named_him_went(self) -> None:
        before = await Author.objects.aget(name="Edwin McClellan")
        await self.merge()
        assert (await Author.objects.aget(name="Edwin McClellan")).pk == before.pk
        assert not await Author.objects.filter(name="Soseki, Natsume").aexists()

    async def test_the_old_address_leads_to_the_kept_book(self) -> None:
        await self.merge()
        for headers in (HTML, JSON):
            response = await AsyncClient().get(f"/books/{self.other.pk}/", headers=headers)
            assert (response.status_code, response["Location"]) == (301, f"/books/{self.one.pk}/")
            assert response["Cache-Control"] == "public, no-cache"

    async def test_a_write_to_the_old_address_is_told_the_new_one(self) -> None:
        await self.merge()
        old = f"/books/{self.other.pk}/"
        for response in (
            await self.async_client.patch(old, json.dumps({"pages": 1}), content_type="application/json"),
            await self.async_client.delete(old),
            await self.async_client.post(f"{old}delete/", {"version": "1"}),
            await self.async_client.get(f"{old}edit/", headers=HTML),
        ):
            assert response.status_code == 404
            assert f"/books/{self.one.pk}/" in response.content.decode()

    async def test_a_book_changed_meanwhile_is_not_merged(self) -> None:
        await self.async_client.patch(
            f"/books/{self.other.pk}/", json.dumps({"pages": 1}), content_type="application/json"
        )
        response = await self.merge()
        assert (response.status_code, "Nothing was merged" in response.content.decode()) == (412, True)
        assert await Book.objects.acount() == 2

    async def test_what_cannot_be_merged_is_refused_with_the_reason(self) -> None:
        for fields, status in (
            ({"book": f"{self.one.pk}:1"}, 422),
            ({"keep": 10**14}, 422),
            ({"title": 10**14}, 422),
            ({"keep": "x"}, 422),
            ({"book": ["1:x"]}, 422),
            ({"book": [f"{number}:1" for number in range(1, 102)]}, 422),
            ({"book": [f"{self.one.pk}:1", f"{10**14}:1"]}, 412),
        ):
            for headers in (HTML, JSON):
                assert (await self.merge(**fields, headers=headers)).status_code == status
        assert await Book.objects.acount() == 2

    async def test_the_book_that_has_the_isbn_and_the_number_already_is_named(self) -> None:
        actor = Actor(Channel.API)
        third: Record = {**EMPTY, "title": "Third", "isbn13": ISBN, "series_number": Decimal(1)}
        other = await sync_to_async(Book.objects.add)(third, actor, shares_isbn=True)
        await Book.objects.filter(pk=self.one.pk).aupdate(series_number=1)
        for headers in (HTML, JSON):
            response = await self.merge(isbn13=self.other.pk, headers=headers)
            assert response.status_code == 409
            assert f"/books/{other.pk}/ has this ISBN" in response.content.decode()
        assert await Book.objects.acount() == 3

    async def test_together_they_may_be_too_much(self) -> None:
        await Book.objects.filter(pk=self.one.pk).aupdate(
            author_names="\n".join(["Natsume Sōseki", *(f"P{number}" for number in range(99))])
        )
        assert "At most 100 names" in (await self.merge(headers=JSON)).json()["detail"]

    async def test_books_of_another_fingerprint_are_not_merged(self) -> None:
        self.url = "/duplicates/x-aaaaaaaa/"
        assert (await self.merge(headers=JSON)).status_code == 422

    async def test_it_takes_the_right_to_delete_books(self) -> None:
        visitor = await reader_who_may_change()
        client = AsyncClient()
        await client.aforce_login(visitor)
        response = await client.post(self.url, {})
        assert (response.status_code, "Only librarians" in response.json()["detail"]) == (403, True)

    async def test_a_group_of_one_is_none(self) -> None:
        await self.merge()
        assert (await self.async_client.get(self.url)).status_code == 404


class Unmerging(DuplicateCase):
    async def test_undoing_the_merge_brings_each_book_back_as_it_was(self) -> None:
        before = [await self.read(self.one), await self.read(self.other)]
        await self.merge(title=self.other.pk)
        assert (await self.undo(self.one)).status_code == 200
        for book, was in zip((self.one, self.other), before, strict=True):
            now = await self.read(book)
            same = now.keys() - {"created_at", "updated_at", "version"}
            assert {name: now[name] for name in same} == {name: was[name] for name in same}
        assert (await Book.objects.aget(pk=self.other.pk)).source_key == "a:1"
        assert await self.listed() == [[self.one.pk, self.other.pk]]

    async def test_the_history_says_what_became_one_with_what(self) -> None:
        await self.merge()
        merged = (await self.async_client.get(f"/books/{self.one.pk}/history/")).json()["changes"][0]
        assert (merged["action"], merged["merged"]) == ("merged", [f"/books/{self.other.pk}/"])
        deleted = (await self.async_client.get(f"/books/{self.other.pk}/history/")).json()["changes"][0]
        assert (deleted["action"], deleted["merged_into"]) == ("deleted", f"/books/{self.one.pk}/")

    async def test_it_is_refused_when_the_kept_book_has_moved_on(self) -> None:
        await self.merge()
        merge = await Change.objects.aget(action="merged")
        await self.async_client.patch(
            f"/books/{self.one.pk}/", json.dumps({"pages": 1}), content_type="application/json"
        )
        response = await self.async_client.post(f"/books/{self.one.pk}/history/{merge.pk}/undo/")
        assert (response.status_code, "pages" in response.json()["detail"]) == (409, True)
        assert await Book.objects.acount() == 1

    async def test_it_is_undone_once(self) -> None:
        await self.merge()
        merge = await Change.objects.aget(action="merged")
        address = f"/books/{self.one.pk}/history/{merge.pk}/undo/"
        await self.async_client.post(address)
        response = await self.async_client.post(address)
        assert (response.status_code, "restored already" in response.json()["detail"]) == (409, True)

    async def test_a_book_whose_source_has_sent_another_since_says_so(self) -> None:
        await self.async_client.delete(f"/books/{self.other.pk}/")
        again = await Book.objects.acreate(title="Kokoro", source_key="a:1")
        response = await self.undo(self.other)
        assert (response.status_code, f"/books/{again.pk}/" in response.json()["detail"]) == (409, True)

    async def test_a_deleted_book_that_was_merged_and_came_back_leads_nowhere(self) -> None:
        await self.merge()
        await self.undo(self.one)
        await self.async_client.delete(f"/books/{self.other.pk}/")
        assert (await self.async_client.get(f"/books/{self.other.pk}/")).status_code == 404


async def reader_who_may_change() -> Any:
    visitor = await sync_to_async(reader)()
    await visitor.user_permissions.aadd(await Permission.objects.aget(codename="change_book"))
    return visitor
