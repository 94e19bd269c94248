"""Covers drawn from title and author, since we have no pictures: plain data that `_cover.html` turns into SVG.

The browser breaks the title into lines, by the rules of its language.
"""

import unicodedata
import zlib
from collections.abc import Sequence

from books.metadata.folding import compiled

PALETTES = 12  # `cover-0` … in the style sheet
ORNAMENTS = 7  # `ornament-0` … in `_ornaments.html`
SLIP = "slip"  # the ornament of a title that runs from top to bottom

# (font size, characters in a line, lines): the first that holds the title is taken. 心 is as wide as two letters.
SIZES = ((17, 10, 3), (14, 12.5, 4), (12, 14.5, 5), (10, 17.5, 6))
FULL = 0.85  # of the lines, which end between words

_HAN_OR_KANA = "[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# A short title in nothing but Han and kana is set vertically on a slip of paper, as on old thread-bound books.
_VERTICAL = f"{_HAN_OR_KANA}{{1,10}}"
SLIP_SIZE, SLIP_ROOM = 22, 124  # the largest type, and the height for the title


def thumbnail(title: str, authors: Sequence[str]) -> dict[str, str]:
    """What a small cover shows: `classes`, `ornament` and the title's `initial`."""
    number = zlib.crc32("\n".join([title, *authors]).encode())
    is_vertical = not title.isascii() and compiled(_VERTICAL).fullmatch(title)
    ornament = SLIP if is_vertical else str(number // PALETTES % ORNAMENTS)
    return {
        "classes": f"cover-{number % PALETTES} with-{ornament}",
        "ornament": ornament,
        "initial": next((character for character in title if character.isalnum()), "·").upper()[0],
    }


def cover(title: str, authors: Sequence[str]) -> dict[str, str]:
    """What a large cover shows: the same, and the title, its size and the first author."""
    drawn = thumbnail(title, authors)
    size = min(SLIP_SIZE, SLIP_ROOM // len(title)) if drawn["ornament"] == SLIP else _size(title)
    return {**drawn, "title": title, "size": str(size), "author": authors[0] if authors else ""}


def _size(title: str) -> int:
    """The largest type that holds the title; in the smallest, what is too much is cut."""
    longest = max(map(_width, compiled(_HAN_OR_KANA).sub(" ", title).split()), default=0)
    room = ((size, width, width * lines * FULL) for size, width, lines in SIZES)
    return next((size for size, width, most in room if longest <= width and _width(title) <= most), SIZES[-1][0])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
