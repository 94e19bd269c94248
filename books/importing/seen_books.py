"""The books that earlier rows of a file have matched."""

import base64
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

_BITS = 1 << 15  # of a chunk


class Numbers:
    """A set of integers as a bitmap: a million neighbours take 125 KB, and almost nothing in a checkpoint."""

    def __init__(self, chunks: Iterable[tuple[int, bytes | bytearray]] = ()) -> None:
        self._chunks: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(_BITS >> 3))
        for chunk, bits in chunks:
            self._chunks[chunk] = bytearray(bits)

    def __contains__(self, number: int) -> bool:
        chunk, bit = divmod(number, _BITS)
        return chunk in self._chunks and bool(self._chunks[chunk][bit >> 3] & 1 << (bit & 7))

    def union(self, numbers: Iterable[int]) -> Self:
        found = type(self)(self._chunks.items())
        for number in numbers:
            chunk, bit = divmod(number, _BITS)
            found._chunks[chunk][bit >> 3] |= 1 << (bit & 7)
        return found

    def as_json(self) -> dict[str, str]:
        return {str(chunk): base64.b64encode(zlib.compress(bits, 1)).decode() for chunk, bits in self._chunks.items()}

    @classmethod
    def from_json(cls, chunks: Mapping[str, str]) -> Self:
        return cls((int(chunk), zlib.decompress(base64.b64decode(bits))) for chunk, bits in chunks.items())


@dataclass(frozen=True)
class SeenBooks:
    books: Numbers = field(default_factory=Numbers)  # all seen books
    foreign: Numbers = field(default_factory=Numbers)  # those matched by a row with a different source_key

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"books": self.books.as_json(), "foreign": self.foreign.as_json()}

    @classmethod
    def from_json(cls, saved: Mapping[str, Mapping[str, str]]) -> Self:
        return cls(**{name: Numbers.from_json(chunks) for name, chunks in saved.items()})
