"""An import of 100,000 rows whose worker is killed 20 times: whether it ends like one that nothing stops.

Takes about 12 s a kill: each time a lease has to run out.
"""

import random
import time
from typing import Any

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.report import figure
from tests.server.catalogue import Catalogue
from tests.server.owner import ENDED, Owner

ROWS, KILLS = 100_000, 20
KEY = "killed"


def run(options: Options) -> None:
    rows, outcomes = options.scaled(ROWS), list[Any]()
    for kills in (0, options.scaled(KILLS)):
        with serving(options, workers=1, WORK="0", STARTER_BOOKS="0") as catalogue:
            owner = Owner(catalogue.port, catalogue.token())
            assert owner.start_import(KEY, csv(rows)) == 202
            waits = work(catalogue, owner, kills, rows)
            job = owner.job(KEY)
            paths = "/books.csv", f"/jobs/{KEY}/files/books.csv.rejects.csv/"
            files = [owner.ask("GET", path).body for path in paths]
            # PostgreSQL uses up the ids of books that it rolls back, and the notes name books by their ids.
            outcomes.append([files, job["result"] | {"first_notes": []}])
            figure(f"{rows:,} rows, killed {len(waits)} times", f"{job['status']}, {job['message']}")
    told = f"{min(waits):.1f} to {max(waits):.1f} s"
    figure("taken over after", told, aim="≤ 12 s", reached=max(waits) < 12)
    is_same = outcomes[0] == outcomes[1]
    figure("the same books, counts and rejected rows", is_same, aim="True", reached=is_same)


def work(catalogue: Catalogue, owner: Owner, kills: int, rows: int) -> list[float]:
    """Work the job to its end; the seconds until another worker went on after each kill."""
    worker, waits = catalogue.begin("manage.py", "work"), list[float]()
    job = owner.wait_for_status(KEY, "running")
    for _ in range(kills):
        goal = job["done"] + random.randrange(1, rows // (kills + 1))
        job = owner.wait_for(KEY, lambda job, goal=goal: job["done"] >= goal or job["status"] in ENDED)
        worker.kill()
        worker.wait()
        worker, killed_at = catalogue.begin("manage.py", "work"), time.monotonic()
        if (before := owner.job(KEY))["status"] in ENDED:
            break
        job = owner.wait_for(KEY, lambda job, before=before: job["attempt"] > before["attempt"])
        assert job["done"] >= before["done"], "it went back"
        waits.append(time.monotonic() - killed_at)
    owner.wait_for_status(KEY, *ENDED)
    worker.kill()
    worker.wait()
    return waits


def csv(rows: int) -> bytes:
    head = "title,authors,published_year,pages,topics,source_key\n"
    lines = (
        f"Book {n},Author {n % 997},{1900 + n % 120},{n % 900 or 'many'},Topic {n % 50},k:{n}\n" for n in range(rows)
    )
    return (head + "".join(lines)).encode()
