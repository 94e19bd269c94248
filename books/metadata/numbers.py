"""Parses years and numbers in a series as people, files and title pages write them. Pure functions.

tables/before_christ.txt has “before Christ” and “before our era” in many languages, as regular expressions;
tables/undated.txt, ways to say that there is no date; tables/pages.txt, words for pages.
"""

import re
import unicodedata
from decimal import Decimal

from django.core.exceptions import ValidationError

from books.metadata import eras
from books.metadata.folding import alternatives, fold, strip_invisible, table, words_in

MAX_LENGTH = 100  # characters of a year or a number as written
MOST_WORDS = 2  # of a number in words
YEARS = range(-4000, 2101)
_KANJI = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "兩": 2, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
KANJI_NUMBER = f"[{''.join((*_KANJI, *_TENS))}]+"
_KANJI_NUMBER = re.compile(f"{KANJI_NUMBER}(?=[年巻卷册冊集部号號編篇话話輯月日頁页ペノの)]|$)")
_ROMAN = re.compile(r"(?=[mdclxvi])m{0,3}(?:cm|cd|d?c{0,4})(?:xc|xl|l?x{0,4})(?:ix|iv|v?i{0,4})")
_ROMAN_RANGE = re.compile(rf"{_ROMAN.pattern}(?:(?:\s*[-~&+/,]\s*|\s(?:to|and)\s)(?:{_ROMAN.pattern}|\d+))*")
_ROMAN_SIGNS = re.compile(r"^anno\s|(?<=[mdclxvi])(?:\.\s?|\s(?=[mdclxvi]))")  # M.DCC.LXXVI.
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_BEFORE_CHRIST = re.compile(alternatives("before_christ.txt"))
_CORRECTED = re.compile(  # 1697 [i.e. 1967]
    r"(?:.*\d.*\[|\D*\d{4}[,\s])\s*(?:i\.?\s?e|d\.?\s?i|recte|r|sc)\b[.:\s]*(\d{3,4})\b"
)
_UNDATED = {"", *words_in("undated.txt")}
_SIGNS = re.compile(r"[\[\]().,?\s/-]+")
_NO_DATE = re.compile(r"0+(?:[-/.]0+)*|0101-01-01.*")
_ISO = re.compile(r"(-?\d{4})(?:(-?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])(?:[t /~?].*)?|/.*)")
_DECADE = re.compile(r"\D*([12]\d{2})(?:[-_ux*]\??|\?)\D*|\D*([12]\d)(?:--|__|uu|xx|\*\*|\?\?)\D*")
_TIME = re.compile(r"\s\d{1,2}:\d{2}.*")
_SEPARATED_YEAR = re.compile(r"[12][,.' \u2019]\d{3}")  # 1,985: a spreadsheet took the year for an amount
_PLAIN = re.compile(r"[+-]?\d{1,9}(?:\.0+)?")
_NUMBERS = re.compile(r"(?<![\d])\d{1,6}(?!\d)")
_IN_SERIES = re.compile(r"(?<![\d.,-])(\d{1,6})(?:[.,](\d{1,2}))?(?![\d.,]*\d)")
_VULGAR, _FRACTION = re.compile("[¼-¾⅐-⅞]"), re.compile(r"(?:(\d{1,6}) )?(\d)\u2044(\d{1,2})")
_MERE_NUMBER = re.compile(r"(?:#?\s*\d+(?:[.,]\d+)?)?")
_ABBREVIATION = re.compile(r"(?<=[^\W\d_])\.(?=\d|[mdclxvi]+$)")  # v.3, Bd.II
_THOUSANDS = re.compile(r"(?<!\d)(\d{1,3}),(\d{3})(?!\d)")
_PARTS = {part: number for number, parts in enumerate(("上前甲상", "中後后乙중", "下丙하", "丁"), 1) for part in parts}
_IN_WORDS = {fold(word): number for number, *words in table("ordinals.txt", None) for word in words}
_ARTICLES = {"the", "la", "le", "el", "der", "die", "das"}
_LETTERS = {  # that stand for numbers: כרך ב, Τόμος Β
    letter: (place % 9 + 1) * 10 ** (place // 9)
    for letters in ("אבגדהוזחטיכלמנסעפצקרשת", "αβγδεϛζηθικλμνξοπϟ")
    for place, letter in enumerate(letters)
}
_LETTER_MARKS = re.compile("[\"'\u00b4\u02b9\u0301\u0384\u05f3\u05f4\u2019\u201d]")
_PART = re.compile(f"第?([{''.join(_PARTS)}])[巻卷册冊集部編篇권]?")
_BRACKETS = re.compile(r"[()\[\]<>〈〉《》【】「」]")
_OF_PAGES = "|".join(words_in("pages.txt"))
_THOUSANDS_OF_PAGES = r"\d{1,3}(?:[,.'\u2019 ]\d{3})+|\d+"
_PAGES = re.compile(
    r"(?:[~+(\[\]'\"=]|約|约|全|ص|\[\d+\],?|(?:ca|p|pp|pages|s|seiten|approx|about|around|roughly|circa|etwa|env|environ|unos|"
    r"około|около|yaklaşık)\b[.,:]?|[ivxlc]+\b[.,;+-]?|\s)*"
    rf"(?P<number>{_THOUSANDS_OF_PAGES})(?:[.,]0+)?\+?\]?(?:,?\s*\[\d+\]|,\s*[ivxlc]+\b)?\s*"
    rf"(?:(?:{_OF_PAGES})(?:[.,'\u05f3\s:;+(].*)?|(?:\(.*\)|[:;]\s*\D.*)?)"
)
_NAMED_PAGES = re.compile(rf"(?<!\d)(?P<number>{_THOUSANDS_OF_PAGES})\]?\s*(?:{_OF_PAGES})(?![^\W\d_])")
# Beside the pages of another volume, or in a recording, a number of pages is not that of the book.
_OTHER_PAGES = re.compile(r"\d\]?\s*(?:[,)+/x×-]|$)|\beach\b|\d\s*(?:h|min|hrs?|std)\b")
_BINDING = re.compile(r"^[^\W\d_]{4,}(?: [^\W\d_]{4,})?,?\s+(?=\d+\s[^\W\d_])")  # Paperback, 320 pages


def pages(text: str) -> int | str:
    """The number of pages in `320 p.`, `xii, 320 pages : ill.` or `約300頁`; the text itself if it has none."""
    written = _BINDING.sub("", plain(text))
    found = _PAGES.fullmatch(written)
    if not found and (named := _NAMED_PAGES.search(written)):  # 1 online resource (320 pages)
        rest = written[: named.start()] + written[named.end() :]
        found = None if _NAMED_PAGES.search(rest) or _OTHER_PAGES.search(rest) else named
    return int("".join(filter(str.isdigit, found["number"]))) if found else text


def year(text: str) -> int | None:
    """The year in a date, or the first of several; negative: BCE. None if the text says there is no date.

    `1999-03-01`, `[1999?]`, `c1999`, `1999-2001`, `昭和46年`, `S46`, `380 BC`, `MCMXCIX`. Raises ValidationError.
    """
    written = plain(text)
    if _SIGNS.sub("", written) in _UNDATED or _NO_DATE.fullmatch(written):
        return None
    found = int(written[0] + written[-3:]) if _SEPARATED_YEAR.fullmatch(written) else _year(written)
    if found == 0:
        return None
    found = eras.year_by_script(found or 0, text) or found
    if found is None or found not in YEARS:
        raise ValidationError("Enter a year, for example 1987 or -380.", code="invalid")
    return found


def _year(text: str) -> int | None:
    if match := _ISO.fullmatch(text) or _CORRECTED.match(text):
        return int(match[1])
    if _PLAIN.fullmatch(text):
        return int(text.partition(".")[0])
    if match := _DECADE.fullmatch(text):
        return int(match[1]) * 10 if match[1] else int(match[2]) * 100
    if (found := eras.year_of(text)) is not None:
        return found
    roman = _ROMAN_SIGNS.sub("", text)
    if _ROMAN.fullmatch(roman) and len(roman) > 1:
        return _roman(roman)
    if is_before := bool(_BEFORE_CHRIST.search(text)):
        text = text[1:] if text.startswith("-") else text
    return _in_words(text, is_before=is_before)


def _in_words(text: str, *, is_before: bool) -> int | None:
    """The year among words and the days of a month: `March 15, 2019`, `c. 1850`, `between 1999 and 2001`."""
    numbers = _NUMBERS.findall(_TIME.sub("", text))
    long = [number for number in numbers if len(number) in {3, 4}]
    if len(numbers) > 4 or text.startswith("-") or re.search(r"century|siècle|jahrhundert|世紀", text):
        return None
    if is_before and numbers:
        return -int(numbers[0])
    if long:
        return int(long[0])
    is_era_of_ours = re.search(r"\ba\.?\s?d\b|\bc\.?\s?e\b|n\.?\s?chr|西暦|公元", text)
    return int(numbers[0]) if numbers and is_era_of_ours else None


def number_in_words(text: str) -> Decimal | None:
    """The number of a volume in words, as on title pages: `Book One`, `Erster Band`, `Tome premier`."""
    words = [word for word in fold(plain(text)).split() if word not in _ARTICLES]
    found = [number for word in words if (number := _IN_WORDS.get(word.strip(".,:")))]
    return Decimal(found[0]) if len(found) == 1 and len(words) <= MOST_WORDS else None


def series_number(text: str) -> Decimal | None:
    """The number to sort by, from `Vol. 3`, `1,5`, `2½`, `1-3`, `第3巻`, `上` or `IV`."""
    written = in_digits(text)
    if not written:
        return None
    if match := _PART.fullmatch(_BRACKETS.sub("", written)):
        return Decimal(_PARTS[match[1]])
    if found := _in_letters(written):
        return Decimal(found)
    if match := _FRACTION.search(written):
        return int(match[1] or 0) + Decimal(match[2]) / (int(match[3]) or 1)
    figures = _THOUSANDS.sub(r"\1\2", written)
    match = _IN_SERIES.search(figures.replace(",", ", ") if figures.count(",") > 1 else figures)  # 1,2,3 are three
    if match is None or (written.startswith("-") and not written[1:].startswith(" ")):
        raise ValidationError("Enter a number, for example 1 or 2.5.", code="invalid")
    return Decimal(f"{match[1]}.{match[2] or 0}")


def _in_letters(written: str) -> int | None:
    """The number in the letters of the last word, if a word comes before it, or if it is one letter or marked."""
    *before, last = _LETTER_MARKS.sub("", written).split() or [""]
    last = last.replace("στ", "ϛ")
    values = [_LETTERS.get(letter, 0) for letter in last]
    is_number = all(values) and (values == sorted(set(values), reverse=True) or last in {"טו", "טז"})
    return sum(values) if is_number and (before or len(last) == 1 or _LETTER_MARKS.search(written)) else None


def in_digits(text: str) -> str:
    """The text in `plain` form, with fractions set apart and Roman numerals as digits."""
    written = _ABBREVIATION.sub(". ", plain(_VULGAR.sub(r" \g<0>", text)))
    word = re.sub(r"^[^\W\d_]{1,9}\.?\s+", "", written)
    if _ROMAN_RANGE.fullmatch(word.removesuffix(".")):
        return re.sub(rf"\b{_ROMAN.pattern}\b", lambda match: str(_roman(match[0])), word)
    return re.sub(r"(?<=\d )(\d)/(?=\d\b)", "\\1\u2044", written)


def series_label(written: object) -> str:
    """The number in a series as written, if that is more than a plain number: `1-3`, `Vol. 3a`, `上`."""
    text = " ".join(written.split()) if isinstance(written, str) else ""
    return "" if _MERE_NUMBER.fullmatch(text) else text


def is_part(written: str) -> bool:
    """Whether the text names a part of a set of two or three volumes, as 上 and 下 do."""
    return bool(_PART.fullmatch(plain(written)))


def plain(text: str) -> str:
    """The text casefolded, without invisible characters, and with ASCII digits (kanji numerals too) and hyphens."""
    unified = unicodedata.normalize("NFKC", strip_invisible(text[: MAX_LENGTH + 1])).casefold().strip()
    if len(unified) > MAX_LENGTH:
        raise ValidationError(f"At most {MAX_LENGTH} characters.", code="max_length")
    digits = "".join(each if (digit := unicodedata.digit(each, None)) is None else str(digit) for each in unified)
    dashed = re.sub("[\u2010-\u2015\u2212]", "-", digits)
    return _KANJI_NUMBER.sub(lambda match: str(kanji_number(match[0])), dashed)


def kanji_number(text: str) -> int:
    """Reads 二〇一〇 as well as 四十六."""
    if not any(character in _TENS for character in text):
        return int("".join(str(_KANJI[character]) for character in text))
    total, digit = 0, 0
    for character in text:
        if character in _TENS:
            total, digit = total + (digit or 1) * _TENS[character], 0
        else:
            digit = _KANJI[character]
    return total + digit


def _roman(text: str) -> int:
    values = [_ROMAN_DIGITS[character] for character in text]
    return sum(-one if one < next_one else one for one, next_one in zip(values, [*values[1:], 0], strict=True))
