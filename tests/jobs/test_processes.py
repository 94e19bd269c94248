"""Workers as processes: what dies, stops or freezes loses nothing and does nothing twice."""

import os
import signal

import pytest
from asgiref.sync import async_to_sync

from books.jobs.kinds import KINDS
from books.jobs.run import MAX_CONSECUTIVE_FAILURES
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Author, Book, Job, JobFile, Status, Worker
from books.models.job import LEASE
from tests.importing.lists import csv_file
from tests.jobs import bodies
from tests.jobs.working import ProcessTestCase, make_due
from tests.server.running import wait_until

LIST = [{"title": "" if n % 1000 == 9 else f"T{n}", "authors": f"A{n % 9}", "pages": n + 1} for n in range(4000)]

# The command `work`, whose imports are long enough in the middle for a busy machine to see them there.
SMALL_BATCHES = """
import django
django.setup()
from django.core.management import call_command
from books.jobs.tasks import import_books
import_books.BATCH_ROWS = 20
call_command("work")
"""

pytestmark = pytest.mark.server

TAKEN_OVER_WITHIN = LEASE.total_seconds() + 120  # seconds; on a busy machine


class Processes(ProcessTestCase):
    def names(self) -> list[str]:
        return list(Author.objects.order_by("name_key").values_list("name", flat=True))

    def test_a_sigterm_hands_the_job_back_at_once_and_another_goes_on(self) -> None:
        start(bodies.writes, {"rows": 25, "held_at": 5}, key="a")
        first = self.worker()
        self.wait_for("a", done__gte=3)
        first.send(signal.SIGTERM)
        assert first.wait() == 0
        job = Job.objects.get(key="a")
        assert (job.status, job.attempt, job.owner) == (Status.QUEUED, 0, "")
        assert not Worker.objects.exists()
        self.worker()
        job = self.wait_for("a", status=Status.SUCCEEDED)
        assert job.attempt == 1
        assert self.names() == [str(number) for number in range(1, 26)]

    @pytest.mark.once
    def test_a_body_that_does_not_stop_holds_up_no_end(self) -> None:
        start(bodies.never_checks, {}, key="a")
        worker = self.worker()
        self.wait_for("a", message="begun")
        worker.send(signal.SIGINT)
        assert worker.wait() == 0
        assert Job.objects.get(key="a").status == Status.QUEUED

    def test_after_a_kill_another_goes_on_from_the_checkpoint(self) -> None:
        start(bodies.writes, {"rows": 30, "held_at": 5}, key="a")
        first = self.worker()
        done = self.wait_for("a", done__gte=5).done
        os.killpg(first.process.pid, signal.SIGKILL)
        self.worker()
        job = self.wait_for("a", TAKEN_OVER_WITHIN, status=Status.SUCCEEDED)
        assert (job.attempt, job.done) == (2, 30)
        assert job.done >= done
        assert self.names() == [str(number) for number in range(1, 31)]

    def test_an_import_that_was_killed_has_the_books_and_the_rejects_of_one_that_was_not(self) -> None:
        file = JobFile.objects.store("books.csv", csv_file(LIST))
        start(KINDS["import"].task, {"dry_run": False, "mapping": {}, "format": ""}, key="a", file=file)
        first = self.python("-c", SMALL_BATCHES)
        self.wait_for("a", done__gte=1000, done__lt=len(LIST))
        first.end()
        make_due("a")
        self.worker()
        job = self.wait_for("a", status=Status.SUCCEEDED)
        assert (job.attempt, job.result["created"], job.result["rejected"]) == (2, len(LIST) - 4, 4)
        assert set(Book.objects.values_list("version", flat=True)) == {1}
        with job.files.get(name="books.csv.rejects.csv").open() as rejects:
            assert len(rejects.read().splitlines()) == 5

    def test_one_that_was_frozen_beyond_its_lease_writes_nothing(self) -> None:
        start(bodies.writes, {"rows": 60, "seconds": 0.05, "held_at": 5}, key="a")
        frozen = self.worker()
        self.wait_for("a", done__gte=3)
        frozen.freeze()
        make_due("a")
        second = self.worker()
        self.wait_for("a", attempt=2)
        frozen.send(signal.SIGCONT)
        job = self.wait_for("a", status=Status.SUCCEEDED)
        assert (job.attempt, job.result) == (2, 60)
        assert self.names() == [str(number) for number in range(1, 61)]
        assert second.process.poll() is None

    @pytest.mark.once
    def test_a_body_that_kills_its_process_is_given_up(self) -> None:
        start(bodies.dies, {}, key="a")
        Job.objects.filter(key="a").update(
            attempt=MAX_CONSECUTIVE_FAILURES - 1, consecutive_failures=MAX_CONSECUTIVE_FAILURES - 1
        )
        self.worker().wait()
        make_due("a")
        start(bodies.fine, {}, key="b")
        self.worker("--once").wait()
        assert Job.objects.get(key="a").status == Status.FAILED
        assert Job.objects.get(key="b").status == Status.SUCCEEDED

    @pytest.mark.once
    def test_a_cancel_from_elsewhere_is_heard_soon(self) -> None:
        start(clock, {"seconds": 1000}, key="a")
        start(bodies.writes, {"rows": 1000, "held_at": 5}, key="b")
        self.worker()
        for key in ("a", "b"):
            self.wait_for(key, done__gte=1)
            async_to_sync(Job.objects.all().acancel)(key)
            self.wait_for(key, status=Status.CANCELLED)
        assert len(self.names()) == Job.objects.get(key="b").done

    def test_several_share_the_work(self) -> None:
        for _ in range(3):
            self.worker("--queue", "q")
        wait_until(lambda: Worker.objects.alive().count() == 3, 120, "three workers are not there")
        for number in range(12):
            start(bodies.writes.using(queue_name="q"), {"rows": 0}, key=f"{number}")
        wait_until(lambda: not Job.objects.active().exclude(kind="prune").exists(), 120, "jobs are left")
        assert set(Job.objects.filter(queue="q").values_list("attempt", flat=True)) == {1}

    @pytest.mark.once
    def test_it_ends_with_the_process_that_started_it_if_told_so(self) -> None:
        start(clock, {"seconds": 1000}, key="a")
        script = (
            "import os, subprocess, sys;"
            "subprocess.Popen([sys.executable, 'manage.py', 'work', '--with', str(os.getpid())]).wait()"
        )
        parent = self.python("-c", script).process
        self.wait_for("a", status=Status.RUNNING)
        parent.kill()
        parent.wait()
        job = self.wait_for("a", status=Status.QUEUED)
        assert job.attempt == 0
        wait_until(lambda: not Worker.objects.exists(), 120, "the worker stays")
