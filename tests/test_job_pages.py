"""The pages of jobs: what they say, what they start, and for whom they are."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.test import AsyncClient, SimpleTestCase

from books.models import Book, Job, JobFile, Status, Worker
from books.views.job_page import counts, duration
from tests.people import reader
from tests.test_pages import HTML, NASTY, Elements, PageCase, own_code

pytestmark = pytest.mark.once

REJECTS = [{"line": 7, "field": "pages", "reason": "Write a whole number."}, {"line": 9, "field": "", "reason": NASTY}]
RESULT = {"rows": 1300, "created": 1234, "updated": 5, "unchanged": 0, "rejected": 61, "notes": 0}


class JobPageCase(PageCase):
    def job(self, kind: str = "clock", key: str = "a", **columns: Any) -> Job:
        given = {
            "task": "books.jobs.tasks.clock.clock",
            "queue": "default",
            "priority": 0,
            "created_by": self.librarian,
        }
        return Job.objects.create(kind=kind, key=key, **{**given, **columns})

    def ended(self, kind: str, status: Status = Status.SUCCEEDED, **columns: Any) -> Job:
        begun = Now() - timedelta(seconds=90)
        return self.job(kind, status=status, attempt=1, started_at=begun, finished_at=Now(), due_at=None, **columns)

    def imported(self, **columns: Any) -> Job:
        job = self.ended("import", **{"done": 1300, "total": 1300, "result": RESULT, **columns})
        JobFile.objects.create(job=job, name="old list.csv", size=2048, digest="x")
        JobFile.objects.create(job=job, name="old list.csv.rejects.csv", size=10)
        return job


class OneJob(JobPageCase):
    def test_it_says_how_far_it_is_how_fast_and_how_long_it_takes_yet(self) -> None:
        begun = Now() - timedelta(seconds=100)
        self.job("import", status=Status.RUNNING, attempt=1, started_at=begun, done=1000, total=4000)
        page = async_to_sync(self.page)("/jobs/a/")
        assert "1,000 of 4,000 lines" in page
        assert re.search(r"(10|10\.0|9\.9) a second, about (5 minutes|29\d seconds|30\d seconds) left", page)

    async def test_the_bar_has_a_name_and_shows_no_value_while_none_is_known(self) -> None:
        await sync_to_async(self.job)(status=Status.RUNNING, attempt=1)
        [bar] = Elements(await self.page("/jobs/a/")).named("progress")
        assert bar["aria-label"] == "Progress of Clock"
        assert "value" not in bar

    async def test_one_that_was_interrupted_has_no_pace_until_there_is_news(self) -> None:
        begun = Now() - timedelta(days=1)
        await sync_to_async(self.job)(status=Status.RUNNING, attempt=2, started_at=begun, done=1, total=2)
        assert "a second" not in await self.page("/jobs/a/")

    async def test_it_refreshes_itself_without_scripts_until_it_is_over(self) -> None:
        refresh = '<noscript><meta http-equiv="refresh"'
        await sync_to_async(self.job)(status=Status.RUNNING)
        assert refresh in await self.page("/jobs/a/")
        await Job.objects.aupdate(status=Status.CANCELLED)
        assert refresh not in await self.page("/jobs/a/")

    async def test_scripts_are_given_its_stream_until_it_is_over(self) -> None:
        await sync_to_async(self.job)(status=Status.QUEUED)
        assert 'data-events="/jobs/a/events/"' in await self.page("/jobs/a/")
        await Job.objects.aupdate(status=Status.SUCCEEDED)
        assert 'data-events=""' in await self.page("/jobs/a/")

    async def test_a_queued_one_says_whether_anybody_works_the_queue(self) -> None:
        await sync_to_async(self.job)()
        assert "No worker is running at the moment" in await self.page("/jobs/a/")
        await Worker.objects.asee("somebody")
        assert "as soon as a worker is free" in await self.page("/jobs/a/")

    async def test_one_that_is_to_end_has_no_button_to_cancel_it_again(self) -> None:
        await sync_to_async(self.job)(status=Status.RUNNING, cancel_requested=True)
        page = await self.page("/jobs/a/")
        assert "Being cancelled" in page
        assert "/jobs/a/cancel/" not in page

    async def test_a_failed_or_cancelled_one_can_be_tried_again(self) -> None:
        await sync_to_async(self.job)(error="The disk was full.")
        for status in (Status.FAILED, Status.CANCELLED):
            await Job.objects.aupdate(status=status)
            page = await self.page("/jobs/a/")
            assert "The disk was full." in page
            assert 'action="/jobs/a/retry/"' in page

    async def test_its_result_is_told_in_numbers(self) -> None:
        await sync_to_async(self.imported)()
        page = await self.page("/jobs/a/")
        assert '<dt>added</dt><dd><a href="/jobs/a/books/?action=added">1,234</a></dd>' in page
        assert "<dt>rejected</dt><dd>61</dd>" in page
        assert "fields left out" not in page
        assert "It took 90 seconds." in page

    async def test_it_is_called_after_its_list_and_offers_its_files(self) -> None:
        await sync_to_async(self.imported)()
        page = await self.page("/jobs/a/")
        assert "<title>Done: Import of old list.csv · Book catalogue</title>" in page
        assert 'href="/jobs/a/files/old%20list.csv/"' in page
        assert "2.0\xa0KB" in page
        assert "The rows that were not imported" in page

    async def test_how_it_imports_is_said_in_words(self) -> None:
        arguments = {"encoding": "iso8859_15", "existing": "fill", "format": "librarything"}
        await sync_to_async(self.imported)(arguments=arguments)
        page = await self.page("/jobs/a/")
        assert '<dt>Letters</dt><dd dir="auto">Western European (ISO 8859-15)</dd>' in page
        assert '<dt>Books already here</dt><dd dir="auto">Fill gaps only: what you have stays' in page
        assert '<dt>Format</dt><dd dir="auto">LibraryThing' in page

    async def test_a_possible_duplicate_is_a_link_to_the_other_book(self) -> None:
        reason = "Added, but possibly a duplicate of /books/7/: <b>the title</b> is the same."
        note = {"line": 3, "field": "title", "value": "Kokoro", "reason": reason, "book": "/books/9/"}
        await sync_to_async(self.imported)(result={**RESULT, "similar": 1, "first_notes": [note]})
        page = await self.page("/jobs/a/")
        assert 'a duplicate of <a href="/books/7/">/books/7/</a>: &lt;b&gt;the title' in page
        assert '<dd><a href="/duplicates/">1</a></dd>' in page

    async def test_the_first_rejects_are_a_table(self) -> None:
        await sync_to_async(self.imported)(result={**RESULT, "first_rejects": REJECTS})
        page = await self.page("/jobs/a/")
        assert "The first 2 of 61 rejected rows" in page
        assert "<td>Pages</td>" in page
        assert "<script>alert" not in page

    async def test_an_import_can_be_undone(self) -> None:
        await sync_to_async(self.imported)()
        assert Elements(await self.page("/jobs/a/")).named("input", name="job", value="a")
        await sync_to_async(self.job)("undo_import", "b", arguments={"job": "a"})
        assert Elements(await self.page("/jobs/a/")).named("a", href="/jobs/b/")
        assert "Undoing the import of old list.csv</h1>" in await self.page("/jobs/b/")
        assert "Undoing the import of old list.csv</a>" in await self.page("/jobs/")

    async def test_what_changed_nothing_cannot_be_undone(self) -> None:
        await sync_to_async(self.imported)(result={**RESULT, "created": 0, "updated": 0})
        assert "undo_import" not in await self.page("/jobs/a/")

    async def test_a_trial_says_so_and_cannot_be_undone(self) -> None:
        await sync_to_async(self.imported)(arguments={"dry_run": True, "mapping": {"title": "Buch"}})
        page = await self.page("/jobs/a/")
        assert "Test run of the import of old list.csv" in page
        assert "The catalogue stays as it is." in page
        assert "undo_import" not in page

    async def test_who_may_only_look_gets_no_buttons(self) -> None:
        await sync_to_async(self.job)()
        user = await sync_to_async(reader)()
        await user.user_permissions.aadd(await Permission.objects.aget(codename="view_job"))
        client = AsyncClient()
        await client.aforce_login(user)
        for address in ("/jobs/", "/jobs/a/"):
            page = (await client.get(address, headers=HTML)).content.decode()
            forms = Elements(page).named("form", method="post")
            assert [form["action"] for form in forms] == ["/accounts/logout/"], address

    async def test_how_it_works_inside_is_for_staff(self) -> None:
        await sync_to_async(self.job)(status=Status.RUNNING, owner="host:1:secret")
        assert "host:1:secret" not in await self.page("/jobs/a/")
        self.librarian.is_staff = True
        await self.librarian.asave()
        assert "host:1:secret" in await self.page("/jobs/a/")


class JobList(JobPageCase):
    async def test_without_jobs_it_says_what_to_do(self) -> None:
        page = await self.page("/jobs/")
        assert "There are no jobs yet." in page
        assert "Choose a list of books above" in page

    async def test_each_job_has_its_state_in_words_and_who_asked_for_it(self) -> None:
        await sync_to_async(self.imported)()
        await sync_to_async(self.job)(
            "export", "b", arguments={"format": "jsonl"}, status=Status.RUNNING, done=1, total=4
        )
        page = await self.page("/jobs/")
        for text in ("Import of old list.csv", "Export as JSON Lines", "Done", "Running", "<bdi>librarian</bdi>"):
            assert text in page
        assert Elements(page).named("progress", value="25")

    def test_it_asks_as_much_for_many_as_for_one(self) -> None:
        """The session, the account, its permissions (two), the name, the page with its count."""
        self.job()
        with self.assertNumQueries(6):
            async_to_sync(self.page)("/jobs/")
        for number in range(5):
            self.job(key=str(number))
        with self.assertNumQueries(6):
            async_to_sync(self.page)("/jobs/")

    async def test_its_pages_are_sound(self) -> None:
        await sync_to_async(self.imported)(result={**RESULT, "first_rejects": REJECTS})
        wrong = await self.sent("/jobs/", 422, kind="clock", seconds="soon")
        for page in (await self.page("/jobs/"), await self.page("/jobs/a/"), wrong):
            elements = Elements(page)
            ids = [attrs["id"] for _, attrs in elements.all if "id" in attrs]
            assert len(ids) == len(set(ids))
            assert not own_code(page)
            for _, attrs in elements.all:
                for name in ("for", "aria-describedby", "aria-labelledby"):
                    assert set((attrs.get(name) or "").split()) <= set(ids)

    async def test_a_query_that_comes_along_is_in_the_form_of_the_export(self) -> None:
        elements = Elements(await self.page("/jobs/?q=kokoro&language=ja&author=7"))
        assert elements.named("input", id="export-q", value="kokoro")
        assert elements.named("input", id="export-language", value="ja")
        assert elements.named("input", name="author", value="7")

    async def test_a_list_of_books_leads_there_with_its_query(self) -> None:
        await Book.objects.acreate(title="Kokoro", title_key="kokoro", language="ja")
        assert Elements(await self.page("/books/?language=ja")).named("a", href="/jobs/?language=ja")
        other = (await AsyncClient().get("/books/?language=ja", headers=HTML)).content.decode()
        assert "/jobs/" not in other


class ExportForm(JobPageCase):
    async def test_boxes_that_were_left_empty_ask_for_nothing(self) -> None:
        boxes = {"q": "", "topic": "", "language": "eo", "year": ""}
        response = await self.async_client.post("/jobs/", {"kind": "export", "format": "jsonl", **boxes}, headers=HTML)
        assert response.status_code == 303
        job = await Job.objects.aget()
        assert job.arguments == {"format": "jsonl", "query": {"language": "eo"}}


class WrongForms(JobPageCase):
    """422, the reasons beside the boxes, and all that was typed."""

    async def test_a_mapping_that_cannot_be_read(self) -> None:
        file = BytesIO(b"title\nKokoro\n")
        file.name = "books.csv"
        page = await self.sent("/jobs/", 422, kind="import", mapping="titel=Buch", file=file)
        assert "The fields of a book are" in page
        assert not await JobFile.objects.aexists()

    async def test_a_list_that_was_not_chosen(self) -> None:
        page = await self.sent("/jobs/", 422, kind="import")
        assert "Choose a list first" in page
        assert "curl" not in page

    async def test_a_number_that_is_none(self) -> None:
        page = await self.sent("/jobs/", 422, kind="clock", seconds="soon")
        assert Elements(page).field("seconds")["value"] == "soon"
        assert Elements(page).named("a", href="#clock-seconds")

    async def test_an_export_of_a_year_that_is_none(self) -> None:
        page = await self.sent("/jobs/", 422, kind="export", year="soon", format="jsonl")
        box = Elements(page).field("year")
        assert (box["value"], box["aria-invalid"]) == ("soon", "true")
        assert "selected" in Elements(page).named("option", value="jsonl")[0]

    async def test_a_kind_that_there_is_not(self) -> None:
        assert "There is no such kind" in await self.sent("/jobs/", 422, kind=NASTY)

    async def test_programs_get_the_same_as_json(self) -> None:
        response = await self.async_client.post("/jobs/", {"kind": "clock", "seconds": "soon"})
        assert (response.status_code, list(response.json()["errors"])) == (422, ["seconds"])


class TypedBeforeSigningIn(JobPageCase):
    async def test_it_is_in_the_form_again(self) -> None:
        session = await self.async_client.asession()
        await session.aset("typed", ["/jobs/", "kind=lookup&isbns=0306406152"])
        await session.asave()
        assert "0306406152</textarea>" in await self.page("/jobs/")


class Home(JobPageCase):
    async def test_it_shows_the_running_jobs_and_the_latest(self) -> None:
        await sync_to_async(self.job)(key="oldest", status=Status.RUNNING, done=1, total=2)
        for number in range(4):
            await sync_to_async(self.job)(key=f"n{number}", status=Status.SUCCEEDED)
        elements = Elements(await self.page("/"))
        shown = [attrs["data-job"] for _, attrs in elements.all if "data-job" in attrs]
        assert shown == ["oldest", "n3", "n2"]
        assert elements.named("div", **{"data-events": "/jobs/events/"})

    async def test_it_shows_librarians_the_way_to_them_and_others_nothing(self) -> None:
        await sync_to_async(self.job)()
        other = AsyncClient()
        await other.aforce_login(await sync_to_async(reader)())
        for client, is_shown in ((self.async_client, True), (other, False), (AsyncClient(), False)):
            page = (await client.get("/", headers=HTML)).content.decode()
            assert ('href="/jobs/"' in page, "jobs.js" in page) == (is_shown, is_shown)

    def test_to_others_they_cost_no_query(self) -> None:
        """Two queries for what home shows, and one for the name."""
        self.job()
        with self.assertNumQueries(3):
            async_to_sync(AsyncClient().get)("/", headers=HTML)


class Words(SimpleTestCase):
    def test_a_time_is_told_in_the_unit_that_fits(self) -> None:
        told = [duration(timedelta(seconds=seconds)) for seconds in (0, 1, 90, 170, 7200)]
        assert told == ["1 second", "1 second", "90 seconds", "3 minutes", "2 hours"]

    def test_a_result_that_is_no_table_of_numbers_is_not_told(self) -> None:
        assert counts(None) == counts(7) == counts({"format": "csv"}) == []
