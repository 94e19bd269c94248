"""What an owner asks of the jobs over HTTP."""

import asyncio
import json
import time
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

    def connection(self) -> Connection:
        return Connection(self.port, self.token)

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Over a connection of its own."""
        return await self.connection().ask(method, path, body, Connection="close", **headers)

    async def start_import(self, key: str, file: bytes) -> None:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="books.csv"\r\n\r\n'
        body = head + file + b"\r\n--b--\r\n"
        connection = self.connection()
        await connection.open()
        headers = f"Authorization: Bearer {self.token}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        request = f"POST /jobs/{key}/ HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        connection.writer.write(request.encode() + body)
        status, _ = await connection.head()
        assert status == 202, status
        connection.close()

    async def job(self, key: str) -> Job:
        job: Job = json.loads((await self.ask("GET", f"/jobs/{key}/")).body)
        return job

    async def wait_for(self, key: str, *statuses: str, every: float = LOOK) -> tuple[Job, float]:
        """The job when it has one of these statuses, and the seconds until then."""
        began = time.monotonic()
        while (job := await self.job(key))["status"] not in statuses:  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(every)
        return job, time.monotonic() - began
