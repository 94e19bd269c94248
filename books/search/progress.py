"""What an upgrade prints while it indexes: how far it is, and how long it will take."""

import time
from typing import Any

EVERY = 10.0  # seconds; work that is done before the first of them says nothing


class IndexProgress:
    """Progress of `total` steps, written to a stream such as a command's `stdout` if there is one."""

    def __init__(self, stdout: Any, total: int) -> None:
        self.stdout, self.done, self.total = stdout, 0, total
        self.began = self.told = time.monotonic()

    def add(self, steps: int) -> None:
        self.done += steps
        now = time.monotonic()
        if self.stdout and now - self.told >= EVERY and self.done < self.total:
            self.told = now
            left = (now - self.began) / self.done * (self.total - self.done)
            self.stdout.write(f"Search index: {100 * self.done // self.total} %, about {left:,.0f} s left\n")
            self.stdout.flush()
