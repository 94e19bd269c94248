"""Recognises the encoding of a file and converts it to UTF-8, which is all that the rest of an import reads."""

import codecs
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, NamedTuple

CHUNK = 1 << 20  # bytes
ENCODINGS = (  # that a file may have; people choose among them when it is not clear
    *("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("cp932", "gb18030", "big5", "euc_jp", "euc_kr", "cp874", "koi8_r", "mac_roman"),
)
LEGACY = "cp932"  # as spreadsheets on Japanese Windows write
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = {
    b"PK\x03\x04": "a spreadsheet or a zip archive: save the sheet as “CSV UTF-8”, or unpack the archive",
    b"\x1f\x8b": "compressed: unpack it with gunzip",
    b"%PDF": "a PDF document: ask for the list as CSV",
}
_RUN = re.compile(r"[^\x00-\x7f]+")
_RARE = re.compile(r"[\uff61-\uff9f\ue000-\uf8ff]")  # half-width kana and private characters


class UnreadableFile(Exception):
    """The file cannot be imported at all. The message says why, and what to do."""


class UnclearEncoding(UnreadableFile):
    """The letters would be guessed. `candidates`: the encodings in which the file makes sense, the likeliest first."""

    def __init__(self, message: str, candidates: Sequence[str]) -> None:
        super().__init__(message)
        self.candidates = list(candidates)


class Text(NamedTuple):
    file: BinaryIO  # in UTF-8, at its first character
    encoding: str  # that it had


@contextmanager
def utf8(file: BinaryIO, name: str = "") -> Iterator[Text]:
    """The file if it is UTF-8, else a temporary copy in UTF-8. Raises UnreadableFile, UnclearEncoding.

    The whole file is read first: it may be ASCII for megabytes before its encoding shows. `name`: the encoding that a
    person has chosen.
    """
    if not file.seekable():
        raise UnreadableFile("This cannot be read twice, as an import must: save it in a file and import that.")
    with tempfile.TemporaryFile() as copy:
        yield _as_utf8(file, copy, name)


def _as_utf8(file: BinaryIO, copy: BinaryIO, name: str) -> Text:
    head = _head(file)
    if head.startswith(_UTF16):
        advice = "The file says it is UTF-16 and is not: save it as UTF-8."
        return Text(_converted(file, copy, "utf-16", advice), "utf-16")
    if name and name != "utf-8":
        return Text(_converted(file, copy, name, f"This file is not in the encoding {name}."), name)
    if (fault := _first_fault(file)) is None:
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        return Text(file, "utf-8")
    advice = f"The file is neither UTF-8 nor UTF-16 nor {LEGACY} (Shift JIS): see {fault}. Save it as UTF-8."
    _converted(file, copy, LEGACY, advice)
    if not _is_japanese(copy):
        raise UnreadableFile(advice)
    return Text(copy, LEGACY)


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(4)
    if not head:
        raise UnreadableFile("The file is empty.")
    for magic, advice in _NO_TEXT.items():
        if head.startswith(magic):
            raise UnreadableFile(f"This file is no text but {advice}.")
    return head


def _first_fault(file: BinaryIO) -> str | None:
    """Where the file stops being UTF-8; None if all of it is UTF-8."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, line_start, position = 1, 0, 0
    while True:
        chunk = file.read(CHUNK)
        start = position - len(decoder.getstate()[0])  # with the bytes of a character that the last chunk cut
        try:
            decoder.decode(chunk, final=not chunk)
            fault = None
        except UnicodeDecodeError as error:
            fault = start + error.start
        sound = chunk if fault is None else chunk[: max(fault - position, 0)]
        if newlines := sound.count(b"\n"):
            line, line_start = line + newlines, position + sound.rfind(b"\n") + 1
        if fault is not None:
            return f"line {line:,}, byte {fault - line_start + 1:,}"
        if not chunk:
            return None
        position += len(chunk)


def _converted(file: BinaryIO, copy: BinaryIO, encoding: str, advice: str) -> BinaryIO:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK):
            copy.write(decoder.decode(chunk).encode())
        copy.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError:
        raise UnreadableFile(advice) from None
    copy.seek(0)
    return copy


def _is_japanese(text: BinaryIO) -> bool:
    """Whether this is plausible text: “Márquez” in Latin-1 is valid cp932 too, with one odd kanji in it."""
    runs = lone = characters = rare = 0
    while chunk := text.read(CHUNK):
        for run in _RUN.findall(chunk.decode(errors="ignore")):
            runs += 1
            lone += len(run) == 1
            characters += len(run)
            rare += len(_RARE.findall(run))
    text.seek(0)
    return lone * 2 <= runs and rare * 2 <= characters


def beginnings(file: BinaryIO, names: Sequence[str], count: int = 8) -> dict[str, list[str]]:
    """The first lines with letters beyond ASCII, as each of the encodings reads them."""
    file.seek(0)
    telling = (line.strip() for line in file if not line.isascii())
    sample = list(islice(telling, count))
    return {name: [line.decode(name, errors="replace") for line in sample] for name in names}
