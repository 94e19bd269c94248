"""Detects the legacy encoding of a file from its letters. Never guesses if two encodings would make sense.

chardet ranks the encodings by how often their letters occur side by side. A reading with letters where no language has
them is discarded, and one that is hardly likelier than another is unclear. The thresholds come from lists of titles in
17 encodings, 1,020 lists of each length: 2 % are unclear with 10 titles, 10 % with 3 titles, 39 % with a single title.
Only one was misread: a single title of two characters in GB 18030 that is also valid UTF-8.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from django.utils.module_loading import import_string

from books.importing.column_names import field_of, key
from books.importing.letters import fits_encoding, has_kana, nonsense, odd_letters, odd_places
from books.metadata.folding import table

# Supersets that programs write under these names.
CODECS = {"big5": "big5hkscs", "euc_kr": "cp949", "iso2022_jp": "iso2022_jp_ext"}
ENCODINGS = dict(table("encodings.txt"))  # and their names for people
# Never chosen automatically. But if one of them makes as much sense as the best, the encoding is unclear.
RARE = tuple(
    "iso8859_2 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_13 koi8_u cp850 cp852 cp866 mac_latin2 mac_cyrillic "
    "mac_greek mac_turkish".split()
)
DOS = {"cp850", "cp852", "cp866"}
LEGACY = tuple(name for name in ENCODINGS if not name.startswith(("utf", "iso2022")))
CHUNK = 1 << 20  # bytes
MOST = 40_000  # bytes of the sample, which has only lines with letters beyond ASCII
MOST_PER_CHUNK = 10_000
_TWO_BYTES = {"cp932", "gb18030", "big5", "euc_jp", "euc_kr"}
_NAMES = {"euc_jis_2004": "euc_jp", "big5hkscs": "big5", "cp949": "euc_kr", "shift_jis_2004": "cp932"}  # chardet's
MOST_NONSENSE = 0.1  # share of the letters: titles may have unusual signs
MORE_NONSENSE = 0.05  # than in the best reading
TINY, FEW, SOME = 12, 24, 60  # bytes beyond ASCII
_ETH = re.compile("[ðþÐÞ]")  # Icelandic, where Turkish has ğ and ş in the same bytes, and Baltic languages š and ž
_CONTROL = re.compile("[\x80-\x9f]")  # where ISO 8859 has no letter


class Reading(NamedTuple):
    """The bytes decoded in one encoding."""

    encoding: str
    text: str
    likelihood: float
    nonsense: float
    oddity: int  # letters in odd places, and those that are odd in the languages of the encoding
    mixture: int  # letters that are odd if all the text is in one language


def sample(file: BinaryIO) -> bytes:
    """Whole lines with letters beyond ASCII, from all over the file: half a character would be invalid everywhere."""
    file.seek(0)
    found = rest = b""
    while len(found) < MOST and (chunk := file.read(CHUNK)):
        data = rest + chunk
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        rest = data[end:][-CHUNK:]
        taken = b""
        for line in data[:end].splitlines(keepends=True):
            if line.isascii():
                continue
            if len(taken) + len(line) > MOST_PER_CHUNK:
                break
            taken += line
        found += taken
    return found + (b"" if found else rest[-MOST:])


def plausible_readings(data: bytes, encodings: Sequence[str] = LEGACY) -> list[Reading]:
    """The distinct readings that make sense, likeliest first."""
    detect_all = import_string("chardet.detect_all")  # imported late: it takes megabytes, and most files are UTF-8
    ranked = detect_all(
        data,
        ignore_threshold=True,
        compat_names=False,
        include_encodings=[CODECS.get(name, name).replace("_", "-") for name in encodings],
    )
    names = ((str(each["encoding"]).replace("-", "_").lower(), each["confidence"]) for each in ranked)
    likelihood = {_NAMES.get(name, name): confidence for name, confidence in names}
    found: dict[str, str] = {}
    for name in encodings:  # of several that read the same, the first is the usual name
        with suppress(UnicodeDecodeError):
            text = data.decode(CODECS.get(name, name))
            if fits_encoding(name, text) and not _CONTROL.search(text):
                found.setdefault(text, name)
    readings = [
        Reading(
            name,
            text,
            likelihood.get(name, 0),
            nonsense(text),
            odd_places(text) + odd_letters(text, name),
            odd_letters(text, name, parts="$^"),
        )
        for text, name in found.items()
    ]
    size = sum(byte > 127 for byte in data)
    bearable = max(MOST_NONSENSE, 2.5 / max(size, 1))  # among few letters, an odd one means little
    sensible = (reading for reading in readings if reading.nonsense <= bearable)
    return sorted(sensible, key=lambda reading: -reading.likelihood)


def clear_winner(found: Sequence[Reading], size: int) -> Reading | None:
    """The reading that is certainly right, given `size` bytes beyond ASCII; None if none is."""
    sensible = [reading for reading in found if reading.nonsense <= MOST_NONSENSE and reading.likelihood]
    return next(
        (
            best
            for best in (*sensible[:1], *sorted(sensible, key=lambda reading: reading.oddity)[:1])
            if best.encoding not in RARE
            and not any(_is_rival(other, best, size) for other in found if other is not best)
        ),
        None,
    )


def by_header(found: Sequence[Reading], header: bytes) -> Reading | None:
    """The reading with a column name that suits its encoding.

    Words like “Titre” leave several, of which only one may be without odd letters. Others prove it: 書名 and Année turn
    into other characters in other encodings.
    """
    named = [reading for reading in found if _suits_header(reading.encoding, header)]
    best = min(named, key=lambda reading: (reading.oddity, -reading.likelihood), default=None)
    if best is None or best.oddity > min(reading.oddity for reading in found):
        return None
    if best.encoding in RARE and len(named) > 1:
        return None
    return best if all(other.oddity > best.oddity for other in named if other is not best) else None


def _suits_header(encoding: str, header: bytes) -> bool:
    text = header.decode(CODECS.get(encoding, encoding), errors="replace")
    words = {*re.split(r"[\W_]+", text.lower())}
    if any(encoding in encodings.split() and words & {*own.split()} for encodings, own in table("header_words.txt")):
        return True
    cells = re.split(r"[,;\t|]", text)
    return any(field_of(cell) for cell in cells if not key(cell).isascii() and len(key(cell)) > 1)


def _is_rival(other: Reading, best: Reading, size: int) -> bool:
    """Whether the other reading may be the right one."""
    if other.oddity != best.oddity:
        is_likelier = other.likelihood * 1.2 >= best.likelihood
        is_odd = other.oddity >= max(2, 4 * best.oddity) or (other.oddity > best.oddity and not is_likelier)
        if is_odd or other.oddity < best.oddity:
            return not is_odd
    if size < SOME and other.encoding in _TWO_BYTES and not (size >= FEW and has_kana(best.text)):
        # Whether a few two-byte characters are usual is chance, and most pairs of letters could be such a character.
        return (
            size < FEW
            or best.encoding not in _TWO_BYTES
            or other.likelihood * 6 > best.likelihood
            or not other.likelihood
        )
    is_mixed = other.mixture < best.mixture  # Råskov, Hjortø: in cp1257 the two would be of two languages
    if size < FEW and (best.encoding in _TWO_BYTES or is_mixed):
        return True
    if size < SOME and other.encoding in {"cp1254", "cp1257"} and _ETH.search(best.text):
        return True
    if size >= SOME and other.nonsense > best.nonsense + MORE_NONSENSE:
        return False  # ¬ойна и мир: read as Mac Cyrillic, all capitals are signs
    factor = 2 if size < TINY // 2 or (other.encoding in RARE and size < FEW) else 1.5 if size < SOME else 1.2
    return other.likelihood * factor > best.likelihood
