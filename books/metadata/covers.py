"""Covers drawn from title and author, since there are no pictures: plain data that `_cover.html` turns into SVG.

The browser breaks the title into lines, following the rules of its language.
"""

import unicodedata
import zlib
from collections.abc import Sequence

from books.metadata.folding import compiled

PALETTES = 12  # `cover-0` … in the style sheet
ORNAMENTS = 7  # `ornament-0` … in `_ornaments.html`
SLIP = "slip"  # the ornament under a vertical title

# (font size, characters per line, lines): the first one with room for the title. 心 is as wide as two letters.
SIZES = ((17, 10, 3), (14, 12.5, 4), (12, 14.5, 5), (10, 17.5, 6))
FULL = 0.85  # the share of a line that is filled, since lines break between words

_HAN_OR_KANA = "[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# A short title in nothing but Han and kana is set vertically on a slip of paper, as on old thread-bound books.
_VERTICAL = f"{_HAN_OR_KANA}{{1,10}}"
SLIP_SIZE, SLIP_ROOM = 22, 124  # the largest type, and the height for the title


def thumbnail(title: str, author_names: str) -> dict[str, str]:
    """A small cover: `classes`, `ornament`, and the title's `initial`, which needs no escaping. One name a line."""
    number = zlib.crc32((f"{title}\n{author_names}" if author_names else title).encode())
    is_vertical = not title.isascii() and compiled(_VERTICAL).fullmatch(title)
    ornament = SLIP if is_vertical else str(number // PALETTES % ORNAMENTS)
    return {
        "classes": f"cover-{number % PALETTES} with-{ornament}",
        "ornament": ornament,
        "initial": next(filter(str.isalnum, title), "·").upper()[0],
    }


def cover(title: str, authors: Sequence[str]) -> dict[str, str]:
    """A large cover: a thumbnail's data plus the title, its size and the first author."""
    drawn = thumbnail(title, "\n".join(authors))
    size = min(SLIP_SIZE, SLIP_ROOM // len(title)) if drawn["ornament"] == SLIP else _size(title)
    return {**drawn, "title": title, "size": str(size), "author": authors[0] if authors else ""}


def _size(title: str) -> int:
    """The largest type with room for the title. If even the smallest has none, the title is cut off."""
    longest = max(map(_width, compiled(_HAN_OR_KANA).sub(" ", title).split()), default=0)
    room = ((size, width, width * lines * FULL) for size, width, lines in SIZES)
    return next((size for size, width, most in room if longest <= width and _width(title) <= most), SIZES[-1][0])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
