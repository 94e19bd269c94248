"""Converts years of other eras and calendars to the Gregorian calendar. Pure functions.

tables/eras.txt lists the eras of Japan, China and Korea: the year before the first, the number of years, the names.
A year counts as the Gregorian year in which it begins; a Hebrew year, as the one in which it ends and mostly lies.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import ValidationError

from books.metadata.folding import table

_ERAS = {name: (int(before), int(most)) for before, most, names in table("eras.txt") for name in names.split()}
_NAMES = "|".join(sorted(_ERAS, key=len, reverse=True))
_ERA = re.compile(rf"({_NAMES})\.?\s*(\d{{1,3}}|元)(?!\d)(?:\s*年.*|[./-]\d.*)?")


class Calendar(NamedTuple):
    years: range  # plausible for a book
    year_of: Callable[[int], int]
    name: re.Pattern[str]  # with the digits before or after it


def _named(years: range, year_of: int | Callable[[int], int], name: str) -> Calendar:
    pattern = re.compile(rf"(?:{name})\D{{0,3}}(\d{{1,4}})(?!\d)|(?<!\d)(\d{{1,4}})\D{{0,3}}?(?:{name})")
    return Calendar(years, year_of if callable(year_of) else lambda year: year + year_of, pattern)


_IRANIAN = _named(range(1, 1500), 621, r"(?:[هھ][\W\u0640]*)?ش(?:مسی)?\b|هجری شمسی|\bs\.?h\.?(?!\w)")
_BUDDHIST = _named(range(2300, 2644), -543, r"พ\s?\.?\s?ศ|พุทธศักราช|\bb\.?e\.?(?!\w)")
_HEBREW = _named(range(5000, 5861), -3760, r"\ba\.?m\.?(?!\w)")
_CALENDARS = (
    _IRANIAN,
    _named(  # the Islamic calendar, with years of 354 or 355 days
        range(1, 1500),
        lambda year: int(year * 0.970224 + 621.5774),
        r"[هھ](?:\u0640|\b)|هجري|هجری|\ba\.?h\.?(?!\w)|(?<=\d)\s?h\b|\bhicr[iî]|\bhijr[iî]",
    ),
    _BUDDHIST,
    _HEBREW,
    _named(range(3400, 4434), -2333, "단기|檀紀"),
    _named(range(1900, 2761), -660, "皇紀|神武紀元"),
    _named(range(1900, 2158), -57, r"वि\S{0,3}\s?सं|vikram samvat|bikram sambat|\bb\.?\s?s\.?(?!\w)"),
    _named(range(1800, 2023), 78, r"शक|\b(?:saka|shaka|śaka)\b"),
)
# A non-Gregorian year beside text in one of these scripts belongs to its calendar: ๒๕๔๕, ۱۳۷۸.
_OF_SCRIPTS = (
    (re.compile("[\u0e00-\u0e7f]"), range(2400, 2644), _BUDDHIST),
    (re.compile("[\u0590-\u05ff]"), range(5300, 5861), _HEBREW),
    (re.compile("[\u06f0-\u06f9]{4}"), range(1200, 1450), _IRANIAN),
)
_TWO_YEARS = re.compile(r"\D*(\d{4})(?!\d)\D+(\d{4})(?!\d)")
_HEBREW_YEAR = re.compile(r"(?:ה['’׳]?)?(ת[ק-ת]?[א-צ]?[\"״”'’׳]{1,2}[א-ת])")
_HEBREW_VALUES = (*range(1, 10), *range(10, 100, 10), 100, 200, 300, 400, 20, 40, 50, 80, 90)
_HEBREW_LETTERS = dict(zip("אבגדהוזחטיכלמנסעפצקרשתךםןףץ", _HEBREW_VALUES, strict=True))


def year_of(text: str) -> int | None:
    """The Gregorian year of a text in another era or calendar; None if it is in none. Raises ValidationError."""
    if match := _ERA.fullmatch(text):
        before, most = _ERAS[match[1]]
        number = 1 if match[2] == "元" else int(match[2])
        if not 1 <= number <= most:
            raise ValidationError(f"{match[1]} has the years 1 to {most}.", code="invalid")
        return before + number
    if match := _TWO_YEARS.match(text):
        one, other = int(match[1]), int(match[2])
        if _is_same(one, other) or _is_same(other, one):
            return other if _is_same(one, other) else one
    for calendar in _CALENDARS:
        if (match := calendar.name.search(text)) and (year := int(match[1] or match[2])) in calendar.years:
            return calendar.year_of(year)
    if match := _HEBREW_YEAR.fullmatch(text):
        return _HEBREW.year_of(5000 + sum(_HEBREW_LETTERS.get(letter, 0) for letter in match[1]))
    return None


def _is_same(year: int, ours: int) -> bool:
    """Whether `ours` is the Gregorian equivalent of a year in another calendar: 1420 [1999]."""
    return any(year in each.years and abs(each.year_of(year) - ours) <= 1 for each in _CALENDARS)


def year_by_script(year: int, text: str) -> int | None:
    """The Gregorian year, if the script of the text shows that the year is in another calendar."""
    found = (each for script, years, each in _OF_SCRIPTS if year in years and script.search(text))
    return next((calendar.year_of(year) for calendar in found), None)
