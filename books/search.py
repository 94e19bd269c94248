"""How text becomes the words that are searched: one pure function for rows and for queries, on every database.

A book's `search_text` is a line of words between spaces: ` the hobbit j r r tolkien 9780261102217 `.
Text of spaced scripts gives its words, casefolded and without accents. Chinese, Japanese, Korean, Thai and their
like have no spaces between words and give overlapping pairs and the last character: 夏目漱石 becomes
夏目 目漱 漱石 石, so that any part of two or more characters is a run of whole pairs, and one character is the
beginning of a pair.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from books import isbn

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31ff"  # kana, bopomofo
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"  # Hangul
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u303c\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
INDIC = "\u0900-\u0963\u0966-\u0dff"  # here for its vowel signs, which are no word characters to `re`
_PIECES = re.compile(rf"([{UNSPACED}]+)|((?:[^\W_{UNSPACED}]|[{INDIC}])+)")
_GAP = re.compile(rf"(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])")
_LETTER_PARTS = 9  # combining classes up to this (nukta, kana voicing, virama) make another letter, not an accent


def fold(text: str) -> str:
    """The text as it is compared: compatibility forms unified, case folded, accents gone (é is e, but が is not か)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if unicodedata.combining(c) <= _LETTER_PARTS))


def _pairs(run: str) -> str:
    return " ".join([*(run[i : i + 2] for i in range(len(run) - 1)), run[-1]])


def words(text: str) -> Iterator[str]:
    """What a row holds of the text: a spaced word each, a whole run of pairs for unspaced text."""
    for match in _PIECES.finditer(fold(text)):
        yield _pairs(match[1]) if match[1] else match[2]


def search_text(texts: Iterable[str], authors: Iterable[str], isbn13: str | None) -> str:
    """All that finds a book, as the words between spaces that `phrases` looks for."""
    parts = [word for text in texts for word in words(text)]
    for name in authors:
        parts.extend(words(name))
        joined = _GAP.sub("", name)  # 夏目 漱石 is found as 夏目漱石 too
        if joined != name:
            parts.extend(words(joined))
    if isbn13:
        parts.append(isbn13)
    return f" {' '.join(parts)} "


def phrases(query: str) -> list[str]:
    """What `search_text` must hold, each as a substring, for a book to match all words of the query.

    Every phrase begins with a space, where a word begins; it may end within a word, so that what is typed finds
    what it begins.
    """
    found = []
    for spelled, isbn13 in isbn.found_in(query):
        query = query.replace(spelled, " ", 1)
        found.append(f" {isbn13}")
    for match in _PIECES.finditer(fold(query)):
        run = match[1] or ""
        # The last single character stands for the end of the text: a query that goes on is not asked for it.
        pieces = _pairs(run).rsplit(" ", 1)[0] if len(run) > 1 else run or match[2]
        found.append(f" {pieces}")
    return found
