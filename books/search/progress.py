"""What an upgrade says while it waits for the index: how far it is, and how long it will take."""

import time
from typing import Any

EVERY = 10.0  # seconds; work that is done before the first of them says nothing


class IndexProgress:
    """Of `total` steps, told to a stream such as a command's `stdout`; without one, to nobody."""

    def __init__(self, stdout: Any, total: int) -> None:
        self.stdout, self.done, self.total = stdout, 0, total
        self.began = self.told = time.monotonic()

    def add(self, steps: int) -> None:
        self.done += steps
        now = time.monotonic()
        if self.stdout and now - self.told >= EVERY and self.done < self.total:
            self.told = now
            left = (now - self.began) / self.done * (self.total - self.done)
            self.stdout.write(f"Search index: {100 * self.done // self.total} %, about {left:.0f} seconds left\n")
            self.stdout.flush()
