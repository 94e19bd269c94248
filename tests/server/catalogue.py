"""A catalogue with a server and a database of its own."""

import re
from pathlib import Path

from tests.server.place import Place
from tests.server.running import Server


class Catalogue(Place):
    def __init__(self, folder: Path, database_url: str, command: str, under: str = "", **variables: str) -> None:
        super().__init__(folder, database_url, under, **variables)
        self.server = Server(f"{under}{command}", folder, **self.variables)
        self.port = self.server.port
        self.server.wait_until_open()

    def job_workers(self) -> list[int]:
        """All that were ever begun."""
        return [int(pid) for pid in re.findall(r"Booting job worker with pid: (\d+)", self.server.log())]

    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        return sorted(self.server.children() - set(self.job_workers()))
