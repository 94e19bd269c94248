"""Jobs by procrastinate's workers, as processes."""

import os
import signal
from itertools import count

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from books.jobs.start import retry, start
from books.jobs.tasks.clock import clock
from books.models import Author, Job, Status, Worker
from tests.jobs import bodies
from tests.jobs.working import ProcessTestCase, WorkerProcess, make_due
from tests.server.running import wait_until

pytestmark = [pytest.mark.server, pytest.mark.postgresql]


def notifications() -> int:
    """Of the job `a`: workers notify of others by themselves."""
    pks = [str(pk) for pk in Job.objects.filter(key="a").values_list("pk", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM procrastinate_jobs WHERE queueing_lock = ANY(%s)", [pks])
        count: int = cursor.fetchone()[0]
        return count


class Procrastinate(ProcessTestCase):
    def setUp(self) -> None:
        super().setUp()
        with connection.cursor() as cursor:  # Django does not flush what it does not manage
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")

    def worker(self, *options: str) -> WorkerProcess:
        return self.python("manage.py", "procrastinate", "worker", *options, backend="procrastinate")

    def names(self) -> list[str]:
        return list(Author.objects.order_by("name_key").values_list("name", flat=True))

    def test_row_and_notification_are_one_transaction(self) -> None:
        with transaction.atomic():
            start(bodies.fine, {}, key="a")
            transaction.set_rollback(True)
        assert (Job.objects.count(), notifications()) == (0, 0)
        start(bodies.fine, {}, key="a")
        assert (Job.objects.count(), notifications()) == (1, 1)

    def test_a_worker_is_told_of_a_job_and_leaves_no_notification(self) -> None:
        self.worker("--fetch-job-polling-interval", "1000")
        start(bodies.fine, {}, key="first")
        self.wait_for("first", status=Status.SUCCEEDED)
        start(bodies.fine, {"number": 5}, key="a")
        later = count()

        def is_done() -> bool:
            start(bodies.fine, {}, key=f"later {next(later)}")  # a worker that just looks forgets what it is told
            return Job.objects.filter(key="a", status=Status.SUCCEEDED).exists()

        wait_until(is_done, 120, "the worker is not told")
        assert Job.objects.get(key="a").result == 5
        wait_until(lambda: notifications() == 0, 120, "the notification is left")

    def test_a_stop_hands_the_job_back_and_another_goes_on(self) -> None:
        start(bodies.writes, {"rows": 25, "held_at": 5}, key="a")
        first = self.worker()
        self.wait_for("a", done__gte=3)
        first.send(signal.SIGTERM)
        assert first.wait() == 0
        job = Job.objects.get(key="a")
        assert (job.status, job.attempt) == (Status.QUEUED, 0)
        self.worker()
        assert self.wait_for("a", status=Status.SUCCEEDED).attempt == 1
        assert self.names() == [str(number) for number in range(1, 26)]

    def test_a_clock_is_handed_back_too(self) -> None:
        start(clock, {"seconds": 100}, key="a")
        worker = self.worker()
        self.wait_for("a", done__gte=1)
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
        assert (Job.objects.get(key="a").status, notifications()) == (Status.QUEUED, 1)

    def test_a_body_that_does_not_stop_holds_up_no_end(self) -> None:
        start(bodies.never_checks, {}, key="a")
        worker = self.worker()
        self.wait_for("a", message="begun")
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
        assert Job.objects.get(key="a").status == Status.QUEUED

    def test_after_a_kill_another_worker_goes_on(self) -> None:
        start(bodies.writes, {"rows": 30, "held_at": 5}, key="a")
        first = self.worker()
        self.wait_for("a", done__gte=5)
        os.killpg(first.process.pid, signal.SIGKILL)
        make_due("a")
        self.worker()
        job = self.wait_for("a", status=Status.SUCCEEDED)
        assert job.attempt == 2
        assert self.names() == [str(number) for number in range(1, 31)]

    def test_one_that_raises_is_tried_again(self) -> None:
        start(bodies.raises, {}, key="a")
        self.worker()
        assert "on purpose" in self.wait_for("a", status=Status.FAILED).error

    def test_a_cancel_is_heard_and_a_retry_goes_on(self) -> None:
        start(bodies.writes, {"rows": 3, "held_at": 1}, key="a")
        self.worker()
        self.wait_for("a", done__gte=1)
        async_to_sync(Job.objects.all().acancel)("a")
        self.wait_for("a", status=Status.CANCELLED)
        retry("a")
        assert self.wait_for("a", status=Status.SUCCEEDED).done == 3

    def test_a_worker_takes_the_queues_it_is_told_and_says_that_it_lives(self) -> None:
        start(bodies.fine.using(queue_name="slow"), {}, key="slow")
        start(bodies.fine.using(queue_name="quick"), {}, key="quick")
        self.worker("--queues", "quick")
        self.wait_for("quick", status=Status.SUCCEEDED)
        wait_until(Worker.objects.alive().exists, 120, "no worker says that it lives")
        assert Job.objects.get(key="slow").status == Status.QUEUED

    def test_jobs_that_wait_delay_only_those_of_their_kind(self) -> None:
        self.python("manage.py", "work", "--concurrency", "2", backend="procrastinate")
        for key in "abc":
            start(clock, {"seconds": 1000}, key=key)
        for key in "ab":
            self.wait_for(key, status=Status.RUNNING)
        start(bodies.fine, {}, key="fine")
        self.wait_for("fine", status=Status.SUCCEEDED)
        assert Job.objects.get(key="c").status == Status.QUEUED
        async_to_sync(Job.objects.all().acancel)("a")
        self.wait_for("c", status=Status.RUNNING)
