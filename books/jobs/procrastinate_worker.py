"""What procrastinate's workers do: try the job that a notification names, and repeat lost notifications."""

import asyncio
import os
import threading
from typing import cast

from asgiref.sync import sync_to_async
from procrastinate import jobs
from procrastinate.contrib.django import app

from books.jobs.backend import notify
from books.jobs.daily import astart_todays_jobs
from books.jobs.places import PLACES
from books.jobs.procrastinate_backend import TRY_JOB
from books.jobs.run import Run, StopReason
from books.jobs.worker import STOP_WITHIN, arun, new_owner
from books.models.job import UNSEEN, Job, Status, Worker

SWEPT = 20  # jobs of each kind at a time
SWEEP_QUEUE = "sweep"

anotify = sync_to_async(notify)


@app.task(name=TRY_JOB)
async def try_job(pk: int) -> None:
    """Run the job if it is due and has a place, and then those of its kind and queue that found none meanwhile."""
    named = await Job.objects.filter(pk=pk).only("kind", "queue").afirst()
    if named is None or named.kind in PLACES.full():
        return
    PLACES.taken[named.kind] += 1
    try:
        job = await Job.objects.aclaim(new_owner(), only=pk)
        while job and await arun_or_hand_back(job):
            job = await Job.objects.filter(kind=named.kind).aclaim(new_owner(), [named.queue])
    finally:
        PLACES.taken[named.kind] -= 1


async def arun_or_hand_back(job: Job) -> bool:
    """Run the job. False if procrastinate stops the worker, by a cancellation: then it is handed back."""
    run = Run(job)
    work = asyncio.create_task(arun(run))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        run.stop(StopReason.STOPPING)
        await asyncio.wait([work], timeout=STOP_WITHIN)
        if not work.done():
            await run.aend(run.stopped())
            _exit_soon()
        await job.arefresh_from_db()
        if job.status == Status.QUEUED:
            await anotify(job)
        return False
    return True


def _exit_soon() -> None:
    """End the process although a task still runs: its thread cannot be ended, and its job is handed back."""
    timer = threading.Timer(STOP_WITHIN, os._exit, [0])  # the other jobs are being handed back meanwhile
    timer.daemon = True
    timer.start()


@app.periodic(cron="* * * * * */5")
@app.task(name="books.sweep", queue=SWEEP_QUEUE, queueing_lock="books.sweep")
async def sweep(timestamp: int) -> None:
    """Notify again of each due job: its notification was lost with a worker, or came too early."""
    await Worker.objects.asee("procrastinate")
    await astart_todays_jobs()
    for dead in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=UNSEEN.total_seconds()):
        await app.job_manager.finish_job_by_id_async(cast("int", dead.id), status=jobs.Status.FAILED, delete_job=True)
    kinds = Job.objects.due().order_by().values_list("kind", flat=True).distinct()
    for kind in [kind async for kind in kinds]:
        async for job in Job.objects.due().filter(kind=kind)[:SWEPT]:
            await anotify(job)
