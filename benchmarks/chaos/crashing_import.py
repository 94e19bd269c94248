"""An import of 100,000 rows whose worker is killed 20 times: whether it ends like one that nothing stops.

Takes about 12 s a kill: each time a lease has to run out.
"""

import asyncio
import hashlib
import random
from typing import Any

from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.owner import ENDED, Job, Owner
from benchmarks.chaos.report import figure

ROWS, KILLS = 100_000, 20
KEY = "killed"


async def run(options: Options) -> None:
    rows, outcomes = options.scaled(ROWS), list[Any]()
    for kills in (0, options.scaled(KILLS)):
        with serving(options, workers=1, WORK="0", STARTER_BOOKS="0") as catalogue:
            owner = await asyncio.to_thread(Owner, catalogue)
            await owner.start_import(KEY, csv(rows))
            job, waits = await work(catalogue, owner, kills, rows)
            # PostgreSQL uses up the ids of books that it rolls back, and the notes name books by their ids.
            outcomes.append([await outcome(owner, job), job["result"] | {"first_notes": []}])
            figure(f"{rows:,} rows, killed {len(waits)} times", f"{job['status']}, {job['message']}")
            if waits:
                figure(
                    "taken over after", f"{min(waits):.1f} to {max(waits):.1f} s", aim="≤ 12 s", reached=max(waits) < 12
                )
    is_same = outcomes[0] == outcomes[1]
    figure("the same books, counts and rejected rows", is_same, aim="True", reached=is_same)


async def work(catalogue: Catalogue, owner: Owner, kills: int, rows: int) -> tuple[Job, list[float]]:
    """The job at its end, and the seconds until another worker went on after each kill."""
    worker, waits = catalogue.start("work"), list[float]()
    job, _ = await owner.wait_for(KEY, "running")
    for _ in range(kills):
        goal = job["done"] + random.randrange(1, rows // (kills + 1))
        job, _ = await owner.wait_until(KEY, lambda job, goal=goal: job["done"] >= goal or job["status"] in ENDED)
        await asyncio.sleep(random.random() * 0.3)
        worker.kill()
        worker.wait()
        worker, before = catalogue.start("work"), job
        if (await owner.job(KEY))["status"] in ENDED:
            break
        job, waited = await owner.wait_until(KEY, lambda job, before=before: job["attempt"] > before["attempt"])
        assert job["done"] >= before["done"], "it went back"
        waits.append(waited)
    job, _ = await owner.wait_for(KEY, *ENDED)
    worker.kill()
    worker.wait()
    return job, waits


async def outcome(owner: Owner, job: Job) -> str:
    digest = hashlib.sha256()
    for path in ("/books.csv", f"/jobs/{KEY}/files/books.csv.rejects.csv/"):
        digest.update((await owner.ask("GET", path)).body)
    return digest.hexdigest()


def csv(rows: int) -> bytes:
    head = "title,authors,published_year,pages,topics,source_key\n"
    lines = (
        f"Book {n},Author {n % 997},{1900 + n % 120},{n % 900 or 'many'},Topic {n % 50},k:{n}\n" for n in range(rows)
    )
    return (head + "".join(lines)).encode()
