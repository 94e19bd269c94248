"""Progress on a terminal, in one line that is rewritten. Nothing is printed elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand


class Terminal:
    def __init__(self, command: BaseCommand, verbosity: int) -> None:
        self.stream: Any = command.stderr if verbosity and command.stderr.isatty() else None

    def show(self, text: str) -> None:
        """Rewrite the line."""
        if self.stream:
            self.stream.write(f"\r\x1b[K{text}", style_func=str, ending="")  # not in the red of errors
            self.stream.flush()

    @contextmanager
    def percentage(self) -> Iterator[Callable[[int, int], None]]:
        """A function that shows progress, given what is done and the total."""
        yield lambda done, total: self.show(f"{100 * done // total if total else 0:>3} %")
        self.show("")
