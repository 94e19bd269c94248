import asyncio
import logging
import os
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from books.jobs.worker import Loop


class Command(BaseCommand):
    help = "Works the queue of jobs until it is told to stop; then it hands back what it runs, and others go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due")
        parser.add_argument("--queue", action="append", default=[], help="only this one; may be given more than once")
        parser.add_argument("--concurrency", type=int, default=4, metavar="N", help="jobs at a time")
        parser.add_argument(
            "--with-parent", action="store_true", help="end when the process ends that started this one"
        )

    def handle(self, *, queue: list[str], concurrency: int, **options: Any) -> None:
        parent = os.getppid() if options["with_parent"] else None
        asyncio.run(work(Loop(queue, concurrency), parent, once=options["once"]))


async def work(loop: Loop, parent: int | None, *, once: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, loop.stop.set)
    watch = asyncio.create_task(end_with(parent, loop.stop)) if parent else None
    await (loop.aempty() if once else loop.aserve())
    if watch:
        watch.cancel()
    if not await loop.ahand_back():
        logging.shutdown()
        os._exit(0)  # a thread cannot be ended, and would hold up this process; its job is handed back


async def end_with(parent: int, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(1)
        if os.getppid() != parent:  # an orphan gets another
            stop.set()
