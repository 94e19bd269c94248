"""Measures whether text makes sense in a list of books: text decoded wrongly mostly does not."""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise

from books.metadata.folding import normalized, table

_RUN = re.compile(r"[^\x00-\x7f]+")
_ORDINAL = re.compile(r"(?:\b[nNmM]|(?<![^\W\d_]))[°ºª](?=[CF]?(?![^\W\d_]))")  # n° 4, 1ª, 20 °C
_WORD = re.compile(r"[^\W\d_]+")
_NO_TEXT = {"Cc", "Cn", "Co", "Cs"}
_AMONG_LETTERS = {"So", "Sm", "Sc", "Sk", "No"}  # signs that appear beside letters if the encoding is wrong
_ROMANISED = "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf"  # Hawaiʻi, Qurʼān
_HALF_WIDTH = range(0xFF61, 0xFFA0)
_UNCASED = {"HAN", "KANA", "HANGUL", "THAI", "ARABIC", "HEBREW"}
_MOST_ACCENTED = 4  # accented letters in a row, as in żółć


def nonsense(text: str) -> float:
    """The share of the letters beyond ASCII that are where no language has them."""
    return odd_places(text) / max(sum(len(run) for run in _RUN.findall(text)), 1)


def odd_places(text: str) -> int:
    """The number of letters beyond ASCII that are where no language has them."""
    text = _ORDINAL.sub("", text)
    strange = sum(_stray_characters(run[0], text, run.start(), run.end()) for run in _RUN.finditer(text))
    return strange + sum(map(_odd_pairs, _WORD.findall(text)))


def odd_letters(text: str, encoding: str, parts: str = r"[\r\n,;|\t]") -> int:
    """The number of Latin letters that are usual in no language of the encoding that has the others of their cell."""
    alphabets = [{*letters} for encodings, letters in _alphabets() if encoding in encodings]
    found = 0
    for cell in re.split(parts, normalized("NFC", text).lower()):
        letters = Counter(letter for letter in cell if not letter.isascii() and _script(letter) == "LATIN")
        odd = [sum(count for letter, count in letters.items() if letter not in known) for known in alphabets]
        found += min(odd, default=letters.total())
    return found


@cache
def _alphabets() -> list[tuple[list[str], str]]:
    return [(encodings.split(), letters) for encodings, letters in table("letters.txt")]


def _stray_characters(run: str, text: str, start: int, end: int) -> int:
    """The number of characters in a run that are not text, or are signs within a word."""
    around = [*pairwise([text[start - 1 : start] or " ", *run, text[end : end + 1] or " "])]
    found = 0
    for (before, character), (_, after) in pairwise(around):
        kind = unicodedata.category(character)
        is_lone_mark = kind == "Mn" and (
            unicodedata.category(before)[0] not in "LM" or _script(character) not in {"", _script(before)}
        )
        if kind in _NO_TEXT or ord(character) in _HALF_WIDTH or is_lone_mark:
            found += 1
        elif kind in _AMONG_LETTERS or "\u02b0" <= character < "\u0300" or character in "¡¿«»‚„†‡‰‹›¶§·":
            opens = character in "¡¿«‹„‚"
            closes = character in "»›·"
            beside = (before.isalpha() and not closes) + (after.isalpha() and not opens)
            is_within = beside == 2 and not (character in _ROMANISED and _script(before) == _script(after) == "LATIN")
            found += is_within or (kind in _AMONG_LETTERS and beside > 0)
    return found


def _odd_pairs(word: str) -> int:
    """The number of letters in a word that do not go with their neighbours."""
    if word.isascii():
        return 0
    scripts = [_script(character) for character in word]
    found = sum(1 for one, other in pairwise(scripts) if one != other and not _go_together(one, other))
    if not _UNCASED.intersection(scripts):
        found += sum(
            1
            for one, other in pairwise(word)
            if one.islower() and other.isupper() and not (one.isascii() and other.isascii())
        )
        runs = re.findall(rf"[^\x00-\x7f]{{{_MOST_ACCENTED + 1},}}", word) if "LATIN" in scripts else []
        found += sum(map(len, runs))
    found += sum(
        len(lone[1]) for lone in re.finditer(r"(?<=[A-Za-z])([\u3400-\u9fff\uac00-\ud7a3]{1,2})(?=[a-z])", word)
    )
    return found


@cache
def _script(character: str) -> str:
    name = unicodedata.name(character, "").split(" ", 1)[0]
    if name in {"CJK", "IDEOGRAPHIC", "FULLWIDTH", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO"}:
        return "HAN"
    return "" if name in {"COMBINING", "MODIFIER"} else name


def _go_together(one: str, other: str) -> bool:
    return not one or not other or ("LATIN" in {one, other} and bool({"HAN", "HANGUL"} & {one, other}))


_KANA, _HAN, _HANGUL = re.compile("[\u3041-\u30fa]"), re.compile("[\u3400-\u9fff]"), re.compile("[\uac00-\ud7a3]")


def fits_encoding(encoding: str, text: str) -> bool:
    """Whether people write the script of the text in this encoding, which may be able to hold others."""
    kana, han, hangul = (len(script.findall(text)) for script in (_KANA, _HAN, _HANGUL))
    if encoding in {"gb18030", "big5"}:
        return not kana
    if encoding == "euc_kr":
        return not kana and han <= hangul
    return not hangul or encoding not in {"cp932", "euc_jp"}


def has_kana(text: str) -> bool:
    """Whether the text is certainly Japanese: other text rarely decodes to three kana."""
    return len(_KANA.findall(text)) >= 3
