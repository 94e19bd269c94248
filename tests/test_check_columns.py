"""The page "Check the columns": a list is uploaded in the browser, checked, tried, imported and undone."""

from io import BytesIO
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db.models.functions import Now
from django.test import AsyncClient

from books.metadata.record import EMPTY
from books.models import Actor, Book, Channel, Job, JobFile, Status, Upload
from books.models.job_file import MAX_WAITING
from books.views import jobs
from tests.people import librarian
from tests.test_pages import HTML, NASTY, Elements, PageCase

pytestmark = pytest.mark.once

KNOWN = "title,authors,pages\nKokoro,Natsume Soseki,248\n"
UNKNOWN = "Was,Wer\nDer Prozess,Kafka\n"


def a_file(text: str | bytes, name: str = "list.csv") -> BytesIO:
    file = BytesIO(text.encode() if isinstance(text, str) else text)
    file.name = name
    return file


class UploadCase(PageCase):
    async def upload(self, text: str | bytes, **fields: str) -> Upload:
        response = await self.async_client.post(
            "/jobs/", {"kind": "import", "file": a_file(text), **fields}, headers=HTML
        )
        assert response.status_code == 303, response.content.decode()
        upload = await Upload.objects.select_related("file").alatest("pk")
        assert response["Location"] == f"/uploads/{upload.pk}/"
        return upload

    async def send(self, upload: Upload, action: str, columns: list[str], **fields: str) -> Any:
        taken = upload.preview
        known = {"format": "" if taken["format"] == "table" else taken["format"], "encoding": taken["encoding"]}
        form = {"action": action, "existing": "fill", "column": columns, **known, **fields}
        return await self.async_client.post(f"/uploads/{upload.pk}/", form, headers=HTML)


class Uploading(UploadCase):
    async def test_a_browser_is_shown_the_columns_and_nothing_is_started(self) -> None:
        upload = await self.upload(KNOWN)
        page = await self.page(f"/uploads/{upload.pk}/")
        chosen = [select["aria-label"] for select in Elements(page).named("select", name="column")]
        assert chosen == ["What title fills", "What authors fills", "What pages fills"]
        assert "Kokoro" in page
        assert not await Job.objects.aexists()

    async def test_a_script_imports_at_once(self) -> None:
        response = await self.async_client.post("/jobs/", {"file": a_file(KNOWN)})
        assert response.status_code == 202
        assert not await Upload.objects.aexists()

    async def test_a_script_is_told_the_columns_that_are_not_understood(self) -> None:
        response = await self.async_client.post("/jobs/", {"file": a_file(UNKNOWN)})
        told = response.json()
        assert response.status_code == 422
        assert (told["header"], told["mapping"], told["candidates"]) == (["Was", "Wer"], {}, {})
        assert list(told["errors"]) == ["file"]
        assert not await JobFile.objects.aexists()

    async def test_a_script_that_says_what_they_hold_imports_at_once(self) -> None:
        response = await self.async_client.post("/jobs/", {"file": a_file(UNKNOWN), "mapping": "title=Was"})
        assert response.status_code == 202

    async def test_what_is_no_list_is_refused_on_the_page_of_jobs(self) -> None:
        page = await self.sent("/jobs/", 422, kind="import", file=a_file(b"%PDF-1.7 and so on"))
        assert "a PDF document" in page
        assert not await JobFile.objects.aexists()

    async def test_the_oldest_waiting_lists_of_one_person_go(self) -> None:
        first = await self.upload(KNOWN)
        for _ in range(MAX_WAITING):
            await self.upload(KNOWN)
        assert not await JobFile.objects.filter(pk=first.file_id).aexists()
        assert await Upload.objects.acount() == MAX_WAITING


class Rights(UploadCase):
    async def test_a_list_is_its_uploaders_alone(self) -> None:
        upload = await self.upload(KNOWN)
        other = AsyncClient()
        await other.aforce_login(await sync_to_async(librarian)("other"))
        for method in (other.get, other.post, other.delete):
            assert (await method(f"/uploads/{upload.pk}/")).status_code == 404

    async def test_who_may_no_longer_import_may_not_see_it(self) -> None:
        upload = await self.upload(KNOWN)
        await self.librarian.groups.aclear()
        assert (await self.async_client.get(f"/uploads/{upload.pk}/")).status_code == 403


class Choosing(UploadCase):
    async def test_columns_that_say_nothing_are_to_be_chosen(self) -> None:
        upload = await self.upload(UNKNOWN)
        assert "No column is known to hold the titles" in await self.page(f"/uploads/{upload.pk}/")
        response = await self.send(upload, "import", ["", ""])
        assert response.status_code == 422
        assert "Choose the column that holds the title." in response.content.decode()
        response = await self.send(upload, "import", ["title", "authors"])
        job = await Job.objects.aget()
        assert response["Location"] == f"/jobs/{job.key}/"
        assert job.arguments["mapping"] == {"title": "Was", "authors": "Wer"}

    async def test_a_list_without_a_header_is_read_as_such_and_none_of_its_books_is_lost(self) -> None:
        upload = await self.upload("Emma,Austen\nDune,Herbert\n")
        assert "If the first row is a book" in await self.page(f"/uploads/{upload.pk}/")
        await self.send(upload, "show", [], format="nameless")
        await upload.arefresh_from_db()
        assert [column["values"] for column in upload.preview["columns"]] == [["Emma", "Dune"], ["Austen", "Herbert"]]
        assert (await self.send(upload, "import", ["", ""])).status_code == 422
        await self.send(upload, "import", ["title", "authors"])
        job = await Job.objects.alatest("created_at")
        assert (job.arguments["format"], job.arguments["mapping"]) == (
            "nameless",
            {"title": "Column 1", "authors": "Column 2"},
        )

    async def test_two_columns_for_one_field_are_refused_and_stay_chosen(self) -> None:
        upload = await self.upload(KNOWN)
        response = await self.send(upload, "import", ["title", "title", ""])
        page = response.content.decode()
        assert response.status_code == 422
        assert "Two columns fill “Title”" in page
        assert page.count('<option value="title" selected>') == 2
        assert not await Job.objects.aexists()

    async def test_a_field_of_several_columns_keeps_them_when_another_is_changed(self) -> None:
        upload = await self.upload("Titel,Wer,ISBN-13,ISBN-10\nMomo,Ende,,0306406152\n")
        names = [column["name"] for column in upload.preview["columns"]]
        chosen = {"Titel": "title", "Wer": "authors", "ISBN-13": "isbn13", "ISBN-10": "isbn13"}
        await self.send(upload, "import", [chosen[name] for name in names])
        mapping = (await Job.objects.aget()).arguments["mapping"]
        assert mapping == {"title": "Titel", "authors": "Wer", "isbn13": ["ISBN-13", "ISBN-10"]}

    async def test_of_a_known_format_only_what_was_changed_is_sent(self) -> None:
        upload = await self.upload(KNOWN)
        assert upload.preview["format"] == "csv"
        await self.send(upload, "import", ["title", "authors", ""], existing="skip")
        arguments = (await Job.objects.aget()).arguments
        assert (arguments["format"], arguments["mapping"]) == ("csv", {"pages": ""})
        assert (arguments["existing"], arguments["encoding"]) == ("skip", "utf-8")

    async def test_other_letters_are_shown_before_anything_is_started(self) -> None:
        upload = await self.upload("title\nKokoro\n")
        response = await self.send(upload, "import", ["title"], encoding="cp932")
        assert response["Location"] == f"/uploads/{upload.pk}/#columns"
        await upload.arefresh_from_db()
        assert upload.preview["encoding"] == "cp932"
        assert not await Job.objects.aexists()

    async def test_a_format_that_the_file_has_not_is_refused_with_the_reason(self) -> None:
        upload = await self.upload(KNOWN)
        response = await self.send(upload, "show", ["title", "authors", "pages"], format="goodbooks")
        assert response.status_code == 422
        assert "This is not goodbooks" in response.content.decode()

    async def test_letters_that_are_not_clear_are_chosen_by_their_lines(self) -> None:
        upload = await self.upload("title\nÉtranger\n".encode("cp1252"), encoding="cp1252")
        upload.preview |= {"candidates": {"cp1252": ["Étranger"], "mac_roman": ["…tranger"]}, "columns": []}
        upload.fields = []
        await upload.asave()
        page = await self.page(f"/uploads/{upload.pk}/")
        assert [box["value"] for box in Elements(page).named("input", type="radio")] == ["cp1252", "mac_roman"]
        assert not Elements(page).named("button", value="import")
        await self.send(upload, "show", [], encoding="cp1252")
        assert "Étranger</td>" in await self.page(f"/uploads/{upload.pk}/")

    async def test_what_a_file_says_is_text_on_the_page(self) -> None:
        upload = await self.upload(f"title,{NASTY.replace(',', ' ')}\n{NASTY.replace(',', ' ')},\0\n")
        assert "<script>alert" not in await self.page(f"/uploads/{upload.pk}/")

    async def test_hundreds_of_columns_are_named_and_counted(self) -> None:
        upload = await self.upload("title," + ",".join(f"c{number}" for number in range(500)) + "\nKokoro\n")
        page = await self.page(f"/uploads/{upload.pk}/")
        assert len(Elements(page).named("select", name="column")) == 100
        assert "and 401 more" in page

    async def test_a_list_that_is_discarded_is_gone(self) -> None:
        upload = await self.upload(KNOWN)
        response = await self.send(upload, "discard", [])
        assert response["Location"] == "/jobs/"
        assert not await JobFile.objects.aexists()


class Trying(UploadCase):
    async def test_a_test_run_comes_back_to_the_page_with_its_report(self) -> None:
        upload = await self.upload(KNOWN)
        response = await self.send(upload, "test", ["title", "authors", "pages"], existing="replace")
        assert response["Location"] == f"/uploads/{upload.pk}/#report"
        result = {"created": 7, "updated": 0, "unchanged": 0, "rejected": 0}
        await Job.objects.aupdate(status=Status.SUCCEEDED, result=result, finished_at=Now())
        page = await self.page(f"/uploads/{upload.pk}/")
        assert "<dt>added</dt><dd>7</dd>" in page
        assert "checked" in Elements(page).named("input", value="replace")[0]

    async def test_the_import_takes_the_list_that_was_tried(self) -> None:
        upload = await self.upload(KNOWN)
        columns = ["title", "authors", "pages"]
        await self.send(upload, "test", columns)
        response = await self.send(upload, "import", columns)
        tried, imported = [job async for job in Job.objects.order_by("pk")]
        assert response["Location"] == f"/jobs/{imported.key}/"
        assert tried.cancel_requested
        assert tried.arguments["file"] == imported.arguments["file"] == upload.file_id
        assert await imported.files.aget() == upload.file
        assert "Test run of the import of list.csv" in await self.page(f"/jobs/{tried.key}/")

    async def test_pressed_twice_it_is_one_import(self) -> None:
        upload = await self.upload(KNOWN)
        columns = ["title", "authors", "pages"]
        twice = [await self.send(upload, "import", columns) for _ in range(2)]
        assert twice[0]["Location"] == twice[1]["Location"]
        assert await Job.objects.acount() == 1
        again = await self.async_client.get(f"/uploads/{upload.pk}/", headers=HTML)
        assert again["Location"] == twice[0]["Location"]

    async def test_after_a_failure_the_list_is_here_still(self) -> None:
        upload = await self.upload(KNOWN)
        columns = ["title", "authors", "pages"]
        await self.send(upload, "import", columns)
        await Job.objects.aupdate(status=Status.FAILED, finished_at=Now(), due_at=None)
        [failed] = [job async for job in Job.objects.all()]
        assert Elements(await self.page(f"/jobs/{failed.key}/")).named("a", href=f"/uploads/{upload.pk}/")
        await self.send(upload, "import", columns)
        assert await Job.objects.acount() == 2


class AsData(UploadCase):
    async def test_it_is_the_same_as_json(self) -> None:
        upload = await self.upload(KNOWN)
        data = (await self.async_client.get(f"/uploads/{upload.pk}/")).json()
        assert data["columns"][0] == {"name": "title", "field": "title", "values": ["Kokoro"]}
        assert (data["name"], data["format"], data["existing"], data["job"]) == ("list.csv", "csv", "fill", None)


class Afterwards(UploadCase):
    """The lists of an import; `self.job` has added two books."""

    def setUp(self) -> None:
        super().setUp()
        upload = async_to_sync(self.upload)(KNOWN)
        async_to_sync(self.send)(upload, "import", ["title", "authors", "pages"])
        self.job = Job.objects.get()
        for title in ("Kokoro", "Botchan"):
            Book.objects.add({**EMPTY, "title": title}, Actor(Channel.IMPORT, job_id=self.job.pk))

    def books(self, action: str) -> Any:
        return async_to_sync(self.async_client.get)(f"/jobs/{self.job.key}/books/?action={action}")

    def test_the_number_of_added_books_leads_to_their_list(self) -> None:
        Job.objects.update(status=Status.SUCCEEDED, result={"created": 2, "updated": 0}, finished_at=Now())
        address = f"/jobs/{self.job.key}/books/?action=added"
        assert Elements(async_to_sync(self.page)(f"/jobs/{self.job.key}/")).named("a", href=address)
        page = async_to_sync(self.page)(address)
        assert "Kokoro</a>" in page
        assert "Botchan</a>" in page

    def test_notes_on_rows_are_a_table_that_names_fields_as_forms_do(self) -> None:
        note = {"line": 3, "field": "published_year", "value": "soon", "reason": "Enter a year.", "book": "/books/7/"}
        result = {"created": 2, "notes": 1, "first_notes": [note]}
        Job.objects.update(status=Status.SUCCEEDED, result=result, finished_at=Now())
        page = async_to_sync(self.page)(f"/jobs/{self.job.key}/")
        assert '<td>Year</td><td dir="auto">soon</td>' in page
        assert Elements(page).named("a", href="/books/7/")

    def test_added_and_changed_are_told_apart(self) -> None:
        assert [len(self.books(action).json()["books"]) for action in ("added", "changed")] == [2, 0]

    def test_a_long_list_has_pages(self) -> None:
        first, second = Book.objects.order_by("pk")
        with patch.object(jobs, "BOOKS", 1):
            data = self.books("added").json()
            assert [book["id"] for book in data["books"]] == [first.pk]
            further = async_to_sync(self.async_client.get)(data["next"]).json()
        assert ([book["id"] for book in further["books"]], further["next"]) == ([second.pk], None)

    def test_another_action_is_refused(self) -> None:
        assert self.books("burnt").status_code == 400
