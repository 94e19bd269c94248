"""How a job ends, whatever its task does; workers run within this process."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.tasks import TaskResultStatus
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from books.backup.migrating import as_default_connection
from books.jobs.pruning import KEPT, akeep_up, astart_todays_jobs, prune
from books.jobs.run import LOG_LINES, MAX_CONSECUTIVE_FAILURES, JobAborted, Run, StopReason
from books.jobs.start import KeyTaken, retry, start
from books.jobs.tasks.clock import clock
from books.jobs.worker import Loop
from books.models import (
    Author,
    CachedLookup,
    FileChunk,
    Invitation,
    Job,
    JobFile,
    Status,
    Token,
    Worker,
)
from books.models.job import LEASE
from books.models.job_file import CHUNK
from tests.importing.test_concurrency import at_once
from tests.jobs import bodies
from tests.jobs.working import make_due, work
from tests.people import reader


def claim(**options: Any) -> Job | None:
    job: Job | None = async_to_sync(Job.objects.all().aclaim)(**{"owner": "me", **options})
    return job


class Bodies(TransactionTestCase):
    def test_a_job_is_run_and_its_result_kept(self) -> None:
        start(bodies.fine, {"number": 7}, key="a")
        work()
        job = Job.objects.get(key="a")
        assert (job.status, job.result, job.attempt, job.due_at) == (Status.SUCCEEDED, 7, 1, None)
        assert job.created_at <= job.started_at <= job.finished_at  # type: ignore[operator]

    def test_a_checkpoint_that_was_rolled_back_forgives_no_failure(self) -> None:
        start(bodies.fails_after_its_checkpoint, {}, key="a")
        for _ in range(MAX_CONSECUTIVE_FAILURES):
            make_due("a")
            work()
        job = Job.objects.get(key="a")
        assert (job.status, job.attempt, job.done, job.message) == (Status.FAILED, MAX_CONSECUTIVE_FAILURES, 0, "")

    def test_an_async_task_reports_its_progress(self) -> None:
        start(clock, {"seconds": 2}, key="a")
        work()
        job = Job.objects.get(key="a")
        assert (job.done, job.total, job.result, job.message) == (2, 2, {"ticks": 2}, "tick 2 of 2")

    def test_a_task_that_wants_djangos_context_gets_it(self) -> None:
        start(bodies.counted, {}, key="a")
        work()
        assert Job.objects.get(key="a").result == 1

    def test_one_that_raises_is_tried_again_later_and_in_the_end_failed_with_the_reason(self) -> None:
        start(bodies.raises, {}, key="a")
        for attempt in range(1, MAX_CONSECUTIVE_FAILURES):
            work()
            job = Job.objects.get(key="a")
            assert (job.status, job.attempt) == (Status.QUEUED, attempt)
            assert job.due_at > timezone.now()  # type: ignore[operator]
            make_due("a")
        work()
        job = Job.objects.get(key="a")
        assert (job.status, job.attempt) == (Status.FAILED, MAX_CONSECUTIVE_FAILURES)
        assert "ZeroDivisionError: on purpose" in job.error
        assert "Traceback" in job.traceback
        assert "Traceback" not in job.error

    def test_one_whose_code_is_gone_is_failed_with_the_reason(self) -> None:
        start(bodies.fine, {}, key="a")
        Job.objects.update(task="tests.jobs.bodies.gone", consecutive_failures=MAX_CONSECUTIVE_FAILURES - 1)
        work()
        assert "gone" in Job.objects.get().error

    def test_a_permanent_error_fails_the_job_at_once_with_its_message(self) -> None:
        start(bodies.is_hopeless, {}, key="a")
        work()
        job = Job.objects.get(key="a")
        assert (job.status, job.error) == (Status.FAILED, "The list is on fire: put it out.")

    def test_one_that_waits_is_handed_back_loses_no_attempt_and_goes_on_later(self) -> None:
        start(bodies.postpones, {}, key="a")
        work()
        job = Job.objects.get()
        assert (job.status, job.attempt, job.consecutive_failures, job.message) == (Status.QUEUED, 0, 0, "waits")
        assert job.due_at > timezone.now() + timedelta(seconds=30)  # type: ignore[operator]
        make_due("a")
        work()
        assert (Job.objects.get().status, Job.objects.get().result) == (Status.SUCCEEDED, 1)

    def test_one_that_is_cancelled_as_it_begins_to_wait_does_not_wait(self) -> None:
        start(bodies.postpones, {"cancels": True}, key="a")
        work()
        assert Job.objects.get().status == Status.CANCELLED

    def test_a_job_whose_workers_died_too_often_fails_and_others_go_on(self) -> None:
        start(bodies.dies, {}, key="a")
        Job.objects.update(consecutive_failures=MAX_CONSECUTIVE_FAILURES, attempt=MAX_CONSECUTIVE_FAILURES)
        start(bodies.fine, {}, key="b")
        work()
        assert "died 3 times" in Job.objects.get(key="a").error
        assert Job.objects.get(key="b").status == Status.SUCCEEDED

    def test_an_ended_one_can_be_tried_again_from_its_checkpoint(self) -> None:
        start(bodies.writes, {"rows": 3, "seconds": 0}, key="a")
        Job.objects.update(status=Status.FAILED, due_at=None, error="x", checkpoint={"rows": 2}, consecutive_failures=3)
        assert retry("a")
        work()
        assert (Job.objects.get().status, Job.objects.get().error) == (Status.SUCCEEDED, "")
        assert Author.objects.get().name == "3"
        assert not retry("a")


class Claims(TransactionTestCase):
    def test_of_many_who_want_it_one_gets_it(self) -> None:
        start(bodies.fine, {}, key="a")
        got: list[Job | None] = []
        assert at_once(*[lambda: got.append(claim())] * 8) == []
        assert len([job for job in got if job]) == 1

    def test_each_job_of_many_is_claimed_once(self) -> None:
        for number in range(20):
            start(bodies.fine, {}, key=f"{number}")
        got: list[str] = []

        def claim_all() -> None:
            while job := claim():
                got.append(job.key)

        assert at_once(*[claim_all] * 4) == []
        assert sorted(got, key=int) == [f"{number}" for number in range(20)]

    def test_the_more_urgent_comes_first_then_the_older(self) -> None:
        for key, task in {"a": bodies.fine, "b": bodies.fine, "c": bodies.fine.using(priority=5)}.items():
            start(task, {}, key=key)
        assert [job.key for job in iter(claim, None) if job] == ["c", "a", "b"]

    def test_a_queue_is_worked_by_those_who_want_it(self) -> None:
        start(bodies.fine.using(queue_name="slow"), {}, key="a")
        assert claim(queues=["quick"]) is None
        assert claim(queues=["quick", "slow"]) is not None

    def test_one_for_later_waits(self) -> None:
        start(bodies.fine.using(run_after=timezone.now() + timedelta(minutes=1)), {}, key="a")
        assert claim() is None

    def test_one_that_runs_is_taken_over_only_when_its_lease_has_run_out(self) -> None:
        start(bodies.fine, {}, key="a")
        assert claim(owner="first") is not None
        assert claim(owner="second") is None
        make_due("a")
        second = claim(owner="second")
        assert second is not None
        assert (second.owner, second.attempt) == ("second", 2)

    def test_after_a_clock_was_set_back_no_lease_and_no_queued_job_waits_for_its_old_time(self) -> None:
        for key in ("running", "queued", "tried again", "for later"):
            start(bodies.fine, {}, key=key)
        in_an_hour = Now() + timedelta(hours=1)
        Job.objects.update(due_at=in_an_hour)
        Job.objects.filter(key="running").update(status=Status.RUNNING)
        Job.objects.filter(key="queued").update(created_at=in_an_hour)
        Job.objects.filter(key="tried again").update(attempt=1, error="It is tried again in 2 seconds.")
        async_to_sync(akeep_up)()
        assert Job.objects.get(due_at__gt=Now() + LEASE).key == "for later"


class PlacesOfKinds(TransactionTestCase):
    def setUp(self) -> None:
        for number in range(3):
            start(clock, {"seconds": 1000}, key=f"clock-{number}")
        start(bodies.fine, {}, key="fine")

    def running(self, loop: Loop) -> set[str]:
        """The jobs that the loop begins."""

        async def begin() -> set[str]:
            await loop.aclaim()
            running = {run.job.key for run in loop.running.values()}
            await loop.aclose()
            return running

        return async_to_sync(begin)()

    def test_jobs_that_wait_delay_only_those_of_their_kind(self) -> None:
        loop = Loop([])
        loop.places = 2
        assert self.running(loop) == {"clock-0", "clock-1", "fine"}
        assert loop.running == {}


class WithoutADatabase(TransactionTestCase):
    @pytest.mark.once
    @override_settings(JOBS_BACKEND="procrastinate")
    def test_a_worker_that_has_none_at_its_start_says_so_in_one_line(self) -> None:
        with (
            as_default_connection(Path("/nowhere/catalogue.sqlite3")),
            pytest.raises(CommandError, match=r"^The database fails: .+$"),
        ):
            call_command("work")

    def test_a_worker_waits_for_seconds_before_it_tries_again(self) -> None:
        class Impatient(Loop):
            async def _pause(self, seconds: float) -> None:
                pauses.append(seconds)
                self.stop()

        def fail(*_: object) -> None:
            raise OperationalError("database or disk is full")

        pauses: list[float] = []
        with connection.execute_wrapper(fail), self.assertLogs("books.jobs.worker", "WARNING") as logged:
            async_to_sync(Impatient([]).aserve)()
        assert pauses[0] == 5
        assert "database or disk is full" in logged.output[0]


class Leases(TransactionTestCase):
    def run_of(self, **columns: Any) -> Run:
        start(bodies.fine, {}, key="a")
        Job.objects.update(**columns)
        job = claim()
        assert job is not None
        return Run(job)

    def test_a_run_that_has_lost_its_job_saves_nothing(self) -> None:
        run = self.run_of()
        Job.objects.update(owner="another")

        def write() -> None:
            with transaction.atomic():
                Author.objects.create(name="x")
                run.save_checkpoint("never", {"rows": 1}, done=1)

        with pytest.raises(JobAborted):
            write()
        assert not Author.objects.exists()
        assert Job.objects.get().checkpoint == {}
        assert async_to_sync(run.aheartbeat)() is StopReason.LOST
        async_to_sync(run.aend)({"status": Status.SUCCEEDED})
        assert Job.objects.get().status == Status.RUNNING

    def test_a_heartbeat_renews_the_lease_and_saves_the_progress(self) -> None:
        run = self.run_of()
        make_due("a")
        run.report_progress("half", done=5, total=10)
        assert async_to_sync(run.aheartbeat)() is None
        job = Job.objects.get()
        assert job.due_at > timezone.now()  # type: ignore[operator]
        assert (job.done, job.total, job.message) == (5, 10, "half")
        assert job.log[-1].endswith(" half")

    def test_what_is_saved_while_a_heartbeat_is_under_way_stands_in_the_end(self) -> None:
        run = self.run_of()
        run.report_progress("checking", done=1, total=2)
        waiting = [lambda: run.save_checkpoint("checked", {}, done=2)]

        def save_first(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.startswith("UPDATE") and waiting:
                waiting.pop()()
            return execute(sql, *rest)

        with connection.execute_wrapper(save_first):
            async_to_sync(run.aheartbeat)()
        async_to_sync(run.aend)({"status": Status.SUCCEEDED})
        job = Job.objects.get()
        assert (job.message, job.done, job.total) == ("checked", 2, 2)

    def test_a_heartbeat_without_news_writes_nothing(self) -> None:
        run = self.run_of()
        due_at = Job.objects.get().due_at
        assert async_to_sync(run.aheartbeat)() is None
        assert Job.objects.get().due_at == due_at

    def test_the_log_holds_the_last_lines_and_no_long_ones(self) -> None:
        run = self.run_of()
        for number in range(100):
            run.report_progress(f"{number} " + "x" * 1000)
        async_to_sync(run.aheartbeat)()
        log = Job.objects.get().log
        assert len(log) == LOG_LINES
        assert max(map(len, log)) == 200

    def test_a_worker_that_dies_again_and_again_further_on_is_not_given_up(self) -> None:
        start(clock, {"seconds": 12}, key="a")
        for tick in (3, 6, 9, 12):
            job = claim()
            assert job is not None
            assert job.consecutive_failures <= 2
            run = Run(job)
            run.report_progress("on", checkpoint={"ticks": tick}, done=tick)
            async_to_sync(run.aheartbeat)()
            make_due("a")  # as after a kill -9
        assert Job.objects.get().consecutive_failures == 1

    def test_a_heartbeat_at_the_same_checkpoint_is_no_progress(self) -> None:
        run = self.run_of(checkpoint={"ticks": 3}, consecutive_failures=1)
        run.report_progress("still there", checkpoint={"ticks": 3}, done=3)
        async_to_sync(run.aheartbeat)()
        assert Job.objects.get().consecutive_failures == 2

    def test_a_saved_checkpoint_ends_the_count_of_failures(self) -> None:
        run = self.run_of(consecutive_failures=MAX_CONSECUTIVE_FAILURES - 1)
        with transaction.atomic():
            run.save_checkpoint("on", {"rows": 1})
        assert Job.objects.get().consecutive_failures == 1

    def test_handing_back_uses_no_attempt(self) -> None:
        run = self.run_of(attempt=4, consecutive_failures=1)
        run.stop(StopReason.STOPPING)
        with pytest.raises(JobAborted):
            run.check()
        async_to_sync(run.aend)(run.stopped())
        job = Job.objects.get()
        assert (job.status, job.attempt, job.consecutive_failures, job.owner) == (Status.QUEUED, 4, 1, "")
        assert claim() is not None


class Cancelling(TransactionTestCase):
    def test_a_queued_one_is_cancelled_at_once(self) -> None:
        start(bodies.fine, {}, key="a")
        assert async_to_sync(Job.objects.all().acancel)("a")
        assert Job.objects.get().status == Status.CANCELLED
        assert Job.objects.get().finished_at is not None
        assert claim() is None

    def test_a_running_one_learns_of_it_at_the_next_heartbeat(self) -> None:
        start(bodies.fine, {}, key="a")
        job = claim()
        assert job is not None
        assert async_to_sync(Job.objects.all().acancel)("a")
        assert Job.objects.get().status == Status.RUNNING
        assert async_to_sync(Run(job).aheartbeat)() is StopReason.CANCELLED

    def test_one_whose_worker_died_is_cancelled_by_the_next(self) -> None:
        start(bodies.dies, {}, key="a")
        claim()
        async_to_sync(Job.objects.all().acancel)("a")
        make_due("a")
        work()
        assert Job.objects.get().status == Status.CANCELLED

    def test_one_that_is_over_stays_as_it_is(self) -> None:
        start(bodies.fine, {}, key="a")
        work()
        assert not async_to_sync(Job.objects.all().acancel)("a")
        assert Job.objects.get().status == Status.SUCCEEDED


class Starting(TransactionTestCase):
    def test_the_same_request_again_gets_the_first_job(self) -> None:
        first, is_new = start(bodies.fine, {"number": 1}, key="a")
        again, is_new_again = start(bodies.fine, {"number": 1}, key="a")
        assert (first.pk, is_new, is_new_again) == (again.pk, True, False)

    def test_another_request_under_a_key_that_is_taken_is_refused(self) -> None:
        start(bodies.fine, {"number": 1}, key="a")
        with pytest.raises(KeyTaken):
            start(bodies.fine, {"number": 2}, key="a")

    def test_without_a_key_each_is_a_job_of_its_own(self) -> None:
        assert start(bodies.fine, {})[0].key != start(bodies.fine, {})[0].key

    def test_of_many_at_once_one_is_new(self) -> None:
        new: list[bool] = []
        assert at_once(*[lambda: new.append(start(bodies.fine, {}, key="a")[1])] * 8) == []
        assert sorted(new) == [False] * 7 + [True]

    def test_it_is_undone_with_its_transaction(self) -> None:
        with transaction.atomic():
            start(bodies.fine, {}, key="a")
            transaction.set_rollback(True)
        assert not Job.objects.exists()

    def test_djangos_own_way_to_enqueue_makes_a_job(self) -> None:
        result = bodies.fine.enqueue(number=3)
        assert (result.status, result.kwargs) == (TaskResultStatus.READY, {"number": 3})
        work()
        result.refresh()
        assert (result.return_value, result.attempts) == (3, 1)

    def test_an_unknown_result_is_told_as_django_does(self) -> None:
        with pytest.raises(TaskResultDoesNotExist):
            bodies.fine.get_result("none")

    def test_arguments_are_given_by_name(self) -> None:
        with pytest.raises(InvalidTask, match="by name"):
            bodies.fine.enqueue(1)


class Files(TransactionTestCase):
    DATA = bytes(range(256)) * (CHUNK // 100)

    def test_what_was_stored_is_read_back(self) -> None:
        with open(__file__, "rb") as source:  # noqa: PTH123
            file = JobFile.objects.store("a.py", source)
            source.seek(0)
            with file.open() as copy:
                assert copy.read() == source.read()

    def test_it_is_read_chunk_by_chunk(self) -> None:
        file = JobFile.objects.create(name="a")
        with transaction.atomic():
            file.append(self.DATA)
            file.append(b"end")
        assert FileChunk.objects.count() > 2

        async def read() -> bytes:
            return b"".join([part async for part in file.aread()])

        assert async_to_sync(read)() == self.DATA + b"end"
        assert JobFile.objects.get().size == len(self.DATA) + 3

    def test_what_was_rolled_back_is_not_in_it(self) -> None:
        file = JobFile.objects.create(name="a")
        for number in range(3):
            with transaction.atomic():
                file.append(b"%d" % number)
                transaction.set_rollback(number == 1)
        with file.open() as copy:
            assert copy.read() == b"02"


class Upkeep(TransactionTestCase):
    def test_old_jobs_go_with_their_files_and_new_ones_stay(self) -> None:
        old, _ = start(bodies.fine, {}, key="old")
        start(bodies.fine, {}, key="new")
        work()
        JobFile.objects.create(name="a", job=old).append(b"x")
        Job.objects.filter(key="old").update(finished_at=Now() - KEPT - timedelta(days=1))
        start(prune, {}, key="prune")
        work()
        assert set(Job.objects.values_list("key", flat=True)) == {"new", "prune"}
        assert not JobFile.objects.exists()

    def test_an_old_job_that_is_resumed_at_this_moment_stays(self) -> None:
        start(bodies.fine, {}, key="old")
        Job.objects.update(status=Status.FAILED, due_at=None, finished_at=Now() - KEPT - timedelta(days=1))
        start(prune, {}, key="prune")
        run, selects = Run(cast("Job", claim())), count()

        def resume_when_first_found(execute: Any, sql: str, *args: Any) -> Any:
            found = execute(sql, *args)
            if '"finished_at" <' in sql and next(selects) == 0:
                retry("old")
            return found

        with connection.execute_wrapper(resume_when_first_found):
            assert async_to_sync(run.arun_task)()["status"] == Status.SUCCEEDED
        assert Job.objects.get(key="old").status == Status.QUEUED

    def test_an_unused_upload_that_is_imported_at_this_moment_stays(self) -> None:
        JobFile.objects.create(name="a", created_at=timezone.now() - timedelta(days=8))
        start(prune, {}, key="prune")
        run, selects = Run(cast("Job", claim())), count()
        start(bodies.fine, {}, key="import")

        def use_when_first_found(execute: Any, sql: str, *args: Any) -> Any:
            found = execute(sql, *args)
            if '"created_at" <' in sql and next(selects) == 0:
                JobFile.objects.update(job=Job.objects.get(key="import"))
            return found

        with connection.execute_wrapper(use_when_first_found):
            assert async_to_sync(run.arun_task)()["status"] == Status.SUCCEEDED
        assert JobFile.objects.get().job

    def test_uploads_that_nobody_took_and_workers_that_are_gone_are_forgotten(self) -> None:
        JobFile.objects.create(name="a", created_at=timezone.now() - timedelta(days=8))
        JobFile.objects.create(name="b")
        Worker.objects.create(name="gone", seen_at=timezone.now() - timedelta(days=2))
        start(prune, {})
        work()
        assert JobFile.objects.get().name == "b"
        assert not Worker.objects.exists()

    def test_what_was_said_outside_long_ago_is_forgotten(self) -> None:
        for number, (is_known, days) in enumerate([(True, 31), (True, 29), (False, 2), (False, 0)]):
            at = timezone.now() - timedelta(days=days)
            CachedLookup.objects.create(isbn13=f"{number}", answer={}, is_known=is_known, at=at)
        start(prune, {})
        work()
        assert set(CachedLookup.objects.values_list("isbn13", flat=True)) == {"1", "3"}

    def test_sessions_tokens_and_an_invitation_that_are_good_for_nothing_are_forgotten(self) -> None:
        Invitation.objects.renew_first()
        now, user = timezone.now(), reader()
        for name, days in {"expired": -1, "valid": 1}.items():
            Session.objects.create(session_key=name, session_data="", expire_date=now + timedelta(days=days))
        for name, dates in {
            "expired": {"expires_at": now - timedelta(days=31)},
            "just expired": {"expires_at": now - timedelta(days=1)},
            "revoked": {"revoked_at": now - timedelta(days=31)},
            "valid": {},
        }.items():
            Token.objects.create(user=user, name=name, digest=name, **dates)
        start(prune, {})
        work()
        assert Session.objects.get().session_key == "valid"
        assert set(Token.objects.values_list("name", flat=True)) == {"just expired", "valid"}
        assert not Invitation.objects.exists()

    def test_the_invitation_stays_until_there_is_an_account(self) -> None:
        Invitation.objects.renew_first()
        start(prune, {})
        work()
        assert Invitation.objects.exists()

    def test_it_is_done_once_a_day(self) -> None:
        for _ in range(2):
            async_to_sync(astart_todays_jobs)()
        assert Job.objects.get().kind == "prune"
