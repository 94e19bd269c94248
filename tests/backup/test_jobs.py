"""Backups as jobs: for owners alone, on the disk, and the newest of them kept."""

from http import HTTPStatus
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client, override_settings

from books.backup.archive import open_archive
from books.backup.writing import folder
from books.jobs.pruning import astart_todays_jobs
from books.jobs.start import start
from books.jobs.tasks.backup import backup
from books.models import Book, Job, JobFile, Scope, Status, Token
from tests.backup.test_backup import BackupTestCase
from tests.jobs.working import work
from tests.people import librarian, owner

JSON = "application/json"


def client_of(user: User, accept: str = JSON) -> Client:
    client = Client(headers={"accept": accept})
    client.force_login(user)
    return client


async def content_of(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


def made(**arguments: Any) -> Job:
    job, _ = start(backup, arguments)
    work()
    job.refresh_from_db()
    return job


class Requested(BackupTestCase):
    def setUp(self) -> None:
        super().setUp()
        Book.objects.add({"title": "Kokoro"})
        self.owner = owner()

    def test_its_file_is_downloaded_as_it_is_on_the_disk(self) -> None:
        client = client_of(self.owner)
        started = client.post("/jobs/mine/", '{"kind": "backup"}', JSON)
        work()
        job = client.get("/jobs/mine/").json()
        [file] = job["files"]
        response = client.get(file["url"])
        content = async_to_sync(content_of)(response)
        assert (started.status_code, job["status"], job["result"]) == (HTTPStatus.ACCEPTED, "succeeded", {"books": 1})
        assert job["message"] == "written and checked: 1 book, 1 change in the history, 1 account"
        assert response["Content-Type"] == "application/zip"
        assert len(content) == file["size"] == int(response["Content-Length"])
        assert content == (folder() / file["name"]).read_bytes()
        self.path.write_bytes(content)
        with open_archive(self.path) as archive:
            assert archive.counts["books.book"] == 1

    def test_librarians_neither_start_see_nor_download_one(self) -> None:
        job, client = made(), client_of(librarian())
        name = job.files.get().name
        assert client.post("/jobs/", '{"kind": "backup"}', JSON).status_code == HTTPStatus.FORBIDDEN
        assert client.get(f"/jobs/{job.key}/").json()["files"] == []
        refused = client.get(f"/jobs/{job.key}/files/{name}/")
        assert (refused.status_code, refused.json()["detail"]) == (
            HTTPStatus.FORBIDDEN,
            "Only an owner of this catalogue can manage accounts and backups.",
        )
        assert client.post(f"/jobs/{job.key}/retry/").status_code == HTTPStatus.FORBIDDEN

    def test_a_token_of_an_owner_starts_one_but_gets_no_file_with_all_accounts(self) -> None:
        _, secret = Token.objects.issue(self.owner, "copies", list(Scope), None)
        script = Client(headers={"accept": JSON, "authorization": f"Bearer {secret}"})
        assert script.post("/jobs/nightly/", '{"kind": "backup"}', JSON).status_code == HTTPStatus.ACCEPTED
        work()
        name = JobFile.objects.get().name
        assert script.get("/jobs/nightly/").json()["files"] == []
        refused = script.get(f"/jobs/nightly/files/{name}/")
        assert (refused.status_code, refused.json()["detail"]) == (
            HTTPStatus.FORBIDDEN,
            "A token cannot do this: sign in with your password.",
        )

    def test_only_owners_are_shown_the_button_and_the_file(self) -> None:
        job = made()
        for user, is_shown in ((self.owner, True), (librarian(), False)):
            pages = [client_of(user, "text/html").get(url).content.decode() for url in ("/jobs/", f"/jobs/{job.key}/")]
            assert ['value="backup"' in pages[0], "requested-" in pages[1]] == [is_shown, is_shown]

    def test_a_file_that_is_gone_from_the_disk_is_404(self) -> None:
        job = made()
        file = job.files.get()
        (folder() / file.name).unlink()
        response = client_of(self.owner).get(f"/jobs/{job.key}/files/{file.name}/")
        assert (response.status_code, response.json()["detail"]) == (
            HTTPStatus.NOT_FOUND,
            f"The backup {file.name} is not on this machine, or no longer.",
        )

    def test_a_cancelled_one_leaves_no_file(self) -> None:
        job, _ = start(backup, {})
        Job.objects.update(cancel_requested=True)
        work()
        job.refresh_from_db()
        assert job.status == Status.CANCELLED
        assert not folder().exists()


@pytest.mark.once
class Daily(BackupTestCase):
    def test_one_a_day_is_made_and_the_newest_are_kept(self) -> None:
        folder().mkdir(parents=True)
        for name in ("daily-2026-11-01-000000-1.zip", "daily-2026-11-02-000000-2.zip", "catalogue-2020.zip"):
            (folder() / name).touch()
        with override_settings(BACKUPS=2):
            for _ in range(2):
                async_to_sync(astart_todays_jobs)()
            work()
        job = Job.objects.get(kind="backup")
        assert (job.status, job.key.startswith("daily-backup-20")) == (Status.SUCCEEDED, True)
        names = {file.name for file in folder().iterdir()}
        assert names == {"daily-2026-11-02-000000-2.zip", "catalogue-2020.zip", job.files.get().name}

    @override_settings(BACKUPS=2)
    def test_a_new_one_is_kept_though_older_ones_are_of_a_clock_that_was_ahead(self) -> None:
        folder().mkdir(parents=True)
        for name in ("daily-2136-11-01-000000-1.zip", "daily-2136-11-02-000000-2.zip"):
            (folder() / name).touch()
        new = made(daily=True).files.get().name
        assert {file.name for file in folder().iterdir()} == {"daily-2136-11-02-000000-2.zip", new}

    def test_a_job_no_longer_lists_a_file_that_was_deleted(self) -> None:
        with override_settings(BACKUPS=1):
            first, second = made(daily=True), made(daily=True)
        assert [first.files.count(), second.files.count()] == [0, 1]
        assert JobFile.objects.get().name == second.files.get().name

    @override_settings(BACKUPS=0)
    def test_none_is_made_if_none_is_kept(self) -> None:
        async_to_sync(astart_todays_jobs)()
        assert [job.kind for job in Job.objects.all()] == ["prune"]
