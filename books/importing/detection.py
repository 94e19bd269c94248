"""Which legacy encoding a file is in, told by its letters; never guessed where two would make sense.

chardet ranks the encodings by how usual their letters are side by side. A text in which letters stand where no language
has them is none, and one that is hardly more usual than another is not clear. The figures here are from lists of titles
in 17 encodings, 1,020 of each length: with 10 titles 2 in a hundred are not clear, with 3 titles 10, with one title 39.
One of them was read wrongly: a single title of two characters in GB 18030, which is UTF-8 as well.
"""

import re
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from django.utils.module_loading import import_string

from books.importing.letters import has_kana, is_of, nonsense
from books.metadata.folding import table

# Supersets that programs write under the name.
CODECS = {"big5": "big5hkscs", "euc_kr": "cp949", "iso2022_jp": "iso2022_jp_ext"}
ENCODINGS = dict(table("encodings.txt"))  # that a file may have, with their names for people
# Not taken unasked, but then none is taken that the file makes no more sense in.
RARE = ("iso8859_2", "iso8859_7", "koi8_u", "cp850", "cp852", "cp866", "mac_latin2", "mac_cyrillic")
DOS = {"cp850", "cp852", "cp866"}
LEGACY = tuple(name for name in ENCODINGS if not name.startswith(("utf", "iso2022")))
CHUNK = 1 << 20  # bytes
MOST = 40_000  # bytes that are looked at, of the lines with letters beyond ASCII
OF_A_CHUNK = 10_000
_TWO_BYTES = {"cp932", "gb18030", "big5", "euc_jp", "euc_kr"}
_NAMES = {"euc_jis_2004": "euc_jp", "big5hkscs": "big5", "cp949": "euc_kr", "shift_jis_2004": "cp932"}  # chardet's
_CHARDET = {"euc_kr": "cp949", "big5": "big5hkscs"}
MOST_NONSENSE = 0.1  # of the letters: titles have signs of their own
MORE_NONSENSE = 0.05  # than another reading has, in which it makes more sense
TINY, FEW, SOME = 12, 24, 60  # bytes beyond ASCII


_CONTROL = re.compile("[\x80-\x9f]")  # where ISO 8859 has no letter


class Reading(NamedTuple):
    """A text that the bytes can be."""

    encoding: str
    text: str
    likelihood: float
    nonsense: float


def sample(file: BinaryIO) -> bytes:
    """Lines with letters beyond ASCII from all over the file. None is cut: a half character is in no encoding."""
    file.seek(0)
    found = b""
    rest = b""
    while len(found) < MOST and (chunk := file.read(CHUNK)):
        whole, end = _whole_lines(rest + chunk)
        rest = end[-CHUNK:]
        taken = b""
        for line in whole.splitlines(keepends=True):
            if line.isascii():
                continue
            if len(taken) + len(line) > OF_A_CHUNK:
                break
            taken += line
        found += taken
    return found + (b"" if found else rest[-MOST:])


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    return data[:end], data[end:]


def readings(data: bytes, encodings: Sequence[str] = LEGACY) -> list[Reading]:
    """The different texts that make sense, the likeliest first."""
    detect_all = import_string("chardet.detect_all")  # only now: most files are UTF-8, and it takes megabytes
    ranked = detect_all(
        data,
        ignore_threshold=True,
        compat_names=False,
        include_encodings=[_CHARDET.get(name, name).replace("_", "-") for name in encodings],
    )
    names = ((str(each["encoding"]).replace("-", "_").lower(), each["confidence"]) for each in ranked)
    likelihood = {_NAMES.get(name, name): confidence for name, confidence in names}
    found: dict[str, Reading] = {}
    for name in sorted(encodings, key=lambda name: -likelihood.get(name, 0)):
        try:
            text = data.decode(CODECS.get(name, name))
        except UnicodeDecodeError:
            continue
        if text in found and found[text].encoding in RARE:
            found[text] = found[text]._replace(encoding=name)
        elif text not in found and is_of(name, text) and not _CONTROL.search(text):
            found[text] = Reading(name, text, likelihood.get(name, 0), nonsense(text))
    size = sum(byte > 127 for byte in data)
    bearable = max(MOST_NONSENSE, 2.5 / max(size, 1))  # of few letters one that is odd tells little
    return [reading for reading in found.values() if reading.nonsense <= bearable]


def clearest(found: Sequence[Reading], size: int) -> Reading | None:
    """The reading that is surely right, with `size` bytes beyond ASCII; None if none is."""
    best = next((reading for reading in found if reading.nonsense <= MOST_NONSENSE and reading.likelihood), None)
    others = [reading for reading in found if reading is not best]
    if best is None or best.encoding in RARE or any(_may_be_as_well(other, best, size) for other in others):
        return None
    return best


def _may_be_as_well(other: Reading, best: Reading, size: int) -> bool:
    if size < SOME and other.encoding in _TWO_BYTES and not (size >= FEW and has_kana(best.text)):
        # Some characters of two bytes are usual or not by chance, and almost any could be letters of one byte.
        return (
            size < FEW
            or best.encoding not in _TWO_BYTES
            or other.likelihood * 6 > best.likelihood
            or not other.likelihood
        )
    if size < FEW and best.encoding in _TWO_BYTES:
        return True
    if size >= SOME and other.nonsense > best.nonsense + MORE_NONSENSE:
        return False  # ¬ойна и мир: in the encoding of a Macintosh all capitals are signs
    factor = 2 if size < TINY // 2 or (other.encoding in RARE and size < FEW) else 1.5 if size < SOME else 1.2
    return other.likelihood * factor > best.likelihood
