"""What an owner asks of the jobs over HTTP."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.chaos.catalogue import Catalogue
from benchmarks.chaos.client import Answer, Connection

LOOK = 0.02  # seconds between two looks at a job
ENDED = {"succeeded", "failed", "cancelled"}
Job = dict[str, Any]


class Owner:
    def __init__(self, catalogue: Catalogue) -> None:
        self.port = catalogue.port
        self.token = catalogue.token()

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Over a connection of its own."""
        return await Connection(self.port, self.token).ask(method, path, body, Connection="close", **headers)

    async def start_import(self, key: str, file: bytes) -> None:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="books.csv"\r\n\r\n'
        body = head + file + b"\r\n--b--\r\n"
        kind = "multipart/form-data; boundary=b"
        while (answer := await self.ask("POST", f"/jobs/{key}/", body, Content_Type=kind)).status == 503:  # noqa: ASYNC110
            await asyncio.sleep(1)  # others write for long: the same again is safe, since the key is ours
        assert answer.status in {200, 202}, answer

    async def job(self, key: str) -> Job:
        job: Job = json.loads((await self.ask("GET", f"/jobs/{key}/")).body)
        return job

    async def wait_for(self, key: str, *statuses: str) -> tuple[Job, float]:
        """The job when it has one of these statuses, and the seconds until then."""
        return await self.wait_until(key, lambda job: job["status"] in statuses)

    async def wait_until(self, key: str, fits: Callable[[Job], bool]) -> tuple[Job, float]:
        began = time.monotonic()
        while not fits(job := await self.job(key)):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(LOOK)
        return job, time.monotonic() - began
