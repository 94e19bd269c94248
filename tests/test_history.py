import json
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError
from django.test import AsyncClient

from books.history.undo import CannotUndo, undo_job
from books.models import Actor, Book, Change, Channel
from tests.people import LibrarianTestCase, owner, reader

HTML = {"accept": "text/html"}


@pytest.mark.django_db
def test_a_job_cannot_be_undone_in_a_book_whose_history_was_deleted() -> None:
    with pytest.raises(CannotUndo, match="history of this book has been deleted"):
        undo_job(1, 1, Actor(Channel.COMMAND))


class History(LibrarianTestCase):
    async def send(self, method: str, address: str, body: Any = None, **headers: str) -> Any:
        response = await getattr(self.async_client, method)(
            address, json.dumps(body), content_type="application/json", headers=headers
        )
        assert response.status_code < 300, response.content
        return response

    async def make(self, **fields: Any) -> str:
        response = await self.send("post", "/books/", {"title": "first", **fields})
        return str(response["Location"])

    async def changes(self, address: str) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = (await self.async_client.get(f"{address}history/")).json()["changes"]
        return changes

    async def undo(self, address: str, place: int = 0) -> Any:
        change = (await self.changes(address))[place]
        return await self.async_client.post(change["undo_url"])

    async def test_it_says_who_did_what_by_which_door_the_latest_first(self) -> None:
        address = await self.make(pages=5)
        await self.send("patch", address, {"title": "second", "pages": 5})
        changed, added = await self.changes(address)
        assert (added["action"], added["via"], added["by"], added["version"]) == ("added", "api", "librarian", 1)
        assert (changed["action"], changed["version"]) == ("changed", 2)
        assert changed["fields"] == {"title": {"before": "first", "after": "second"}}

    async def test_a_form_is_another_door(self) -> None:
        address = (await self.async_client.post("/books/", {"title": "x"}))["Location"]
        assert (await self.changes(address))[0]["via"] == "page"

    async def test_a_write_that_changes_nothing_is_no_change(self) -> None:
        address = await self.make()
        await self.send("put", address, {"title": "first"})
        assert len(await self.changes(address)) == 1

    async def test_names_are_for_those_who_have_an_account(self) -> None:
        address = await self.make()
        assert (await AsyncClient().get(f"{address}history/")).json()["changes"][0]["by"] is None

    async def test_the_books_page_shows_it(self) -> None:
        address = await self.make()
        page = (await self.async_client.get(address, headers=HTML)).content.decode()
        assert f"{address}history/" in page

    async def test_a_book_that_never_was_has_none(self) -> None:
        assert (await self.async_client.get("/books/99/history/")).status_code == 404

    async def test_a_change_is_taken_back_by_another_change(self) -> None:
        address = await self.make(series="S", series_number=2.5, authors=["a", "b"], topics=["t"])
        await self.send("patch", address, {"series_number": 3, "authors": ["b"], "topics": []})
        assert (await self.undo(address)).status_code == 200
        book = (await self.async_client.get(address)).json()
        assert (book["series_number"], book["authors"], book["topics"], book["version"]) == (2.5, ["a", "b"], ["t"], 3)
        latest, undone, _ = await self.changes(address)
        assert latest["undoes"] == undone["id"]

    async def test_an_undo_can_be_undone(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        await self.undo(address)
        await self.undo(address)
        assert (await self.async_client.get(address)).json()["title"] == "second"

    async def test_an_older_change_is_taken_back_if_its_fields_have_not_moved_on(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        await self.send("patch", address, {"pages": 7})
        assert (await self.undo(address, 1)).status_code == 200
        book = (await self.async_client.get(address)).json()
        assert (book["title"], book["pages"]) == ("first", 7)

    async def test_it_is_refused_with_the_reason_when_the_book_has_moved_on(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        await self.send("patch", address, {"title": "third"})
        response = await self.undo(address, 1)
        assert (response.status_code, "title" in response.json()["detail"]) == (409, True)
        assert (await self.async_client.get(address)).json()["title"] == "third"

    async def test_a_deleted_book_comes_back_under_its_address_with_all_it_had(self) -> None:
        address = await self.make(isbn13="9780306406157", authors=["a"], series_number=1, description="x\ny")
        before = (await self.async_client.get(address)).json()
        await self.send("delete", address)
        assert (await self.undo(address)).status_code == 200
        after = (await self.async_client.get(address)).json()
        same = before.keys() - {"created_at", "updated_at", "version"}
        assert {name: after[name] for name in same} == {name: before[name] for name in same}
        assert after["version"] > before["version"]

    async def test_a_book_does_not_come_back_if_another_has_its_isbn_now(self) -> None:
        address = await self.make(isbn13="9780306406157")
        await self.send("delete", address)
        await self.make(isbn13="9780306406157")
        assert (await self.undo(address)).status_code == 409

    async def test_what_was_added_is_taken_back_by_deleting_it(self) -> None:
        address = await self.make()
        assert (await self.undo(address)).status_code == 200
        assert not await Book.objects.aexists()

    async def test_a_book_changed_since_it_was_added_is_not_deleted_by_undoing_that(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        assert (await self.undo(address, 1)).status_code == 409
        assert await Book.objects.aexists()

    async def test_a_change_of_a_deleted_book_waits_for_the_book(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        await self.send("delete", address)
        response = await self.undo(address, 1)
        assert (response.status_code, "Undo that first" in response.json()["detail"]) == (409, True)

    async def test_a_deletion_is_undone_once(self) -> None:
        address = await self.make()
        await self.send("delete", address)
        restore = (await self.changes(address))[0]["undo_url"]
        await self.async_client.post(restore)
        assert (await self.async_client.post(restore)).status_code == 409

    async def test_another_books_change_is_not_this_ones(self) -> None:
        first, second = await self.make(), await self.make()
        change = (await self.changes(first))[0]["id"]
        assert (await self.async_client.post(f"{second}history/{change}/undo/")).status_code == 404

    async def test_a_page_offers_only_what_can_still_be_undone(self) -> None:
        address = await self.make()
        for write, offered in (("delete", ["Restore this book"]), ("undo", ["Undo this"])):
            await (self.undo(address) if write == "undo" else self.send(write, address))
            page = (await self.async_client.get(f"{address}history/", headers=HTML)).content.decode()
            assert re.findall("(Restore this book|Undo this)</button>", page) == offered

    async def test_on_a_page_it_leads_back_to_the_history(self) -> None:
        address = await self.make()
        change = (await self.changes(address))[0]
        response = await self.async_client.post(change["undo_url"], headers=HTML)
        assert (response.status_code, response["Location"]) == (303, f"{address}history/")

    async def test_an_undone_change_is_offered_again_only_once_its_undoing_is_undone(self) -> None:
        address = await self.make()
        await self.send("patch", address, {"title": "second"})
        await self.undo(address)
        assert [bool(change["undo_url"]) for change in await self.changes(address)] == [True, False, True]
        await self.undo(address)
        assert [bool(change["undo_url"]) for change in await self.changes(address)] == [True, False, True, True]
        assert (await self.undo(address, 2)).status_code == 200

    async def test_who_may_not_edit_may_not_undo(self) -> None:
        address = await self.make()
        url = (await self.changes(address))[0]["undo_url"]
        assert (await AsyncClient().post(url)).status_code == 401
        assert await Book.objects.aexists()

    def test_a_change_and_its_note_are_one_transaction(self) -> None:
        with pytest.raises((OverflowError, DataError)):  # no database has such an id
            Book.objects.add({"title": "x"}, Actor(Channel.API, user_id=1 << 70))
        assert not Book.objects.exists()
        assert not Change.objects.exists()

    def test_a_note_outlives_the_account_that_made_it(self) -> None:
        somebody = reader("somebody")
        book = Book.objects.add({"title": "x"}, Actor(Channel.API, somebody.pk))
        somebody.delete()
        assert Change.objects.get(book_id=book.pk).user is None


class DeletedBooks(LibrarianTestCase):
    """What stays of a deleted book is for those who can bring it back, until the owner purges it."""

    def setUp(self) -> None:
        super().setUp()
        self.owner = AsyncClient()
        self.owner.force_login(owner())

    async def make(self, **fields: Any) -> Book:
        return await sync_to_async(Book.objects.add)({"title": "Kokoro", **fields})

    async def make_deleted(self) -> Book:
        book = await self.make(description="the secret of somebody")
        await self.async_client.delete(book.get_absolute_url())
        return book

    async def purge(self, pk: int) -> None:
        assert (await self.owner.delete(f"/books/{pk}/history/")).status_code == 204

    async def merge(self, kept: Book, other: Book) -> None:
        form = {"book": [f"{book.pk}:1" for book in (kept, other)], "keep": kept.pk}
        response = await self.async_client.post(f"/duplicates/{kept.fingerprint}/", form)
        assert response.status_code == 303

    async def undo(self, pk: int, change: int) -> int:
        status: int = (await self.async_client.post(f"/books/{pk}/history/{change}/undo/")).status_code
        return status

    async def test_nobody_else_reads_it(self) -> None:
        url = f"/books/{(await self.make_deleted()).pk}/history/"
        assert (await self.async_client.get(url)).json()["changes"][0]["action"] == "deleted"
        response = await AsyncClient().get(url)
        assert (response.status_code, b"secret" in response.content) == (404, False)

    async def test_the_owner_purges_it_after_a_confirmation_and_then_there_is_nothing(self) -> None:
        book = await self.make_deleted()
        url = f"/books/{book.pk}/history/"
        assert f'href="{url}purge/"' in (await self.owner.get(url, headers=HTML)).content.decode()
        confirm = (await self.owner.get(f"{url}purge/", headers=HTML)).content.decode()
        assert ("for good" in confirm, f'action="{url}purge/"' in confirm) == (True, True)
        response = await self.owner.post(f"{url}purge/", headers=HTML)
        assert (response.status_code, response["Location"]) == (303, "/books/")
        assert not await Change.objects.filter(book_id=book.pk).aexists()
        for client in (self.owner, self.async_client):
            assert (await client.get(url)).status_code == 404
        assert [(await self.owner.delete(url)).status_code for _ in range(2)] == [404, 404]

    async def test_librarians_are_not_offered_to_purge(self) -> None:
        url = f"/books/{(await self.make_deleted()).pk}/history/"
        assert "purge" not in (await self.async_client.get(url, headers=HTML)).content.decode()
        refused = await self.async_client.delete(url)
        assert (refused.status_code, "owner" in refused.json()["detail"]) == (403, True)

    async def test_a_book_that_exists_stays_and_its_pages_and_later_changes_work(self) -> None:
        book = await self.make()
        await self.async_client.patch(f"/books/{book.pk}/", {"title": "Botchan"}, content_type="application/json")
        await self.purge(book.pk)
        for url in ("", "history/"):
            assert (await AsyncClient().get(f"/books/{book.pk}/{url}", headers=HTML)).status_code == 200
        assert (await AsyncClient().get(f"/books/{book.pk}/history/")).json()["changes"] == []
        await self.async_client.delete(f"/books/{book.pk}/")
        assert await self.undo(book.pk, (await Change.objects.aget()).pk) == 200

    async def test_books_that_were_merged_into_it_go_on_leading_to_it(self) -> None:
        kept, other = await self.make(pages=5), await self.make(publisher="Iwanami")
        await self.merge(kept, other)
        await self.purge(kept.pk)
        assert (await self.async_client.get(f"/books/{other.pk}/"))["Location"] == f"/books/{kept.pk}/"
        merged = await Change.objects.aget(book_id=kept.pk)
        assert (merged.action, merged.fields, merged.user_id) == ("merged", {}, None)
        assert await self.undo(kept.pk, merged.pk) == 200
        assert (await self.async_client.get(f"/books/{other.pk}/")).json()["publisher"] == "Iwanami"

    async def test_a_merge_whose_other_book_is_purged_cannot_be_undone(self) -> None:
        kept, other = await self.make(), await self.make()
        await self.merge(kept, other)
        await self.purge(other.pk)
        assert (await self.async_client.get(f"/books/{other.pk}/")).status_code == 404
        merged = await Change.objects.aget(book_id=kept.pk, action="merged")
        assert await self.undo(kept.pk, merged.pk) == 409
        assert await Book.objects.acount() == 1

    async def test_a_deletion_whose_undoing_is_purged_with_it_leaves_no_trace(self) -> None:
        book = await self.make_deleted()
        assert await self.undo(book.pk, (await Change.objects.alatest("pk")).pk) == 200
        await self.async_client.delete(f"/books/{book.pk}/")
        await self.purge(book.pk)
        assert not await Change.objects.aexists()
