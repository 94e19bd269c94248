"""Covers drawn from title and author, since we have no pictures: plain data that `_cover.html` turns into SVG.

The values are text, since templates write a number five times slower.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import Any

PALETTES = 12  # `cover-0` … in the style sheet
ORNAMENTS = 7  # `ornament-0` … in `_ornaments.html`
AT_THE_SIDE = {"1", "3", "5"}  # the ornaments under which a title stands where its lines begin; elsewhere it is centred
LABEL = "4"  # the ornament that is a paper label, on which the title stands
SLIP = "slip"  # the ornament of a title that runs from top to bottom
PLACES = {"start": "12", "middle": "60", "end": "108"}  # in a drawing 120 wide and 180 high
LINE_HEIGHT = 1.2

# (font size, characters in a line, lines): the first that holds the title is taken.
# A narrow character is one wide, and 心 two.
SIZES = ((17, 10, 3), (14, 12.5, 4), (12, 14.5, 5), (10, 17.5, 6))
AUTHOR_SIZES = ((9, 21.0), (7.5, 27.0))  # (font size, characters)

# Titles that run from top to bottom, on a slip of paper, as on a book sewn in the old way: Han and kana, nothing else.
_VERTICAL = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{1,10}")
SLIP_SIZE, SLIP_ROOM = 22, 124  # the largest type, and the height for the title
_NEVER_FIRST = set("、。，．・：；？！」』）〕】》〉ーゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def thumbnail(title: str, authors: Sequence[str]) -> dict[str, str]:
    """What a small cover shows: `classes`, `ornament` and the title's `initial`."""
    number = zlib.crc32("\n".join([title, *authors]).encode())
    ornament = SLIP if _VERTICAL.fullmatch(title) else str(number // PALETTES % ORNAMENTS)
    return {
        "classes": f"cover-{number % PALETTES} with-{ornament}",
        "ornament": ornament,
        "initial": next((character for character in title if character.isalnum()), "·").upper()[0],
    }


def cover(title: str, authors: Sequence[str]) -> dict[str, Any]:
    """What a large cover shows: the same, and the first author and the title, with their sizes and places."""
    size, author = _author(authors[0] if authors else "")
    drawn = {**thumbnail(title, authors), "author": author, "author_size": str(size)}
    return drawn | (_on_the_slip(title) if drawn["ornament"] == SLIP else _in_lines(title, drawn["ornament"]))


def _on_the_slip(title: str) -> dict[str, Any]:
    size = min(SLIP_SIZE, SLIP_ROOM // len(title))
    return {"vertical": True, "lines": [title], "size": str(size), "x": "32", "y": "30" if size == SLIP_SIZE else "21"}


def _in_lines(title: str, ornament: str) -> dict[str, Any]:
    size, lines = _set(title)
    middle = 62 if ornament == LABEL else 58
    anchor = "middle" if ornament not in AT_THE_SIDE else "end" if _right_to_left(title) else "start"
    return {
        "lines": lines,
        "size": str(size),
        "anchor": anchor,
        "x": PLACES[anchor],
        "y": f"{middle - (len(lines) + 0.7) * size * LINE_HEIGHT / 2:.1f}",
    }


def _author(name: str) -> tuple[float, str]:
    for size, width in AUTHOR_SIZES:
        if _width(name) <= width:
            return size, name
    return size, _shortened(name, width)


def _set(title: str) -> tuple[int, list[str]]:
    """The title in lines, in the largest type that holds all of it; in the smallest what is too much is cut."""
    for size, width, most in SIZES:
        lines = wrapped(title, width, most)
        if "".join(lines).replace(" ", "") == title.replace(" ", ""):
            return size, lines
    return size, lines


def wrapped(text: str, width: float, most: int) -> list[str]:
    """The text in at most so many lines of that width, broken between words or wide characters; … if cut."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _width(line + piece.rstrip()) > width:
            lines.append(line.strip())
            line = ""
        line += piece
    lines.append(line.strip())
    lines = [line for line in lines if line]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
    return [_shortened(line, width) for line in lines]


def _pieces(text: str) -> list[str]:
    """Words with the space or dash after them; Han and kana one by one, since a line may end after any of them."""
    pieces: list[str] = []
    for character in text:
        last = pieces[-1][-1] if pieces else " "
        together = not (last in " -–" or _stands_alone(character) or _stands_alone(last))
        if pieces and (together or character == " " or character in _NEVER_FIRST):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _shortened(line: str, width: float) -> str:
    if _width(line) <= width:
        return line
    kept = ""
    for character in line.rstrip("…"):
        if _width(f"{kept}{character}…") > width and not unicodedata.combining(character):
            break
        kept += character
    return f"{kept.rstrip()}…"


def _width(text: str) -> float:
    return sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if _is_wide(character):
        return 2
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0  # it stands over or under the letter before it
    return 1.35 if character.isupper() or character in "mwшщжюмфы" else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _stands_alone(character: str) -> bool:
    return _is_wide(character) and not "\uac00" <= character <= "\ud7a3"  # Korean has words between spaces


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)
