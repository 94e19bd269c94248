from django.test import TransactionTestCase

from books.jobs.clock import clock
from books.jobs.counting import counts
from books.jobs.starting import start


class Counts(TransactionTestCase):
    def test_jobs_are_counted_by_their_state(self) -> None:
        start(clock, {"seconds": 1})
        start(clock, {"seconds": 1})
        assert counts() == {"jobs_queued": 2, "jobs_running": 0, "job_workers": 0}
