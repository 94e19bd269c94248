from django.test import TransactionTestCase

from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models.job import counts


class Counts(TransactionTestCase):
    def test_jobs_are_counted_by_their_state(self) -> None:
        start(clock, {"seconds": 1})
        start(clock, {"seconds": 1})
        assert counts() == {"jobs_queued": 2, "jobs_running": 0, "job_workers": 0}
