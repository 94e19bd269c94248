"""An owner of the catalogue, who starts jobs over HTTP."""

import json
from collections.abc import Callable
from typing import Any

from tests.server.running import START_WITHIN, Answer, ask, wait_until

ENDED = ("succeeded", "failed", "cancelled")  # statuses
Job = dict[str, Any]


class Owner:
    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> Answer:
        """Over a connection of its own."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        return ask(self.port, method, path, body, headers)

    def start(self, key: str, kind: str, **arguments: object) -> int:
        sent = {"kind": kind, "arguments": arguments}
        return self.ask("POST", f"/jobs/{key}/", json.dumps(sent).encode()).status

    def start_clock(self, key: str, seconds: int = 1000) -> int:
        return self.start(key, "clock", seconds=seconds)

    def start_import(self, key: str, file: bytes) -> int:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="books.csv"\r\n\r\n'
        body = head + file + b"\r\n--b--\r\n"
        return self.ask("POST", f"/jobs/{key}/", body, "multipart/form-data; boundary=b").status

    def job(self, key: str) -> Job:
        job: Job = self.ask("GET", f"/jobs/{key}/").json
        return job

    def wait_for(self, key: str, true: Callable[[Job], object], seconds: float = START_WITHIN) -> Job:
        """The job, as soon as that is true of it."""
        job = self.job(key)

        def is_true() -> bool:
            nonlocal job
            job = self.job(key)
            return bool(true(job))

        wait_until(is_true, seconds, f"{key} does not come to that: {job}")
        return job

    def wait_for_status(self, key: str, *statuses: str, seconds: float = START_WITHIN) -> Job:
        return self.wait_for(key, lambda job: job["status"] in statuses, seconds)
