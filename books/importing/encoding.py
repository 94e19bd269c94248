"""Recognises the encoding of a file and converts it to UTF-8, the only encoding that the rest of an import reads."""

import codecs
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

from books.importing import detection
from books.importing.letters import nonsense
from books.metadata.record import DAMAGED

CHUNK = 1 << 20  # bytes
LONGER_IN_UTF8 = "\u0800"  # from here on a character takes three or four bytes, which is never a coincidence
MAX_NAMED = 5  # encodings in a message
RIGHT_BYTES, RIGHT_FOR_A_WRONG = 6, 4  # valid bytes needed, in all and per invalid one, to read a damaged file as UTF-8
_ESCAPE = re.compile(rb"\x1b\$[@B]")
_STATEMENT = re.compile(rb"(?:\s*%[^\n]*\n){0,5}?\s*%+\s*Encoding:\s*([\w-]{3,20})\s", re.IGNORECASE)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = {
    **dict.fromkeys((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!"), "compressed: unpack it first"),
    b"%PDF": "a PDF document: ask for the list as CSV",
    b"{\\rt": "a document of a word processor: ask for the list as CSV",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "a picture: ask for the list as CSV"),
}
_CONTROLS = bytes({*range(9), *range(14, 26), *range(28, 32)})  # not ESC, nor DOS's end-of-file character


class UnreadableFile(Exception):
    """The file cannot be imported at all. The message says why and what to do."""


class UnclearEncoding(UnreadableFile):
    """The encoding would be a guess. `candidates`: the encodings in which the file makes sense, likeliest first."""

    def __init__(self, message: str, candidates: Sequence[str]) -> None:
        super().__init__(message)
        self.candidates = list(candidates)


class Text(NamedTuple):
    file: BinaryIO  # in UTF-8, at its first character
    encoding: str  # the original one


@contextmanager
def utf8(file: BinaryIO, name: str = "") -> Iterator[Text]:
    """The file itself if it is UTF-8, else a temporary copy in UTF-8. Raises UnreadableFile, UnclearEncoding.

    The whole file is read first, since it may be ASCII for megabytes before its encoding shows. `name` is an encoding
    chosen by a person.
    """
    with tempfile.TemporaryFile() as copy:
        yield _to_utf8(file, copy, name)


def _to_utf8(file: BinaryIO, copy: BinaryIO, name: str) -> Text:
    head = _head(file)
    if head.startswith(_UTF16):
        return _convert(file, copy, "utf-16", "The file is marked as UTF-16 but is not: save it as UTF-8.")
    if name == "utf-16" or (not name and (name := _utf16_without_mark(file))):
        name = name if name != "utf-16" else _utf16_without_mark(file) or "utf-16-le"
        return _convert(file, copy, name, "This file is not UTF-16: save it as UTF-8.")._replace(encoding="utf-16")
    if _is_binary(file):
        raise UnreadableFile("This is not a text file: export the list as CSV from the program that wrote it.")
    if not name and _has_escapes(file):
        name = "iso2022_jp"
    if name and name != "utf-8":
        return _convert(file, copy, name, f"This file is not in the encoding {name}.")
    fault = _first_fault(file)
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    is_utf8 = name or start or (_is_damaged_utf8(file) if fault else not _is_utf8_by_chance(file))
    if not is_utf8:
        return _convert_legacy(file, copy, fault or "the letters beyond ASCII")
    file.seek(start)
    if fault or _has_old_line_ends(file.read(CHUNK)):
        return _convert(file, copy, "utf-8-sig", "", errors="replace")._replace(encoding="utf-8")
    file.seek(start)
    return Text(file, "utf-8")


def _convert_legacy(file: BinaryIO, copy: BinaryIO, fault: str) -> Text:
    """Raises UnclearEncoding if there is no clear winner."""
    data = detection.sample(file)
    size = sum(byte > 127 for byte in data)
    file.seek(0)
    beginning = file.read(CHUNK)
    if stated := _stated(beginning):
        with suppress(UnreadableFile):  # if that is wrong, the letters may tell
            return _convert(file, copy, stated, "")
        _empty(copy)
    is_of_a_mac = _has_old_line_ends(beginning)
    is_of_librarything = b"\tSort Character\t" in beginning  # whose exports are Latin-1
    left = [name for name in detection.LEGACY if not (is_of_a_mac and name in detection.DOS)]
    right, wrong = _utf8_bytes(file)
    is_mixed = right >= wrong > 0  # as if lists in two encodings had been joined
    while True:
        found = detection.plausible_readings(data, left)
        best = (
            next((each for each in found if is_of_librarything and each.encoding in {"cp1252", "iso8859_15"}), None)
            or detection.clear_winner(found, size)
            or detection.by_header(found, beginning.lstrip().splitlines()[0])
        )
        if best is None or is_mixed:
            break
        try:
            return _convert(file, copy, best.encoding, "")
        except UnreadableFile:  # at a line outside the sample
            left.remove(best.encoding)
            _empty(copy)
    names = [*["utf-8"] * is_mixed, *([reading.encoding for reading in found] or left)]
    likely = ", ".join(names[:MAX_NAMED])
    raise UnclearEncoding(
        f"The file is not UTF-8 (see {fault}), and its letters could be read in several ways. Choose its encoding, "
        f"likely one of {likely}, or save it as UTF-8.",
        names,
    )


def _utf16_without_mark(file: BinaryIO) -> str:
    """Western UTF-16 has a NUL in every second byte, unlike any other text; its line ends have one in any script."""
    file.seek(0)
    head = file.read(1 << 16)
    even, odd = head[::2].count(0), head[1::2].count(0)
    for name, most, others, ends in (("utf-16-le", odd, even, b"\n\0"), ("utf-16-be", even, odd, b"\0\n")):
        if most > 4 * others and (most * 20 > len(head) * 3 or (ends in head and most * 100 > len(head))):
            return name
    return ""


def _is_binary(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(1 << 12).rstrip(b"\0")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return not head or controls > max(2, len(head) / 50)  # a stray one costs only its row


def _has_escapes(file: BinaryIO) -> bool:
    """Whether ASCII text switches to kanji with the escape sequences of ISO 2022."""
    file.seek(0)
    head = file.read(CHUNK)
    return head.isascii() and bool(_ESCAPE.search(head))


def _stated(beginning: bytes) -> str:
    """The encoding that a comment at the beginning states, as JabRef writes it: `% Encoding: Cp1252`."""
    found = _STATEMENT.match(beginning)
    with suppress(LookupError):
        name = codecs.lookup(found[1].decode()).name.replace("-", "_") if found else ""
        name = {"iso8859_1": "cp1252", "gbk": "gb18030", "utf_8": "utf-8"}.get(name, name)
        return name if name in detection.ENCODINGS else ""
    return ""


def _empty(copy: BinaryIO) -> None:
    copy.seek(0)
    copy.truncate()


def _is_damaged_utf8(file: BinaryIO) -> bool:
    """Whether all but a few bytes of the file are UTF-8. These read as DAMAGED."""
    right, wrong = _utf8_bytes(file)
    if right < max(RIGHT_BYTES, RIGHT_FOR_A_WRONG * wrong):
        return False
    return nonsense(detection.sample(file).decode(errors="replace").replace(DAMAGED, "")) <= detection.MOST_NONSENSE


def _utf8_bytes(file: BinaryIO) -> tuple[int, int]:
    """The number of valid UTF-8 continuation bytes in the file, and of invalid bytes.

    In other encodings bytes are rarely valid by chance: at most one for three invalid ones, in Thai.
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    right = wrong = 0
    while chunk := file.read(CHUNK):
        text = decoder.decode(chunk)
        replaced = text.count(DAMAGED)
        wrong += replaced
        right += len(text.encode()) - len(text) - replaced * (len(DAMAGED.encode()) - 1)
    return right, wrong


def _is_utf8_by_chance(file: BinaryIO) -> bool:
    """Whether the few letters of a file make no sense: 史記 in GB 18030 reads as ʷӛ in UTF-8.

    Our own exports are always UTF-8.
    """
    file.seek(0)
    head = file.readline(CHUNK)
    if head.startswith(b"{") or b"source_key" in head or _stated(head):
        return False
    data = detection.sample(file)
    if not 0 < sum(byte > 127 for byte in data) < detection.TINY:
        return False
    text = data.decode()
    return max(text) < LONGER_IN_UTF8 and nonsense(text) > detection.MOST_NONSENSE


def _has_old_line_ends(beginning: bytes) -> bool:
    """Whether the first line ends in a lone carriage return, as in files of old Macintosh programs."""
    end = re.search(rb"\r\n?|\n", re.sub(rb'"[^"]*"', b"", beginning))
    return end is not None and end[0] == b"\r" and len(beginning) > end.end()


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(4)
    if not head:
        raise UnreadableFile("The file is empty.")
    if advice := next((advice for magic, advice in _NO_TEXT.items() if head.startswith(magic)), ""):
        raise UnreadableFile(f"This is not a text file but {advice}.")
    return head


def _first_fault(file: BinaryIO) -> str | None:
    """The place of the first byte that is not UTF-8; None if there is none."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, column = 1, 0
    while True:
        piece = file.readline(CHUNK)
        start = column - len(decoder.getstate()[0])  # counting the bytes of a character cut by the last read
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return f"line {line:,}, byte {start + error.start + 1:,}"
        if not piece:
            return None
        line, column = (line + 1, 0) if piece.endswith(b"\n") else (line, column + len(piece))


def _convert(file: BinaryIO, copy: BinaryIO, encoding: str, advice: str, errors: str = "strict") -> Text:
    """Write the copy, in UTF-8 and with modern line ends. Raises UnreadableFile with the advice."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(detection.CODECS.get(encoding, encoding))(errors)
    try:
        text = decoder.decode(file.read(CHUNK))
        ends = str.maketrans("\r", "\n") if _has_old_line_ends(text.encode(errors="replace")) else {}
        while text:
            copy.write(text.translate(ends).encode())
            text = decoder.decode(file.read(CHUNK))
            if not text and (chunk := file.read(CHUNK)):
                text = decoder.decode(chunk)
        copy.write(decoder.decode(b"", final=True).translate(ends).encode())
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise UnreadableFile(advice) from None
    copy.seek(0)
    return Text(copy, encoding)


def sample_lines(file: BinaryIO, names: Sequence[str], count: int = 8) -> dict[str, list[str]]:
    """The first lines with letters beyond ASCII, decoded in each of the encodings."""
    sample = [line for line in re.split(rb"[\r\n]+", detection.sample(file)) if not line.isascii()][:count]
    codec = detection.CODECS
    return {name: [line.decode(codec.get(name, name), errors="replace") for line in sample] for name in names}
