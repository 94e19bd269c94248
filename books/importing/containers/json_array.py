"""JSON over any number of lines: an array of objects, an object of objects, or an object around such an array."""

import codecs
import json
import re
from collections.abc import Generator
from typing import Any, BinaryIO, Never

from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Container, Record

CHUNK = 1 << 16  # bytes
MAX_VALUE = 1 << 21  # characters of one object
_OF_OBJECTS = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(\[\s*)?\{')
_LISTS = rb"books|items|library|data|entries|records|results|works"
_WITH_LIST = re.compile(rb'\{[^\n{}[\]]*"(?:%s)"\s*:\s*\[\s*\{' % _LISTS, re.IGNORECASE)


def begins(beginning: bytes) -> bool:
    """Whether this is other JSON than JSON Lines, where the first line is a whole object of plain values."""
    if beginning.startswith(b"[") or _OF_OBJECTS.match(beginning) or _WITH_LIST.match(beginning):
        return True
    first, newline, _ = beginning.partition(b"\n")
    return beginning.startswith(b"{") and bool(newline) and not first.rstrip().endswith(b"}")


def records(file: BinaryIO) -> Generator[Record]:
    """The objects, numbered from 1."""
    text = _Text(file)
    opening = text.take()
    number, plain = 0, {}
    while (following := text.peek()) not in "]}":
        if opening == "{":
            key = text.value(number + 1)
            if text.take() != ":":
                raise UnreadableFile(f"This is not JSON: a colon is missing in object {number + 1}.")
            if text.peek() == "[" and text.peek(2).endswith("{"):
                opening = text.take()
                continue
        value = text.value(number + 1)
        if opening == "{" and not isinstance(value, dict):
            plain[str(key)] = value
            continue
        number += 1
        cells = value if isinstance(value, list) else [value]
        yield number, value if isinstance(value, dict) else ["" if each is None else str(each) for each in cells]
    if not following:
        raise UnreadableFile(f"This JSON ends within object {number + 1}: the file is not complete.")
    if plain and not number:
        yield 1, plain


class _Text:
    """The characters of a file, with one value at a time in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self.reader = codecs.getreader("utf-8")(file, "replace")
        self.decoder = json.JSONDecoder(parse_constant=_reject_constant)
        self.held = ""

    def _more(self) -> bool:
        data = self.reader.read(CHUNK)
        self.held += data
        return bool(data)

    def peek(self, count: int = 1) -> str:
        """The next characters, without white space and commas; "" at the end."""
        while True:
            self.held = self.held.lstrip(" \t\r\n,\ufeff")
            found = "".join(self.held[: CHUNK // 2].split())[:count]
            if len(found) == count or not self._more():
                return found

    def take(self) -> str:
        found = self.peek()
        self.held = self.held[1:]
        return found

    def value(self, number: int) -> Any:
        self.peek()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.held)
            except json.JSONDecodeError as error:
                if len(self.held) > MAX_VALUE or not self._more():
                    raise UnreadableFile(f"This is not JSON: {error.msg}, in object {number}.") from None
            except (ValueError, RecursionError) as error:
                raise UnreadableFile(f"This JSON cannot be read: {error}, in object {number}.") from None
            else:
                self.held = self.held[end:]
                return value


def _reject_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")


CONTAINER = Container("JSON", begins, records, is_text=True)
