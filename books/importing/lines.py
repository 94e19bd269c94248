"""The lines of a file, numbered, none of them longer than memory bears."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_LINE = 1 << 20  # bytes
BEGINNING = 200  # characters kept of a longer one


class Line(NamedTuple):
    number: int
    end: int  # bytes of the file up to the end of this line
    text: str  # with its line end
    whole: bool = True  # False: longer than MAX_LINE, and `text` is its beginning


def lines(file: BinaryIO, number: int = 0) -> Iterator[Line]:
    """The lines of UTF-8 from the file's position on, after `number` lines."""
    end = file.tell()
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        end += len(raw)
        if len(raw) <= MAX_LINE or raw.endswith(b"\n"):
            yield Line(number, end, raw.decode(errors="replace"))
            continue
        beginning = raw[: BEGINNING * 4].decode(errors="ignore")[:BEGINNING]
        while not raw.endswith(b"\n") and (raw := file.readline(MAX_LINE)):
            end += len(raw)
        yield Line(number, end, beginning, whole=False)
