"""Folds text for comparison: the same for searches, rows, fingerprints and sort keys. Pure functions.

Most of it follows from Unicode's own properties: compatibility forms, case, accents, digits, and letters whose names
are those of other letters "with stroke". tables/same_letters.txt and tables/han.txt add the letters and characters that
people type for one another.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Literal

TABLES = Path(__file__).parent / "tables"
# A pattern with a class of thousands of characters takes 3 ms to compile: such patterns wait for the first text.
compiled: Callable[[str], re.Pattern[str]] = cache(re.compile)


def table(name: str, separator: str | None = ";") -> Iterator[list[str]]:
    """The rows of a table in tables/, each as a list of cells; without a separator the cells are words."""
    for row in (TABLES / name).read_text("utf-8").splitlines():
        yield [cell.strip() for cell in row.split(separator)]


def words_in(name: str) -> Iterator[str]:
    """The words of a table without rows."""
    return chain.from_iterable(table(name, None))


def alternatives(name: str) -> str:
    """A regular expression for any of those in the lines of a table."""
    return "|".join((TABLES / name).read_text("utf-8").splitlines())


# Unicode's property Default_Ignorable_Code_Point: directional marks, joiners, soft hyphen, variation selectors.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# The ones with no visible effect: the others join letters or choose their shapes.
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\ufeff" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFFF0, 0xFFF9)])
)
JOINERS = "\u200c\u200d"
STRETCHING = "\u0640\u07fa"  # tatweel: it only lengthens a word
APOSTROPHES = "'`\u00b4\u2018\u2019\u201b\u2032\u055a\u05f3\u05f4\uff07\ua78b\ua78c"
_MODIFIERS = "\u02b9-\u02df"  # ʻ, ʼ and the like, which stand for letters of other scripts in romanized text
_REMOVED = re.compile(f"[{IGNORABLE}{STRETCHING}{APOSTROPHES}{_MODIFIERS}]")
_KEPT_MARKS = {0, 8, 9}  # combining classes: vowel signs, kana voicing and virama make a different letter
_WITH = re.compile(r"((?:LATIN|CYRILLIC) SMALL LETTER \w+) WITH ")
_KATAKANA, _TO_HIRAGANA = re.compile("[\u30a1-\u30f6\u30fd\u30fe]"), -0x60
_LETTERS = {other: letter for letter, *others in table("same_letters.txt", None) for other in others}
# Two texts, the character at the same place in each: a dictionary of 4,414 would take half a megabyte.
_HAN = "".join(chain.from_iterable(each[1:] for row in table("han.txt", None) for each in row))
_PLAIN_HAN = "".join(each[0] * len(each[1:]) for row in table("han.txt", None) for each in row)
# A nasal before a letter of its own class folds to anusvara: हिन्दी to हिंदी. These scripts share one layout in Unicode.
_NASALS = re.compile(
    "|".join(
        f"{chr(script + nasal)}{chr(script + 0x4D)}(?=[{chr(script + nasal - 4)}-{chr(script + nasal - 1)}])"
        for script in (0x900, 0x980, 0xA00, 0xA80, 0xB00, 0xC00, 0xC80)
        for nasal in (0x19, 0x1E, 0x23, 0x28, 0x2E)
    )
)
_INDIC = re.compile("[\u0900-\u0cff]")
_REPEATED = re.compile("[ゝゞ々](?<=([\u3041-\u3096\u3400-\u9fff]).)")
_IOTA = "\u0345"  # below a Greek vowel, with a case of its own
_TWO_THAI_E, _THAI_AE = "\u0e40\u0e40", "\u0e41"  # they look the same


_JOINER = "\u034f"  # COMBINING GRAPHEME JOINER
_MOST_MARKS = 30
SHORT = 100  # characters of a text whose folded form is kept
_MARK = r"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f])"  # possibly
_RUN, _IN_RUN = re.compile(rf"{_MARK}{{{_MOST_MARKS + 1},}}"), re.compile(_MARK)


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """The text in a normal form, made stream-safe first (UAX #15): sorting a long run of marks takes quadratic time."""
    has_runs = _IN_RUN.search(text[_MOST_MARKS :: _MOST_MARKS + 1])  # a run has one of these
    return unicodedata.normalize(form, _RUN.sub(_parted, text) if has_runs else text)


def _parted(match: re.Match[str]) -> str:
    parts, marks = [], 0
    for character in match[0]:
        decomposed = unicodedata.normalize("NFKD", character)
        marks = marks + len(decomposed) if unicodedata.combining(decomposed[0]) else 0
        if marks > _MOST_MARKS:
            parts.append(_JOINER)
            marks = len(decomposed)
        parts.append(character)
    return "".join(parts)


class _Folding(dict[int, str]):
    """What each character becomes, computed when it is first met: folding whole texts takes five times as long."""

    def __missing__(self, code: int) -> str:
        character, folded = chr(code), ""
        if not _REMOVED.match(character):
            plain = unicodedata.normalize("NFKD", character).replace(_IOTA, "")
            unified = unicodedata.normalize("NFKC", plain).casefold()
            parts = unicodedata.normalize("NFKD", unified)
            kept = (part for part in parts if unicodedata.combining(part) in _KEPT_MARKS and not _REMOVED.match(part))
            folded = unicodedata.normalize("NFC", "".join(map(_letter, kept)))
        if character <= "\uffff":  # the million beyond are rare
            self[code] = folded
        return folded


def _letter(character: str) -> str:
    """The letter or digit that people type instead."""
    if character in _LETTERS:
        return _LETTERS[character]
    if _KATAKANA.match(character):
        return chr(ord(character) + _TO_HIRAGANA)
    if named := _WITH.match(unicodedata.name(character, "")):
        with suppress(KeyError):
            return unicodedata.lookup(named[1])
    digit, han = unicodedata.decimal(character, None), _HAN.find(character)
    return str(digit) if digit is not None else _PLAIN_HAN[han] if han >= 0 else character


_folding = _Folding()
_NOTHING = str.maketrans("", "", f"{INVISIBLE}{JOINERS}")
_UNSEEN = re.compile(f"[{INVISIBLE}{JOINERS}]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def strip_invisible(text: str) -> str:
    """The text without invisible characters."""
    return text if text.isascii() or not _UNSEEN.search(text) else text.translate(_NOTHING)


def letters(text: str) -> str:
    """The text without apostrophes, modifiers and ignorable characters: O’Brien and O'Brien become OBrien."""
    if text.isascii() and "'" not in text and "`" not in text:
        return text
    return _REMOVED.sub("", text) or text


def fold(text: str) -> str:
    """The text for comparison: é becomes e, ł l, パ ぱ and 國 国, but が does not become か."""
    if text.isascii():
        lowered = text.lower()
        return lowered.replace("'", "").replace("`", "") if "'" in lowered or "`" in lowered else lowered
    return _short(text) if len(text) <= SHORT else _fold(text)


def _fold(text: str) -> str:
    if len(text.encode(errors="replace")) < 1.3 * len(text):  # few beyond ASCII: a third of the time
        lowered = text.lower().replace("'", "").replace("`", "")
        folded = _BEYOND_ASCII.sub(lambda found: _folding[ord(found[0])], lowered)
    else:
        folded = text.translate(_folding)
    if folded.isascii():  # like most Latin text
        return folded
    folded = repeat(normalized("NFKC", folded).replace(_JOINER, "").replace(_TWO_THAI_E, _THAI_AE))
    return _NASALS.sub(_anusvara, folded) if _INDIC.search(folded) else folded


def repeat(folded: str) -> str:
    """The text with iteration marks as the characters they repeat: こゝろ becomes こころ, 佐々木 佐佐木."""
    return _REPEATED.sub(_doubled, folded)


def _doubled(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", f"{match[1]}\u3099") if match[0] == "ゞ" else match[1]


_short = lru_cache(5000)(_fold)  # a title or a name is folded for its words, its order and its fingerprint


def _anusvara(match: re.Match[str]) -> str:
    return chr(ord(match[0][0]) & ~0x7F | 0x02)
