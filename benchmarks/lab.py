"""What the ways of the laboratory do to others, measured from outside, and the picture of it in docs/async.md.

    python -m benchmarks.lab [--rounds 3] [--write]

Starts a server with one worker on a free port of this machine. Somebody asks for something small every 20 ms, whether
or not the ones before have been answered; meanwhile each way runs in turn, as often as there are rounds, after a quiet
second of its own. `--write` draws docs/lab.svg.
"""

import argparse
import asyncio
import statistics
import time
from typing import NamedTuple

from benchmarks.chaos.catalogue import Options, serving
from benchmarks.chaos.client import Connection
from benchmarks.chaos.report import figure, percentile
from tests.server.running import PROJECT

PICTURE = PROJECT / "docs/lab.svg"
WAYS = {  # as the picture calls them
    "sleep": "await asyncio.sleep()",
    "blocking": "a blocking call",
    "to-thread": "asyncio.to_thread()",
    "sync-to-async": "sync_to_async()",
    "async-client": "an async client",
    "sync-view": "a sync view",
}
BETWEEN, QUIET, SHOWN, REST = 0.02, 1.0, 1.4, 1.0  # seconds


class Wait(NamedTuple):
    at: float  # seconds after the way began
    seconds: float


class Run(NamedTuple):
    seconds: float
    waits: list[Wait]

    def quiet(self) -> float:
        """The p99 of those who were answered before the way began."""
        return percentile([wait.seconds for wait in self.waits if wait.at < -wait.seconds])

    def during(self) -> float:
        """The p99 of those who came while it ran."""
        return percentile([wait.seconds for wait in self.waits if 0 <= wait.at < self.seconds])


async def ask(port: int, path: str) -> None:
    """On a connection of its own."""
    answer = await Connection(port).ask("GET", path, Connection="close")
    assert answer.status == 200, answer


async def run(port: int, way: str) -> Run:
    waits: list[Wait] = []
    began = time.perf_counter() + QUIET

    async def visit(due: float) -> None:
        """A wait counts from when the visit was due, so that our own delays count too."""
        await asyncio.sleep(due - time.perf_counter())
        await ask(port, "/health_check/live/")
        waits.append(Wait(due - began, time.perf_counter() - due))

    async with asyncio.TaskGroup() as visits:
        for number in range(int((QUIET + SHOWN) / BETWEEN)):
            visits.create_task(visit(began - QUIET + number * BETWEEN))
        await asyncio.sleep(began - time.perf_counter())
        start = time.perf_counter()
        await ask(port, f"/lab/{way}/")
        seconds = time.perf_counter() - start
    return Run(seconds, sorted(waits))


async def measure(port: int, rounds: int) -> dict[str, list[Run]]:
    for way in WAYS:  # nothing is cold, then
        await ask(port, f"/lab/{way}/")
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, made in runs.items():
            made.append(await run(port, way))
            await asyncio.sleep(REST)
    return runs


def report(runs: dict[str, list[Run]]) -> None:
    print("medians: the p99 of others' waits before and while the way ran")
    for way, made in runs.items():
        quiet, during = statistics.median(map(Run.quiet, made)), statistics.median(map(Run.during, made))
        times = statistics.median(one.during() / one.quiet() for one in made)
        figure(WAYS[way], f"{quiet * 1000:.1f} ms, {during * 1000:.1f} ms: {times:.1f} ×")


def draw(runs: dict[str, list[Run]]) -> str:
    """One row for each way: the waits of its median run, each a line at the moment when somebody came."""
    row, left, width, high, scale = 74, 190, 600, 52, 1.1  # pixels, and seconds up
    foot = row * len(runs) + 20

    def x(at: float) -> float:
        return left + (QUIET + at) / (QUIET + SHOWN) * width

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 10} {foot + 10}" role="img" '
        'font-family="system-ui, sans-serif" font-size="14" fill="#6f7a74"><title>How long others waited while each '
        "way ran for a second: only during a blocking call, up to a second</title>",
    ]
    for number, (way, made) in enumerate(runs.items()):
        chosen = sorted(made, key=Run.during)[len(made) // 2]
        base, colour = row * (number + 1), "#c8503b" if way == "blocking" else "#2f8f74"
        lines = [f"M{x(wait.at):.1f} {base}v{-max(wait.seconds / scale * high, 1):.1f}" for wait in chosen.waits]
        parts += [
            f'<text x="0" y="{base - high / 2 + 4:.0f}">{WAYS[way]}</text>',
            f'<rect x="{x(0):.1f}" y="{base - high}" width="{x(chosen.seconds) - x(0):.1f}" height="{high}" '
            f'fill="{colour}" opacity=".15"/>',
            f'<path d="M{left} {base}h{width}" stroke="#7f8a84" stroke-width=".7"/>',
            f'<path d="{"".join(lines)}" stroke="{colour}" stroke-width="2.5"/>',
        ]
    parts.append(f'<text x="{left}" y="{foot}">all is quiet</text><text x="{x(0):.0f}" y="{foot}">')
    parts.append(f"the way runs; as high as the band: {scale} s</text></svg>\n")
    return "".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with serving(Options(), workers=1, WORK="0") as catalogue:
        runs = asyncio.run(measure(catalogue.port, options.rounds))
    report(runs)
    if options.write:
        PICTURE.write_text(draw(runs))


if __name__ == "__main__":
    main()
