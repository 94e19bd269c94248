"""What procrastinate's workers do: try the job that a hint names, and hint again at what is due."""

import asyncio
import os
import threading
from typing import cast

from asgiref.sync import sync_to_async
from django.tasks import default_task_backend
from procrastinate import jobs
from procrastinate.contrib.django import app

from books.jobs.procrastinate_backend import HINT
from books.jobs.pruning import astart_periodic
from books.jobs.run import Run, Why
from books.jobs.worker import STOP_WITHIN, arun, new_owner
from books.models.job import UNSEEN, Job, Status, Worker

SWEPT = 200  # jobs at a time
SWEEP_QUEUE = "sweep"

awake = sync_to_async(default_task_backend.wake)  # type: ignore[attr-defined]


@app.task(name=HINT)
async def try_job(pk: int) -> None:
    """Run the job if it is due; hand it back when the worker stops, which procrastinate tells by a cancellation."""
    job = await Job.objects.aclaim(new_owner(), only=pk)
    if job is None:
        return
    run = Run(job)
    work = asyncio.create_task(arun(run))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        run.stop(Why.STOPPING)
        await asyncio.wait([work], timeout=STOP_WITHIN)
        if not work.done():
            await run.aend(run.stopped())
            _leave_soon()
        await job.arefresh_from_db()
        if job.status == Status.QUEUED:
            await awake(job)


def _leave_soon() -> None:
    """End the process though a body runs on: its thread cannot be ended, and its job is handed back."""
    timer = threading.Timer(STOP_WITHIN, os._exit, [0])  # the other jobs are being handed back meanwhile
    timer.daemon = True
    timer.start()


@app.periodic(cron="* * * * * */5")
@app.task(name="books.sweep", queue=SWEEP_QUEUE, queueing_lock="books.sweep")
async def sweep(timestamp: int) -> None:
    """Give a hint again for each job that is due: its hint was lost with a worker, or came before its time."""
    await Worker.objects.asee("procrastinate")
    await astart_periodic()
    for dead in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=UNSEEN.total_seconds()):
        await app.job_manager.finish_job_by_id_async(cast("int", dead.id), status=jobs.Status.FAILED, delete_job=True)
    async for job in Job.objects.due()[:SWEPT]:
        await awake(job)
