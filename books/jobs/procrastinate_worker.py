"""Procrastinate's workers, which wake the loop that claims due jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, cast

from procrastinate import App, jobs
from psycopg import AsyncConnection

from books.jobs.procrastinate_backend import TRY_JOB
from books.jobs.worker import SEEN_EVERY, Loop
from books.models.job import UNSEEN


def begin(app: App) -> None:
    """For the setting PROCRASTINATE_ON_APP_READY."""
    app.run_worker_async = partial(run_with_loop, app, app.run_worker_async)  # type: ignore[method-assign]


async def run_with_loop(
    app: App, run_worker: Callable[..., Awaitable[None]], queues: Collection[str] | None = None, **options: Any
) -> None:
    """Run a worker beside a loop, which also finds jobs whose notification was lost or came too early."""
    loop = Loop(queues or (), poll=SEEN_EVERY)

    @app.task(name=TRY_JOB)
    async def try_job(pk: int) -> None:
        loop.wake()

    app.connector.pool.connection_class = PatientConnection  # type: ignore[attr-defined]
    # Those that a worker held when it died are forgotten.
    for dead in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=UNSEEN.total_seconds()):
        await app.job_manager.finish_job_by_id_async(cast("int", dead.id), status=jobs.Status.FAILED, delete_job=True)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(loop.aserve())
            await run_worker(queues=queues, **options)
            loop.stop()
    finally:
        await loop.aclose()


class PatientConnection(AsyncConnection[Any]):
    """Sleeps until a notification comes. psycopg's own connection wakes up ten times a second."""

    async def wait(self, gen: Any, interval: float = 60.0, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        return await super().wait(gen, interval, timeout)
