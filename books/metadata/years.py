"""Parses and formats spans of years. Pure functions."""

import re

from django.core.exceptions import ValidationError

from books.metadata.numbers import YEARS, plain

LONGEST = 40  # characters
NEVER = 32_767  # sorts after every year: books without one come last
Span = tuple[int | None, int | None]  # the lowest and the highest year; None: open-ended

_PLAIN = re.compile(r"(-?\d{1,4})(?:\.\.(-?\d{1,4}))?", re.ASCII)  # as our links write spans of years
_SPAN = re.compile(r"(-?\d{1,4})?\s*(?:\.{2,3}|~|〜|to\b|until\b)\s*(-?\d{1,4})?")
_DASHED = re.compile(r"(-?\d{3,4})\s*-\s*(-?\d{1,4})?")
_DECADE = re.compile(r"(?:the\s)?(\d{2,3}0)(?:['’]?s|年代)")
_CENTURY = re.compile(r"(?:the\s)?(\d{1,2})(?:st|nd|rd|th)?\s*(?:century|c\.|世紀)")
_ONE_END = re.compile(r"(after|since|from|before|until|till|to|up to|[<>]=?)\s*(-?\d{1,4})")
_AFTERWARDS = re.compile(r"(-?\d{1,4})年?(以降|以後|以前|まで|から)")
_BEFORE_CHRIST = re.compile(r"\b(\d{1,4})\s*b\.?\s?c\.?(?:\s?e\.?)?(?!\w)")
_OFFSETS = {"after": (1, None), ">": (1, None), "before": (None, -1), "<": (None, -1)}
_OFFSETS |= dict.fromkeys(["since", "from", ">=", "以降", "以後", "から"], (0, None))
_OFFSETS |= dict.fromkeys(["until", "till", "to", "up to", "<=", "以前", "まで"], (None, 0))


def parse_span(text: str) -> Span | None:
    """The years in `1950`, `1950-1959`, `1950..`, `1950s`, `19th century` or `after 1950`; None if not understood."""
    found = _span(text) if _PLAIN.fullmatch(text) else _written_span(text)
    ends = [end for end in found or () if end is not None]
    is_known = bool(ends) and all(end in YEARS for end in ends)
    return found if is_known else None


def format_span(years: Span) -> str:
    """The shortest form that `parse_span` reads."""
    lowest, highest = ("" if end is None else str(end) for end in years)
    return lowest if lowest == highest else f"{lowest}..{highest}"


def _written_span(text: str) -> Span | None:
    if len(text) > LONGEST or any(each.isdecimal() and not each.isascii() for each in text):
        return None
    try:
        written = plain(text)
    except ValidationError:  # one character may stand for 18
        return None
    return _span(_BEFORE_CHRIST.sub(r"-\1", re.sub(r"(?<=\d)年(?!代|以)", "", written)))


def _span(text: str) -> Span | None:
    if match := _PLAIN.fullmatch(text):
        return int(match[1]), int(match[2] or match[1])
    if match := _DECADE.fullmatch(text):
        return int(match[1]), int(match[1]) + 9
    if match := _CENTURY.fullmatch(text):
        return int(match[1]) * 100 - 99, int(match[1]) * 100
    if match := _SPAN.fullmatch(text):
        return _year(match[1]), _year(match[2])
    if match := _DASHED.fullmatch(text):
        return _year(match[1]), _shortened(match[1], match[2])
    return _one_end(text)


def _one_end(text: str) -> Span | None:
    if match := _ONE_END.fullmatch(text):
        word, year = match.groups()
    elif match := _AFTERWARDS.fullmatch(text):
        year, word = match.groups()
    else:
        return None
    lowest, highest = (None if offset is None else int(year) + offset for offset in _OFFSETS[word])
    return lowest, highest


def _year(text: str | None) -> int | None:
    return int(text) if text else None


def _shortened(first: str, last: str | None) -> int | None:
    """1950-59 ends in 1959."""
    if last and last.isdigit() and len(last) < len(first.lstrip("-")) and not first.startswith("-"):
        return int(first[: -len(last)] + last)
    return _year(last)
