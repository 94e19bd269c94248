"""Bodies of 1 GB, headers of 50 MB, clients that send a byte a second: what they cost, and what others notice."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

from benchmarks.chaos.catalogue import Catalogue, Options, serving
from benchmarks.chaos.client import BROKEN, Connection
from benchmarks.chaos.report import figure, p99

MB = 1024 * 1024
REFUSED_WITHIN = 10.0  # seconds
DISK_MB = 20
QUIET_SECONDS, BETWEEN_WAVES = 8.0, 1.0
POST = b"POST /books/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def visit_for(port: int, seconds: float) -> list[float]:
    """How long another visitor waits for pages, in a process of its own."""

    async def visit() -> list[float]:
        connection, waits = Connection(port), []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            answer = await connection.ask("GET", "/books/", Accept="text/html")
            waits.append(time.monotonic() - began if answer.status == 200 else 60.0)
            await asyncio.sleep(0.02)
        connection.close()
        return waits

    return asyncio.run(visit())


async def gigabyte(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // MB):
        yield bytes(MB)


async def body_with_length(size: int) -> AsyncIterator[bytes]:
    yield POST + f"Content-Length: {size}\r\n\r\n".encode()
    async for part in gigabyte(size):
        yield part


async def body_in_chunks(size: int) -> AsyncIterator[bytes]:
    yield POST + b"Transfer-Encoding: chunked\r\n\r\n"
    async for part in gigabyte(size):
        yield b"%x\r\n%b\r\n" % (len(part), part)


async def one_header(size: int) -> AsyncIterator[bytes]:
    yield b"GET /books/ HTTP/1.1\r\nHost: localhost\r\nX-Long: "
    for _ in range(size // MB):
        yield b"x" * MB


async def slow_head(_: int) -> AsyncIterator[bytes]:
    yield b"GET /books/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    while True:
        await asyncio.sleep(1)
        yield b"x"


async def slow_body(_: int) -> AsyncIterator[bytes]:
    yield POST + b"Content-Length: 1000\r\n\r\n"
    while True:
        await asyncio.sleep(1)
        yield b"x"


async def send(port: int, parts: AsyncIterator[bytes], seen: Counter[str]) -> float:
    """Send until the server refuses or closes; the seconds until then."""
    connection = Connection(port)
    began = time.monotonic()
    await connection.open()

    async def write() -> None:
        async for part in parts:
            connection.writer.write(part)
            await connection.writer.drain()

    async def read() -> str:
        try:
            return str((await connection.head())[0])
        except BROKEN as error:
            return type(error).__name__

    writing, reading = asyncio.create_task(write()), asyncio.create_task(read())
    await asyncio.wait([reading], timeout=60)
    seen[reading.result() if reading.done() else "nothing in 60 s"] += 1
    seconds = time.monotonic() - began
    for task in (writing, reading):
        task.cancel()
    await asyncio.gather(writing, reading, return_exceptions=True)
    connection.abort()
    return seconds


def disk_megabytes(catalogue: Catalogue) -> float:
    """What the server's folders hold, and the files that its workers hold open though they are deleted."""
    files = [path.stat().st_size for path in catalogue.folder.rglob("*") if path.is_file()]
    for pid in catalogue.workers():
        handles = Path(f"/proc/{pid}/fd").iterdir()
        files += [handle.stat().st_size for handle in handles if "(deleted)" in str(handle.readlink())]
    return sum(files) / MB


async def highest_disk_use(catalogue: Catalogue, seen: list[float]) -> None:
    while True:
        with suppress(OSError):  # a file went away meanwhile
            seen.append(disk_megabytes(catalogue))
        await asyncio.sleep(0.2)


Attack = tuple[str, int, Callable[[int], AsyncIterator[bytes]], int]


async def run(options: Options) -> None:
    size = options.scaled(1024) * MB
    attacks: list[Attack] = [
        ("a body of 1 GB, with its length", 4, body_with_length, size),
        ("a body of 1 GB, in chunks", 4, body_in_chunks, size),
        ("a header of 50 MB", 4, one_header, 50 * MB),
        ("500 slow heads", options.scaled(500), slow_head, 0),
        ("500 slow bodies", options.scaled(500), slow_body, 0),
    ]
    loop = asyncio.get_running_loop()
    with serving(options, workers=2) as catalogue, ProcessPoolExecutor(1) as elsewhere:

        async def visit_now(seconds: float) -> list[float]:
            return await loop.run_in_executor(elsewhere, visit_for, catalogue.port, seconds)

        await visit_now(2)
        quiet = p99(await visit_now(QUIET_SECONDS))
        figure("another visitor's p99, quiet", f"{quiet * 1000:.1f} ms")
        disk: list[float] = [disk_megabytes(catalogue)]
        watching = asyncio.create_task(highest_disk_use(catalogue, disk))
        for name, times, parts, size in attacks:
            seen: Counter[str] = Counter()
            visitor, seconds = asyncio.create_task(visit_now(QUIET_SECONDS)), 0.0
            while not visitor.done():
                each = (send(catalogue.port, parts(size), seen) for _ in range(times))
                seconds = max([seconds, *await asyncio.gather(*each)])
                await asyncio.sleep(BETWEEN_WAVES)
            told = f"{dict(seen)} within {seconds:.1f} s"
            figure(name, told, aim=f"refused within {REFUSED_WITHIN:.0f} s", reached=seconds <= REFUSED_WITHIN)
            waits = p99(await visitor)
            measured = f"{waits * 1000:.1f} ms, {waits / quiet:.1f} times"
            figure("  another visitor's p99", measured, aim="≤ 2 times", reached=waits <= 2 * quiet)
        watching.cancel()
        more = max(disk) - disk[0]
        figure("disk use", f"{more:.1f} MB more at most", aim=f"≤ {DISK_MB} MB", reached=more <= DISK_MB)
