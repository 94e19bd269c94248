"""Workers for tests: one within this process until nothing is due, and real processes on the tests' own database."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test import TransactionTestCase

from books.models import Job
from tests.server.running import PROJECT, wait_until


def work(*options: str) -> None:
    call_command("work", "--once", *options)


def make_due(key: str) -> None:
    """Let a wait or a lease be over."""
    Job.objects.filter(key=key).update(due_at=Now() - timedelta(seconds=1))


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def is_unlocked() -> bool:
    """Whether nobody is writing just now."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 50")
        try:
            with transaction.atomic():
                list(Job.objects.select_for_update(nowait=True))
        except OperationalError:
            return False
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 20000")
    return True


class WorkerProcess:
    def __init__(self, *command: str, **variables: str) -> None:
        environment = {**os.environ, "DATABASE_URL": database_url(), "BACKUPS": "0", **variables}
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=PROJECT, env=environment, start_new_session=True
        )

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it where it holds no lock of the database: on that all others would wait."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            self.send(signal.SIGSTOP)
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
            if is_unlocked():
                return
            self.send(signal.SIGCONT)
            wait_until(is_unlocked, 120, "the process does not let go of its lock")
        raise AssertionError("the process is never seen without a lock")

    def wait(self, seconds: float = 120) -> int:
        return self.process.wait(seconds)

    def end(self) -> None:
        """The process, and those that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class ProcessTestCase(TransactionTestCase):
    """Starts workers as processes, and ends them."""

    def worker(self, *options: str) -> WorkerProcess:
        return self.python("manage.py", "work", *options)

    def python(self, *command: str, backend: str = "embedded") -> WorkerProcess:
        started = WorkerProcess(*command, JOBS_BACKEND=backend)
        self.addCleanup(started.end)
        return started

    def wait_for(self, key: str, seconds: float = 120, **columns: object) -> Job:
        """The job, as soon as it has these values."""
        wait_until(Job.objects.filter(key=key, **columns).exists, seconds, f"{key} is not {columns}: {self.state(key)}")
        return Job.objects.get(key=key)

    def state(self, key: str) -> object:
        return Job.objects.filter(key=key).values("status", "attempt", "done", "error")
