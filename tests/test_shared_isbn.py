"""Volumes of a set that share an ISBN: only with consent, and each with a number of its own."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from books.history.undo import CannotUndo, undo, undo_job
from books.jobs.run import Run
from books.jobs.tasks.lookup_books import Item, _LookupRun
from books.lookup.lookup import LookupResult
from books.models import Actor, Book, Change, Channel, DuplicateISBN, Job, Status
from books.views.writes import similar
from tests.people import LibrarianTestCase

ISBN = "9784101010014"
HTML = {"accept": "text/html"}
PERSON = Actor(Channel.PAGE)


class InJSON(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = Book.objects.add({"title": "Genji", "isbn13": ISBN, "series_number": Decimal(1)})

    async def post(self, **book: Any) -> Any:
        return await self.async_client.post("/books/", json.dumps(book), content_type="application/json")

    async def test_without_consent_it_is_refused_with_the_other_book_and_what_to_do(self) -> None:
        response = await self.post(title="Genji", isbn13=ISBN, series_number=2)
        assert response.status_code == 409
        (reason,) = response.json()["errors"]["isbn13"]
        assert self.first.get_absolute_url() in reason
        assert '"shares_isbn": true' in reason

    async def test_with_consent_another_volume_is_added(self) -> None:
        response = await self.post(title="Genji", isbn13=ISBN, series_number=2, shares_isbn=True)
        assert (response.status_code, response.json()["isbn13"]) == (201, ISBN)
        assert "shares_isbn" not in response.json()

    async def test_the_same_volume_is_refused_even_with_consent(self) -> None:
        response = await self.post(title="Genji", isbn13=ISBN, series_number=1, shares_isbn=True)
        assert response.status_code == 409
        assert self.first.get_absolute_url() in response.json()["errors"]["isbn13"][0]

    async def test_of_two_books_without_a_number_only_one_has_the_isbn(self) -> None:
        assert (await self.post(title="Genji", isbn13=ISBN, shares_isbn=True)).status_code == 201
        assert (await self.post(title="Other", isbn13=ISBN, shares_isbn=True)).status_code == 409

    async def test_a_consent_that_is_no_boolean_is_refused(self) -> None:
        response = await self.post(title="Genji", isbn13=ISBN, series_number=2, shares_isbn="yes")
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {"shares_isbn"}

    async def test_a_book_that_shares_its_isbn_is_changed_without_saying_so_again(self) -> None:
        book = (await self.post(title="Genji", isbn13=ISBN, series_number=2, shares_isbn=True)).json()
        response = await self.async_client.put(
            book["url"], json.dumps({**book, "series_number": 3}), content_type="application/json"
        )
        assert (response.status_code, response.json()["series_number"]) == (200, 3)

    async def test_a_number_that_another_volume_has_is_refused(self) -> None:
        book = (await self.post(title="Genji", isbn13=ISBN, series_number=2, shares_isbn=True)).json()
        response = await self.async_client.patch(book["url"], '{"series_number": 1}', content_type="application/json")
        assert response.status_code == 409
        assert self.first.get_absolute_url() in response.json()["errors"]["isbn13"][0]

    async def test_a_change_to_a_taken_isbn_needs_consent_too(self) -> None:
        book = (await self.post(title="Genji", series_number=2)).json()
        change = {"isbn13": ISBN}
        for consent, status in (({}, 409), ({"shares_isbn": True}, 200)):
            response = await self.async_client.patch(
                book["url"], json.dumps({**change, **consent}), content_type="application/json"
            )
            assert response.status_code == status


class InTheForm(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = Book.objects.add({"title": "Genji", "isbn13": ISBN, "series_number": Decimal(1)})

    async def post(self, url: str, **fields: str) -> Any:
        return await self.async_client.post(url, {"title": "Genji II", "isbn13": ISBN, **fields}, headers=HTML)

    async def test_the_box_is_shown_only_when_it_is_needed(self) -> None:
        assert "shares_isbn" not in (await self.async_client.get("/books/new/", headers=HTML)).content.decode()
        response = await self.post("/books/new/", series_number="2")
        assert response.status_code == 409
        assert '<input type="checkbox" name="shares_isbn" value="1">' in response.content.decode()

    async def test_with_the_box_ticked_the_volume_is_added(self) -> None:
        assert (await self.post("/books/new/", series_number="2", shares_isbn="1")).status_code == 303
        assert await Book.objects.filter(isbn13=ISBN).acount() == 2

    async def test_a_tick_is_kept_while_another_field_is_corrected(self) -> None:
        response = await self.post("/books/new/", series_number="2", shares_isbn="1", pages="many")
        assert response.status_code == 422
        assert 'name="shares_isbn" value="1" checked>' in response.content.decode()

    async def test_the_form_of_a_book_asks_as_well(self) -> None:
        book = await Book.objects.acreate(title="Genji II", series_number=2)
        response = await self.post(f"/books/{book.pk}/edit/")
        assert response.status_code == 409
        assert 'name="shares_isbn"' in response.content.decode()
        assert (await self.post(f"/books/{book.pk}/edit/", shares_isbn="1")).status_code == 303


class Afterwards(TestCase):
    def setUp(self) -> None:
        self.first = Book.objects.add({"title": "Genji", "isbn13": ISBN, "series_number": Decimal(1)})
        self.second = Book.objects.add(
            {"title": "Genji", "isbn13": ISBN, "series_number": Decimal(2)}, shares_isbn=True
        )

    def test_volumes_are_no_possible_duplicates(self) -> None:
        assert (
            similar({"id": 0, "title": "Genji", "authors": [], "subtitle": "", "isbn13": ISBN, "series_number": 3})
            == []
        )

    def test_a_deleted_volume_comes_back(self) -> None:
        Book.objects.remove(self.second.pk)
        undo(self.second.pk, Change.objects.latest("pk").pk, PERSON)
        assert Book.objects.filter(isbn13=ISBN).count() == 2

    def test_volumes_that_were_deleted_both_come_back(self) -> None:
        for book in (self.first, self.second):
            Book.objects.remove(book.pk)
        for deletion in Change.objects.order_by("-pk")[:2]:
            undo(deletion.book_id, deletion.pk, PERSON)
        assert Book.objects.filter(isbn13=ISBN).count() == 2

    def test_what_is_undone_shares_no_isbn_that_another_book_has_got_since(self) -> None:
        Book.objects.change(self.first.pk, {"isbn13": None})
        undone = [Change.objects.latest("pk")]
        Book.objects.remove(self.second.pk)
        undone += [Change.objects.latest("pk")]
        other = Book.objects.add({"title": "Genji", "isbn13": ISBN, "series_number": Decimal(3)})
        for change in undone:
            with pytest.raises(CannotUndo, match=f"/books/{other.pk}/"):
                undo(change.book_id, change.pk, PERSON)

    def test_a_change_away_from_the_isbn_is_undone(self) -> None:
        Book.objects.change(self.second.pk, {"isbn13": None})
        undo(self.second.pk, Change.objects.latest("pk").pk, PERSON)
        assert Book.objects.filter(isbn13=ISBN).count() == 2

    def test_the_database_itself_refuses_the_same_volume_twice(self) -> None:
        with pytest.raises(DuplicateISBN):
            Book.objects.restore(self.second.pk + 1, {"title": "A", "isbn13": ISBN, "series_number": Decimal(2)}, 1)


@pytest.mark.postgresql
class Locks(TestCase):
    """An import locks the volumes, then books. In the other order two writers may wait for each other."""

    def setUp(self) -> None:
        self.job = Job.objects.create(kind="lookup", queue="", priority=0, status=Status.RUNNING, owner="a")
        self.book = Book.objects.add({"title": "Genji", "isbn13": ISBN})

    def first(self, work: Callable[[], object]) -> str:
        """What locks first."""
        with CaptureQueriesContext(connection) as captured:
            work()
        return next(each["sql"] for each in captured if "FOR UPDATE" in each["sql"] or "pg_advisory" in each["sql"])

    def test_undoing_what_a_job_did_locks_the_volumes_first(self) -> None:
        Book.objects.change(self.book.pk, {"series_number": Decimal(2)}, None, Actor(Channel.LOOKUP, job_id=1))
        assert "pg_advisory_xact_lock_shared" in self.first(lambda: undo_job(self.book.pk, 1, PERSON))

    def test_filling_in_a_book_locks_the_volumes_first(self) -> None:
        item = Item(1, ISBN, ISBN, pk=self.book.pk)
        found = LookupResult(ISBN, {"series": "Genji", "series_number": Decimal(2)}, sources=[])
        filling = _LookupRun(Run(self.job), [], [str(self.book.pk)], "")
        assert "pg_advisory_xact_lock_shared" in self.first(lambda: filling.save([item], [found]))
        assert Book.objects.get().series_number == 2
