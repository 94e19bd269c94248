"""MARC 21 and UNIMARC as MarcEdit's text, a field on each line: `=245  10$aEmma /$cJane Austen.`

Import this only when reading records: it loads pymarc.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from pymarc import Field, Indicators, Record, Subfield

from books.importing.containers.marc_fields import fields_of
from books.importing.formats.base import Record as Numbered

MAX_LINE, MAX_FIELDS = 1 << 17, 1 << 14  # bytes; a record of ISO 2709 has at most 99,999
_FIELD = re.compile(r"=(LDR|[A-Z0-9]{3}) {1,2}(.*)")
_SIGNS = {"dollar": "$", "lcub": "{", "rcub": "}", "bsol": "\\"}
_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030c\u030a\u0327\u0328"  # follow their letters in Unicode
_ACCENTS = dict(zip("grave acute circ tilde macr breve dot uml caron ring cedil ogon".split(), _MARKS, strict=True))
_NAMED_LETTER = re.compile(rf"\{{({'|'.join(_ACCENTS)})\}}(.)")
_NAMED_SIGN = re.compile(rf"\{{({'|'.join(_SIGNS)})\}}")


def records(file: BinaryIO) -> Iterator[Numbered]:
    for number, lines in enumerate(_parts(file), 1):
        yield number, fields_of(Record(fields=[_field(tag, text) for tag, text in lines]))


def _parts(file: BinaryIO) -> Iterator[list[tuple[str, str]]]:
    """The tags and texts of each record, which begins with a leader or after an empty line."""
    held: list[tuple[str, str]] = []
    lines: Iterable[bytes] = iter(lambda: file.readline(MAX_LINE), b"")
    for line in chain(lines, [b""]):
        text = line.decode(errors="replace").strip("\ufeff\r\n")
        found = _FIELD.fullmatch(text)
        if held and (not text or (found and found[1] == "LDR")):
            yield held
            held = []
        if found and found[1] != "LDR" and len(held) < MAX_FIELDS:
            held.append((found[1], found[2]))


def _field(tag: str, text: str) -> Field:
    if tag < "010":
        return Field(tag, data=text.replace("\\", " "))
    indicators = Indicators(*text[:2].replace("\\", " ").ljust(2))
    parts = [_unescaped(part) for part in text[2:].split("$")[1:] if part]
    return Field(tag, indicators, [Subfield(part[0], part[1:]) for part in parts if part])


def _unescaped(text: str) -> str:
    """The text with the letters and signs that stand in braces: {acute}e, {dollar}."""
    accented = _NAMED_LETTER.sub(lambda found: found[2] + _ACCENTS[found[1]], text)
    return _NAMED_SIGN.sub(lambda found: _SIGNS[found[1]], accented)
