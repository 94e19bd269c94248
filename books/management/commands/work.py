import asyncio
import os
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from books.jobs.worker import Loop


class Command(BaseCommand):
    help = "Works the queue of jobs until it is told to stop; then it hands back what it runs, and others go on."
    # While another process writes for long, Django believes that SQLite has no JSON (fields.E180).
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due")
        parser.add_argument("--queue", action="append", default=[], help="only this one; may be given more than once")
        parser.add_argument(
            "--concurrency", type=int, default=Loop.places, metavar="N", help="jobs of one kind at a time"
        )
        parser.add_argument(
            "--with", type=int, metavar="PID", help="end when this process ends, which started this one"
        )

    def handle(self, *, queue: list[str], concurrency: int, **options: Any) -> None:
        if options["with"]:
            threading.Thread(target=end_with, args=[options["with"]], daemon=True).start()
        Loop.places = concurrency
        if settings.JOBS_BACKEND == "procrastinate" and not options["once"]:
            try:  # procrastinate would try for half a minute, and not say what is wrong
                connection.ensure_connection()
            except OperationalError as error:
                raise CommandError(f"The database fails: {' '.join(str(error).split())}") from error
            connection.close()
            call_command("procrastinate", "worker", *(["--queues", ",".join(queue)] if queue else []))
        else:
            asyncio.run(work(Loop(queue), once=options["once"]))


async def work(loop: Loop, *, once: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, loop.stop)
    await (loop.aempty() if once else loop.aserve())
    await loop.aclose()


def end_with(parent: int) -> None:
    while os.getppid() == parent:  # an orphan gets a new parent
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
