import asyncio

from django.tasks import task

from books.jobs.run import current


@task
async def clock(seconds: int) -> dict[str, int]:
    """Tick once a second. It is the smallest task with a checkpoint."""
    run = current()
    for tick in range(run.checkpoint.get("ticks", 0) + 1, seconds + 1):
        await asyncio.sleep(1)
        run.report_progress(f"tick {tick} of {seconds}", done=tick, total=seconds, checkpoint={"ticks": tick})
    return {"ticks": seconds}
