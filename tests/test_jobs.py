import json
from io import BytesIO
from typing import Any
from unittest import mock

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import AsyncClient, override_settings

from books.jobs.pruning import astart_todays_jobs
from books.jobs.start import astart
from books.jobs.tasks.import_books import import_
from books.models import Channel, Job, JobFile, Scope, Status, Token
from tests.people import LibrarianTestCase, librarian

HTML = {"accept": "text/html"}


class JobsCase(LibrarianTestCase):
    async def post(self, address: str, sent: Any = None, **headers: str) -> Any:
        if sent is None:
            return await self.async_client.post(address, headers=headers)
        return await self.async_client.post(address, json.dumps(sent), "application/json", headers=headers)


class StartAJob(JobsCase):
    async def test_it_answers_202_with_the_job_and_its_address(self) -> None:
        response = await self.post("/jobs/a/", {"kind": "clock", "arguments": {"seconds": 5}})
        assert (response.status_code, response["Location"]) == (202, "/jobs/a/")
        job = response.json()
        assert (job["id"], job["url"], job["kind"], job["status"]) == ("a", "/jobs/a/", "clock", "queued")
        assert job["arguments"] == {"seconds": 5}

    async def test_a_job_has_all_the_fields_of_the_contract(self) -> None:
        job = (await self.post("/jobs/a/")).json()
        assert set(job) >= set(
            "id url kind status cancel_requested done total percent message attempt created_at started_at "
            "finished_at result error".split()
        )

    async def test_with_no_body_it_is_a_clock(self) -> None:
        assert (await self.post("/jobs/a/")).json()["arguments"] == {"seconds": 10}

    async def test_the_same_again_is_200_and_no_second_job(self) -> None:
        await self.post("/jobs/a/")
        again = await self.post("/jobs/a/", {"kind": "clock", "arguments": {"seconds": 10}})
        assert (again.status_code, again.json()["id"]) == (200, "a")
        assert await Job.objects.acount() == 1

    async def test_a_different_one_under_that_key_is_409(self) -> None:
        await self.post("/jobs/a/")
        response = await self.post("/jobs/a/", {"arguments": {"seconds": 11}})
        assert (response.status_code, "/jobs/a/" in response.json()["detail"]) == (409, True)

    async def test_keys_that_look_alike_are_different(self) -> None:
        for key in ("2", "02", "a-b", "a_b", "A-b", "x" * 64):
            assert (await self.post(f"/jobs/{key}/")).status_code == 202
        assert await Job.objects.acount() == 6

    async def test_what_is_no_key_is_404(self) -> None:
        for key in ("x" * 65, "a.b", "ä", "a%20b"):
            assert (await self.post(f"/jobs/{key}/")).status_code == 404

    async def test_without_a_key_one_is_chosen(self) -> None:
        response = await self.post("/jobs/", {"kind": "export", "arguments": {"language": "ja"}})
        assert (response.status_code, response["Location"]) == (202, response.json()["url"])
        assert response.json()["arguments"] == {"format": "csv", "query": {"language": "ja"}}

    async def test_who_started_it_by_which_door_is_kept(self) -> None:
        await self.post("/jobs/a/")
        job = await Job.objects.aget()
        assert (job.created_by_id, job.via) == (self.librarian.pk, Channel.API)

    async def test_what_is_wrong_is_told_argument_by_argument(self) -> None:
        for sent, names in [
            ({"kind": "magic"}, {"kind"}),
            ({"kind": ["clock"]}, {"kind"}),
            ({"kind": "clock", "arguments": {"seconds": 0, "hours": 1}}, {"seconds", "hours"}),
            ({"kind": "clock", "arguments": {"seconds": [1]}}, {"seconds"}),
            ({"kind": "clock", "arguments": []}, {"arguments"}),
            ({"kind": "clock", "when": "now"}, {"when"}),
            ({"kind": "clock", "\ud800": 1}, {"\\ud800"}),
            ({"kind": "import"}, {"file"}),
            ({"kind": "undo_import"}, {"job"}),
        ]:
            response = await self.post("/jobs/", sent)
            with self.subTest(sent=sent):
                assert (response.status_code, set(response.json()["errors"])) == (422, names)
        assert not await Job.objects.aexists()

    async def test_a_body_that_cannot_be_read_is_refused(self) -> None:
        assert (await self.async_client.post("/jobs/", "{", "application/json")).status_code == 400
        assert (await self.async_client.post("/jobs/", "x", "text/plain")).status_code == 415

    async def test_a_page_leads_to_the_jobs_page(self) -> None:
        response = await self.async_client.post("/jobs/", {"kind": "reindex"}, headers=HTML)
        job = await Job.objects.aget()
        assert (response.status_code, response["Location"], job.via) == (303, f"/jobs/{job.key}/", Channel.PAGE)

    async def test_a_kind_may_need_more_than_jobs(self) -> None:
        user = await type(self.librarian).objects.acreate(username="watcher")
        await user.user_permissions.aadd(await Permission.objects.aget(codename="add_job"))
        await self.async_client.aforce_login(user)
        refused = await self.post("/jobs/", {"kind": "reindex"})
        assert refused.status_code == 403
        assert refused.json()["detail"].startswith("Only librarians can change books. Ask ")
        assert (await self.post("/jobs/", {"kind": "clock"})).status_code == 202


class StartOnce(JobsCase):
    """POST /jobs/ with an Idempotency-Key, repeated."""

    EXPORT = {"kind": "export"}

    async def post_once(self, sent: Any, key: str = "k") -> Any:
        return await self.post("/jobs/", sent, **{"idempotency-key": key})

    async def test_the_same_again_is_the_same_job(self) -> None:
        first, again = await self.post_once(self.EXPORT), await self.post_once(self.EXPORT)
        assert (first.status_code, again.status_code) == (202, 200)
        assert first["Location"] == again["Location"]
        assert await Job.objects.acount() == 1

    async def test_another_request_under_the_same_key_is_refused(self) -> None:
        await self.post_once(self.EXPORT)
        refused = await self.post_once({"kind": "clock"})
        assert (refused.status_code, "Idempotency-Key" in refused.json()["detail"]) == (409, True)
        assert await Job.objects.acount() == 1

    async def test_another_file_under_the_same_key_is_refused(self) -> None:
        for title, status in (("Kokoro", 202), ("Kokoro", 200), ("Botchan", 409)):
            file = SimpleUploadedFile("a.csv", f"title\n{title}\n".encode())
            response = await self.async_client.post("/jobs/", {"file": file}, headers={"idempotency-key": "k"})
            assert response.status_code == status
        assert await JobFile.objects.acount() == 1

    async def test_keys_of_others_are_no_matter(self) -> None:
        first = await self.post_once(self.EXPORT)
        await self.async_client.aforce_login(await sync_to_async(librarian)("another"))
        second = await self.post_once(self.EXPORT)
        assert (second.status_code, first["Location"] != second["Location"]) == (202, True)

    async def test_a_key_of_absurd_length_is_refused(self) -> None:
        assert (await self.post_once(self.EXPORT, "k" * 181)).status_code == 400


class OurOwnKeys(JobsCase):
    async def test_no_client_may_choose_one(self) -> None:
        for key in ("prune-2026-11-30", "prune-", "daily-backup-2026-11-30"):
            response = await self.post(f"/jobs/{key}/")
            assert (response.status_code, set(response.json()["errors"])) == (422, {"key"})
        assert not await Job.objects.aexists()

    async def test_our_own_jobs_can_be_read(self) -> None:
        await astart_todays_jobs()
        job = await Job.objects.aget()
        assert job.key.startswith("prune-")
        assert (await self.async_client.get(f"/jobs/{job.key}/")).json()["kind"] == "prune"


class WhatWritesBooks(JobsCase):
    """Takes a token that may write books, for jobs alone is not enough."""

    async def token(self, *scopes: Scope) -> dict[str, str]:
        _, secret = await sync_to_async(Token.objects.issue)(self.librarian, "t", scopes, None)
        return {"authorization": f"Bearer {secret}"}

    async def statuses(self, scopes: list[Scope], address: str, sent: Any = None) -> int:
        status: int = (await self.post(address, sent, **await self.token(*scopes))).status_code
        return status

    async def test_starting_it(self) -> None:
        await astart(import_, {"dry_run": False, "mapping": {}, "format": ""}, key="imported")
        await Job.objects.aupdate(status=Status.SUCCEEDED, due_at=None, finished_at=Now())
        for sent in (
            {"kind": "undo_import", "arguments": {"job": "imported"}},
            {"kind": "lookup", "arguments": {"without": "pages"}},
            {"kind": "reindex"},
        ):
            with self.subTest(sent=sent):
                assert await self.statuses([Scope.JOBS], "/jobs/", sent) == 403
                assert await self.statuses([Scope.JOBS, Scope.WRITE], "/jobs/", sent) == 202

    async def test_an_import_is_refused_by_the_name_of_the_scope(self) -> None:
        file = SimpleUploadedFile("a.csv", b"title\nKokoro\n")
        refused = await self.async_client.post("/jobs/", {"file": file}, headers=await self.token(Scope.JOBS))
        assert (refused.status_code, refused.json()["detail"]) == (403, "This token lacks the scope write.")
        assert 'scope="write"' in refused["WWW-Authenticate"]
        assert not await JobFile.objects.aexists()

    async def test_cancelling_and_resuming_it(self) -> None:
        await self.post("/jobs/a/", {"kind": "reindex"})
        for address, status in (("/jobs/a/cancel/", 202), ("/jobs/a/retry/", 202)):
            assert await self.statuses([Scope.JOBS], address) == 403
            assert await self.statuses([Scope.JOBS, Scope.WRITE], address) == status
        response = await self.async_client.delete("/jobs/a/", headers=await self.token(Scope.JOBS))
        assert response.status_code == 403

    async def test_what_only_reads_takes_the_scope_of_jobs_alone(self) -> None:
        for kind in ("export", "clock"):
            assert await self.statuses([Scope.JOBS], f"/jobs/{kind}/", {"kind": kind}) == 202
            assert await self.statuses([Scope.JOBS], f"/jobs/{kind}/cancel/") == 202
            assert await self.statuses([Scope.JOBS], f"/jobs/{kind}/retry/") == 202


class ClocksInProduction(JobsCase):
    """Without the laboratory, which production has only if asked for, there are none."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(LAB=False))

    async def test_a_clock_is_refused_with_the_kinds_that_there_are(self) -> None:
        for sent in (None, {"kind": "clock"}, {}):
            response = await self.post("/jobs/a/", sent)
            assert (response.status_code, set(response.json()["errors"])) == (422, {"kind"})
            assert "clock" not in response.json()["errors"]["kind"][0]

    async def test_the_page_offers_none(self) -> None:
        page = (await self.async_client.get("/jobs/", headers=HTML)).content.decode()
        assert 'value="clock"' not in page
        assert 'value="export"' in page


class Upload(JobsCase):
    CSV = b"title\nKokoro\n"

    async def upload(self, address: str = "/jobs/a/", **fields: Any) -> Any:
        file = BytesIO(fields.pop("data", self.CSV))
        file.name = fields.pop("name", "books.csv")
        return await self.async_client.post(address, {"file": file, **fields})

    async def test_a_file_is_an_import_and_is_kept_with_the_job(self) -> None:
        response = await self.upload(dry_run="true", mapping="title=title")
        assert response.status_code == 202
        job = response.json()
        assert (job["kind"], job["arguments"]["dry_run"], job["arguments"]["mapping"]) == (
            "import", True, {"title": "title"}
        )  # fmt: skip
        [file] = job["files"]
        assert (file["name"], file["size"], file["url"]) == ("books.csv", len(self.CSV), "/jobs/a/files/books.csv/")

    async def test_the_same_file_again_is_the_same_job(self) -> None:
        await self.upload()
        assert (await self.upload()).status_code == 200
        assert await JobFile.objects.acount() == 1

    async def test_another_file_under_the_same_key_is_refused_and_not_kept(self) -> None:
        await self.upload()
        assert (await self.upload(data=b"title\nBotchan\n")).status_code == 409
        assert await JobFile.objects.acount() == 1

    async def test_a_file_for_a_kind_that_takes_none_is_refused(self) -> None:
        response = await self.upload(kind="clock")
        assert (response.status_code, set(response.json()["errors"])) == (422, {"file"})
        assert not await JobFile.objects.aexists()

    async def test_a_name_of_any_length_will_do(self) -> None:
        job = (await self.upload(name="x" * 250 + ".csv")).json()
        response = await self.async_client.get(job["files"][0]["url"])
        assert b"".join([part async for part in response.streaming_content]) == self.CSV  # type: ignore[attr-defined]

    async def test_a_name_may_be_in_any_script(self) -> None:
        [file] = (await self.upload(name="本.csv")).json()["files"]
        assert (file["name"], file["url"]) == ("本.csv", "/jobs/a/files/%E6%9C%AC.csv/")

    async def test_a_broken_form_is_refused(self) -> None:
        response = await self.async_client.post("/jobs/", b"x", "multipart/form-data")
        assert response.status_code == 400


class ListJobs(JobsCase):
    async def test_the_latest_comes_first(self) -> None:
        for key in "abc":
            await self.post(f"/jobs/{key}/")
        data = (await self.async_client.get("/jobs/?size=2")).json()
        assert [job["id"] for job in data["jobs"]] == ["c", "b"]
        data = (await self.async_client.get(data["next"])).json()
        assert ([job["id"] for job in data["jobs"]], data["next"]) == (["a"], None)

    async def test_a_page_shows_them_and_starts_them(self) -> None:
        await self.post("/jobs/a/")
        page = (await self.async_client.get("/jobs/", headers=HTML)).content.decode()
        assert 'href="/jobs/a/"' in page
        assert 'type="file"' in page

    async def test_they_are_for_librarians(self) -> None:
        assert (await AsyncClient().get("/jobs/")).status_code == 401
        client = AsyncClient()
        await client.aforce_login(await type(self.librarian).objects.acreate(username="x"))
        assert (await client.get("/jobs/")).status_code == 403
        assert (await client.post("/jobs/a/")).status_code == 403


class OneJob(JobsCase):
    async def test_it_is_read_under_its_key(self) -> None:
        await self.post("/jobs/02/")
        await Job.objects.aupdate(status=Status.RUNNING, done=1, total=3, message="tick", log=["12:00:00 tick"])
        job = (await self.async_client.get("/jobs/02/")).json()
        assert (job["status"], job["done"], job["total"], job["percent"]) == ("running", 1, 3, 33)
        assert job["log"] == ["12:00:00 tick"]

    async def test_an_unknown_one_is_404(self) -> None:
        await self.post("/jobs/02/")
        for method in ("get", "delete"):
            assert (await getattr(self.async_client, method)("/jobs/2/")).status_code == 404
        assert (await self.post("/jobs/2/cancel/")).status_code == 404
        assert (await self.post("/jobs/2/retry/")).status_code == 404

    async def test_a_delete_cancels_it_202_and_once_it_is_over_200(self) -> None:
        await self.post("/jobs/a/")
        await Job.objects.aupdate(status=Status.RUNNING)
        response = await self.async_client.delete("/jobs/a/")
        assert (response.status_code, response.json()["cancel_requested"]) == (202, True)
        await Job.objects.aupdate(status=Status.CANCELLED)
        response = await self.async_client.delete("/jobs/a/")
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")

    async def test_a_form_cancels_it_too_and_leads_back(self) -> None:
        await self.post("/jobs/a/")
        response = await self.async_client.post("/jobs/a/cancel/", headers=HTML)
        assert (response.status_code, response["Location"]) == (303, "/jobs/a/")
        assert (await Job.objects.aget()).status == Status.CANCELLED

    async def test_what_failed_or_was_cancelled_can_be_tried_again_and_nothing_else(self) -> None:
        await self.post("/jobs/a/")
        assert (await self.post("/jobs/a/retry/")).status_code == 409
        await self.async_client.delete("/jobs/a/")
        response = await self.post("/jobs/a/retry/")
        assert (response.status_code, response.json()["status"]) == (202, "queued")

    async def test_its_page_shows_how_it_goes_and_refreshes_itself_without_scripts(self) -> None:
        await self.post("/jobs/a/")
        await Job.objects.aupdate(status=Status.RUNNING, done=1, total=2, message="<tick>")
        page = (await self.async_client.get("/jobs/a/", headers=HTML)).content.decode()
        assert 'value="50"' in page
        assert "&lt;tick&gt;" in page
        assert '<noscript><meta http-equiv="refresh"' in page
        assert 'action="/jobs/a/cancel/"' in page

    async def test_the_traceback_is_for_staff_and_the_sentence_for_all(self) -> None:
        await self.post("/jobs/a/")
        await Job.objects.aupdate(status=Status.FAILED, error="It stopped.", traceback="Traceback: secret")
        page = (await self.async_client.get("/jobs/a/", headers=HTML)).content.decode()
        assert "It stopped." in page
        assert "secret" not in page
        assert "secret" not in (await self.async_client.get("/jobs/a/")).content.decode()
        self.librarian.is_staff = True
        await self.librarian.asave()
        assert "secret" in (await self.async_client.get("/jobs/a/", headers=HTML)).content.decode()

    async def test_addresses_beside_the_keys_are_not_taken_for_keys(self) -> None:
        response = await self.async_client.get("/health_check/")
        assert "database" in response.json()


class JobFiles(JobsCase):
    async def asetup(self) -> JobFile:
        await self.post("/jobs/a/")
        return await JobFile.objects.acreate(job=await Job.objects.aget(), name="books.csv")

    async def test_it_comes_as_a_file_with_its_length(self) -> None:
        file = await self.asetup()
        with mock.patch("books.models.job_file.CHUNK", 3):
            await sync_to_async(file.append)(b"0123456789")
        response = await self.async_client.get("/jobs/a/files/books.csv/")
        assert b"".join([part async for part in response.streaming_content]) == b"0123456789"  # type: ignore[attr-defined]
        assert response["Content-Length"] == "10"
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="books.csv"'

    async def test_one_that_is_not_there_is_404(self) -> None:
        await self.asetup()
        for address in ("/jobs/a/files/other.csv/", "/jobs/b/files/books.csv/"):
            assert (await self.async_client.get(address)).status_code == 404

    async def test_who_may_not_see_the_job_may_not_fetch_it(self) -> None:
        await self.asetup()
        assert (await AsyncClient().get("/jobs/a/files/books.csv/")).status_code == 401
