"""Books looked up by a job, against a server outside that is ours."""

import asyncio
import csv
import io
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.test import TestCase, TransactionTestCase

from books.forms.jobs import LookupForm
from books.jobs.kinds import KINDS
from books.jobs.start import retry, start
from books.jobs.tasks import lookup_books
from books.lookup.lookup import LookupResult
from books.models import Book, Change, Job, Source, Status
from books.views.job_page import in_a_line
from tests import outside as behaviour
from tests.jobs.test_kinds import content, run
from tests.jobs.working import make_due, work
from tests.outside import BOOKS, ISBN, SEARCH, edition, knows
from tests.people import LibrarianTestCase

ISBNS = ["9780306406157", "9780131103627", "9780140449136", "9780141439518", "9780199535569", "9780679783275"]


class OutsideTestCase(TransactionTestCase):
    """Where the outside knows every book."""

    def setUp(self) -> None:
        self.outside = self.enterContext(behaviour.outside())
        self.outside.does |= {BOOKS: self.know_any, SEARCH: behaviour.work()}

    async def know_any(self, writer: asyncio.StreamWriter) -> None:
        _, query, _, _ = self.outside.asked[-1]
        isbn13 = query["bibkeys"].removeprefix("ISBN:")
        await edition(isbn13, title=f"Book {isbn13[-4:]}")(writer)

    def after(self, deed: Callable[[], Any], then: behaviour.Behaviour) -> behaviour.Behaviour:
        """First somebody does something else in the catalogue, then it answers."""

        def do() -> None:
            deed()
            connections.close_all()

        async def answer(writer: asyncio.StreamWriter) -> None:
            await asyncio.to_thread(do)
            await then(writer)

        return answer

    def look_up(self, **given: Any) -> Job:
        return run("lookup", **{"isbns": [], "ids": [], "without": "", **given})

    def outcomes(self, job: Job) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(content(job, "outcomes.csv"))))


class LookUp(OutsideTestCase):
    def test_isbns_that_are_not_here_are_added(self) -> None:
        job = self.look_up(isbns=ISBNS)
        assert (job.status, job.result["created"], job.done, job.total) == (Status.SUCCEEDED, 6, 6, 6)
        assert list(Book.objects.order_by("pk").values_list("isbn13", flat=True)) == ISBNS
        assert set(Change.objects.values_list("action", "via", "job_id")) == {("added", "lookup", job.pk)}

    def test_a_title_that_only_says_the_isbn_is_replaced(self) -> None:
        book = Book.objects.add({"title": f"ISBN {ISBN}", "isbn13": ISBN})
        assert self.look_up(without="authors").result["completed"] == 1
        book.refresh_from_db()
        assert book.title == f"Book {ISBN[-4:]}"

    def test_of_volumes_with_one_isbn_each_gets_what_it_lacks(self) -> None:
        first = Book.objects.add({"title": "I", "isbn13": ISBN, "series_number": Decimal(1)})
        second = Book.objects.add({"title": "II", "isbn13": ISBN, "series_number": Decimal(2)}, shares_isbn=True)
        self.look_up(ids=[str(second.pk)])
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.version, second.version) == (1, 2)

    def test_a_book_gets_what_it_lacks_and_keeps_what_somebody_typed(self) -> None:
        book = Book.objects.add({"title": "Mine", "isbn13": ISBN, "publisher": "My Press", "pages": 1})
        job = self.look_up(isbns=[ISBN])
        book.refresh_from_db()
        assert (book.title, book.publisher, book.pages) == ("Mine", "My Press", 1)
        assert (book.published_year, book.language, book.author_names) == (1984, "en", "Ann Author")
        assert job.result["completed"] == 1
        [outcome] = self.outcomes(job)
        assert (outcome["outcome"], outcome["book"]) == ("completed", f"/books/{book.pk}/")
        assert "published_year" in outcome["fields"].split()
        change = Change.objects.latest("pk")
        assert (change.action, change.via, change.fields["language"]) == ("changed", "lookup", ["", "en"])

    def test_what_somebody_types_while_it_is_looked_up_stays(self) -> None:
        book = Book.objects.add({"title": "Mine", "isbn13": ISBN})
        typing = Book.objects.filter(pk=book.pk)
        self.outside.does[BOOKS] = self.after(partial(typing.update, publisher="Typed just now"), self.know_any)
        self.look_up(ids=[str(book.pk)])
        book.refresh_from_db()
        assert (book.publisher, book.pages) == ("Typed just now", 320)

    def test_all_without_a_field_are_completed_and_no_others(self) -> None:
        for number, isbn13 in enumerate(ISBNS):
            Book.objects.add({"title": f"T{number}", "isbn13": isbn13, "publisher": "P" if number % 2 else ""})
        Book.objects.add({"title": "without ISBN"})
        job = self.look_up(without="publisher")
        assert (job.result["completed"], job.total) == (3, 3)
        assert Book.objects.filter(publisher="Sample Press").count() == 3
        assert Book.objects.filter(publisher="").count() == 1

    def test_each_field_that_books_may_be_without_can_be_asked_for(self) -> None:
        Book.objects.add({"title": "T", "isbn13": ISBN})
        for name in lookup_books.MISSING:
            with self.subTest(name):
                assert Book.objects.filter(lookup_books.MISSING[name]).count() == 1
        self.look_up(isbns=[ISBN])
        for name in lookup_books.MISSING:
            with self.subTest(name):
                assert Book.objects.filter(lookup_books.MISSING[name]).count() == 0

    def test_every_entry_of_a_list_has_its_outcome_and_reason(self) -> None:
        here = Book.objects.add({"title": "without ISBN"})
        self.outside.does[BOOKS] = knows({})
        job = self.look_up(isbns=["12", "9790260000438", ISBN])
        assert [row["outcome"] for row in self.outcomes(job)] == ["rejected", "rejected", "unknown"]
        assert "ISMN" in self.outcomes(job)[1]["reason"]
        assert "Open Library has no book" in self.outcomes(job)[2]["reason"]
        job = self.look_up(ids=[str(here.pk), "999999"])
        assert [row["reason"] for row in self.outcomes(job)] == [
            "This book has no ISBN to look up.",
            "There is no book with this id.",
        ]
        assert Book.objects.count() == 1

    def test_an_answer_nobody_can_use_is_the_outcome_of_that_book_alone(self) -> None:
        self.outside.does[BOOKS] = behaviour.BROKEN
        job = self.look_up(isbns=ISBNS[:2])
        assert (job.status, job.result["failed"]) == (Status.SUCCEEDED, 2)

    def test_again_it_changes_nothing(self) -> None:
        self.look_up(isbns=ISBNS)
        job = self.look_up(isbns=ISBNS)
        assert job.result["unchanged"] == 6
        assert Change.objects.count() == 6

    def test_it_can_be_taken_back(self) -> None:
        Book.objects.add({"title": "Mine", "isbn13": ISBN})
        job = self.look_up(isbns=ISBNS[:2])
        assert run("undo_import", job=job.key).result == {"undone": 2, "kept": 0}
        assert list(Book.objects.values_list("title", "publisher")) == [("Mine", "")]

    def test_while_the_outside_is_away_it_leaves_its_place_and_goes_on(self) -> None:
        ways = iter([behaviour.refuses(429, "Retry-After: 1")])

        async def come_back(writer: asyncio.StreamWriter) -> None:
            await next(ways, self.know_any)(writer)

        self.outside.does[BOOKS] = come_back
        job = self.look_up(isbns=[ISBN])
        assert (job.status, job.attempt) == (Status.QUEUED, 0)
        assert job.message.endswith("Asked again in 1 s.")
        Source.objects.all().delete()
        make_due(job.key)
        work()
        job.refresh_from_db()
        assert (job.status, job.result["created"]) == (Status.SUCCEEDED, 1)

    def test_where_the_outside_stays_away_it_fails_and_goes_on_from_there_when_tried_again(self) -> None:
        left = iter(range(2))

        async def two_then_none(writer: asyncio.StreamWriter) -> None:
            await (self.know_any if next(left, None) is not None else behaviour.hangs_up)(writer)

        self.outside.does[BOOKS] = two_then_none
        with mock.patch.object(lookup_books, "LONGEST_PAUSE", 0):
            job = self.look_up(isbns=ISBNS)
        assert (job.status, job.attempt, job.done) == (Status.FAILED, 1, 2)
        assert "continues where it stopped" in job.error
        self.outside.does[BOOKS] = self.know_any
        Source.objects.all().delete()
        self.outside.asked.clear()
        assert retry(job.key)
        work()
        job.refresh_from_db()
        assert (job.status, job.result["created"], len(self.outcomes(job))) == (Status.SUCCEEDED, 6, 6)
        assert self.outside.paths.count(BOOKS) == 4

    def test_a_cancel_ends_it_in_the_middle_of_a_wait(self) -> None:
        job, _ = start(KINDS["lookup"].task, {"isbns": ISBNS, "ids": [], "without": ""})
        cancel = partial(Job.objects.filter(pk=job.pk).update, cancel_requested=True)
        self.outside.does[BOOKS] = self.after(cancel, behaviour.says_nothing)
        begin = time.monotonic()
        with self.settings(LOOKUP_SECONDS=600):
            work()
        job.refresh_from_db()
        assert (job.status, time.monotonic() - begin < 300) == (Status.CANCELLED, True)
        assert not Book.objects.exists()

    def test_no_more_than_a_few_are_asked_for_at_once(self) -> None:
        now, most = 0, 0

        async def count(writer: asyncio.StreamWriter) -> None:
            nonlocal now, most
            now, most = now + 1, max(most, now + 1)
            await asyncio.sleep(0.05)
            now -= 1
            await self.know_any(writer)

        self.outside.does[BOOKS] = count
        self.look_up(isbns=ISBNS)
        assert most <= lookup_books.BATCH


class Completing(TestCase):
    def test_a_number_from_outside_is_not_put_beside_a_series_that_somebody_typed(self) -> None:
        held = Book.objects.add({"title": "T", "series": "Mine"}).as_record()
        found = LookupResult("", {"series": "Theirs", "series_number": Decimal(7), "pages": 9})
        assert found.missing_in(held) == {"pages": 9}

    def test_a_subtitle_that_the_title_holds_already_is_left_out(self) -> None:
        held = Book.objects.add({"title": "Emma: A Novel"}).as_record()
        assert LookupResult("", {"subtitle": "a novel"}).missing_in(held) == {}


class Arguments(LibrarianTestCase):
    def errors(self, **sent: Any) -> set[str]:
        return set(LookupForm(sent).errors)

    def test_exactly_one_way_to_choose_books_is_needed(self) -> None:
        assert self.errors() == {"isbns"}
        assert self.errors(isbns=ISBN, without="pages") == {"without"}
        assert self.errors(ids="x") == {"ids"}
        assert self.errors(ids=[1.5]) == {"ids"}
        assert self.errors(isbns=[True]) == {"isbns"}
        assert self.errors(isbns={"a": 1}) == {"isbns"}
        assert self.errors(isbns=["\0"]) == {"isbns"}
        assert self.errors(isbns=["\ud800"]) == {"isbns"}
        assert self.errors(without="title") == {"without"}
        assert self.errors(isbns=[f"{number}" for number in range(10_001)]) == {"isbns"}

    def test_a_list_may_be_a_list_or_lines(self) -> None:
        for isbns in ([ISBN, "12"], f"{ISBN}\r\n\r\n12\n", f"{ISBN}, 12", [ISBN, 12]):
            form = LookupForm({"isbns": isbns})
            assert form.is_valid()
            assert form.arguments() == {"isbns": [ISBN, "12"], "ids": [], "without": ""}

    async def test_it_is_started_by_a_list_in_json(self) -> None:
        asked = {"kind": "lookup", "arguments": {"ids": [1, 2]}}
        response = await self.async_client.post("/jobs/", asked, content_type="application/json")
        assert (response.status_code, response.json()["arguments"]["ids"]) == (202, ["1", "2"])

    async def test_the_page_starts_it_and_says_what_is_wrong_with_the_form(self) -> None:
        html = {"accept": "text/html"}
        typed = {"kind": "lookup", "isbns": "", "without": ""}
        response = await self.async_client.post("/jobs/", typed, headers=html)
        assert response.status_code == 422
        assert 'id="lookup-isbns-error"' in response.content.decode()
        response = await self.async_client.post("/jobs/", {**typed, "without": "pages"}, headers=html)
        assert response.status_code == 303
        page = (await self.async_client.get(response["Location"], headers=html)).content.decode()
        assert "Filling in missing details" in page
        assert '<dt>All books without</dt><dd dir="auto">Pages</dd>' in page


@pytest.mark.once
def test_the_list_of_a_job_is_shown_in_short() -> None:
    assert in_a_line([str(number) for number in range(8)]) == "0, 1, 2, 3, 4 and 3 more"
