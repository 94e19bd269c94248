"""ISBNs in every spelling that people and files use. python-stdnum knows the check digits and the hyphens."""

import re
import unicodedata
from operator import mul

from django.core.exceptions import ValidationError
from stdnum import isbn as stdnum_isbn
from stdnum.exceptions import InvalidChecksum, InvalidLength
from stdnum.exceptions import ValidationError as StdnumError

from books.metadata.folding import strip_invisible

MAX_LENGTH = 100  # characters of an ISBN as typed, with prefixes like `urn:isbn:`
MUSIC = "9790"  # 979-0 is an ISMN: printed music, not a book

# Text before the digits, and after them: `(pbk.)`, or the `.0` of a program that took the ISBN for a number.
_BEFORE = re.compile(
    r"""^[\s='"\[({<]*(?:(?:urn:)?(?:e-?)?(?:i?sbn|ean)(?:[\s-]?1[03])?)?[\s:='"\[({]*""", re.IGNORECASE
)
_PRICE = r"\s*:\s*\D{0,5}\d+(?:[.,]\d+)?(?:\s?\D{1,4})?"
_AFTER = re.compile(
    rf"""(?:[\s,;:]*[(\[][^()\[\]]*[)\]]|\s+(?!x\b)[a-z][a-z. ]*)?(?:{_PRICE})?(?:\s*\([^()]*\))?[\s"'\])}}>.,;:]*$""",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"^([^.,]*\d)[.,]0+$")
_SEPARATORS = re.compile(r"(?<=\d)[.,'’·‧・ー_/](?=[\dX])", re.IGNORECASE)  # stdnum handles blanks and hyphens
_EXPONENT = re.compile(r"(\d)[.,](\d+)e\+?0?(\d+)", re.IGNORECASE)
_NONE = re.compile("0{1,13}")
# The check digit X as typed on Cyrillic and Greek keyboards, and dashes.
_TYPED = str.maketrans(dict.fromkeys("ХхΧχ", "X") | dict.fromkeys("‐‑‒–—―−", "-"))
_MOST_DIGITS = 15  # of a text around an ISBN: ISBN (13) 978…, 978… £20
_IN_TEXT = re.compile(r"(?:(?<![\w.])|(?<=ISBN))(?:97[89][\s.·-]?)?(?:\d[\s.·-]?){9}[\dXx](?!\w)")
_NO_ISBN = {  # prefixes of 13-digit numbers that are printed beside an ISBN or instead of one
    "191": "This is the second barcode of a Japanese book, with its price. Scan the one above, which begins with 978.",
    "192": "This is the second barcode of a Japanese book, with its price. Scan the one above, which begins with 978.",
    "491": "This is the barcode of a Japanese magazine: magazines have no ISBN. Leave the field empty.",
    "977": "This is an ISSN, the number of a magazine or series, not of a book. Leave the field empty.",
}


def canonical(text: str) -> str:
    """The 13 digits of an ISBN-10 or ISBN-13 in any spelling. Raises Django's ValidationError with the reason."""
    if is_canonical(text):
        return text
    try:
        return _canonical(text)
    except ValidationError:
        found = {digits for _, digits in find_all(text)} if len(text) <= MAX_LENGTH else set()
        if len(found) != 1 or sum(map(str.isdigit, text)) > _MOST_DIGITS:
            raise
        return found.pop()


def _canonical(text: str) -> str:
    compact = _bare(text)
    if refusal := _NO_ISBN.get(compact[:3]) if len(compact) == 13 and compact.isdigit() else None:
        raise ValidationError(refusal, code="invalid")
    if rounded := _EXPONENT.fullmatch(compact):
        if len(rounded[2]) == int(rounded[3]):
            return _canonical(rounded[1] + rounded[2])
        message = "A spreadsheet has rounded this ISBN, and its last digits are lost. Type it from the book."
        raise ValidationError(message, code="invalid")
    try:
        number = stdnum_isbn.validate(compact.zfill(10) if len(compact) == 9 else compact, convert=True)
    except InvalidChecksum:
        raise ValidationError("This ISBN has a wrong digit: its check digit does not fit.", code="invalid") from None
    except InvalidLength:
        raise ValidationError("An ISBN has 10 or 13 digits.", code="invalid") from None
    except StdnumError:
        raise ValidationError("This is not an ISBN, which has 10 or 13 digits.", code="invalid") from None
    if number.startswith(MUSIC):
        raise ValidationError("This is an ISMN (979-0), the number of printed music, not of a book.", code="invalid")
    return number


def means_none(text: str) -> bool:
    """Whether the text stands for "no ISBN": only zeros, or a spreadsheet's =""."""
    bare = _bare(text)
    return not bare or bool(_NONE.fullmatch(bare))


def with_leading_zero(digits: str) -> str:
    """The 13 digits of an ISBN-10 written without its leading zero; "" if the digits are not one."""
    try:
        return canonical(digits) if len(digits) == 9 else ""
    except ValidationError:
        return ""


def _bare(text: str) -> str:
    """The digits alone, without the known prefixes, suffixes and separators."""
    unified = unicodedata.normalize("NFKC", strip_invisible(text[: MAX_LENGTH + 1])).strip()
    if not unified.isascii():
        digits = (unicodedata.decimal(each, None) for each in unified)
        unified = "".join(each if digit is None else str(digit) for each, digit in zip(unified, digits, strict=True))
        unified = unified.translate(_TYPED)
    if len(unified) > MAX_LENGTH:
        return unified
    cut = _AFTER.sub("", _DECIMALS.sub(r"\1", _BEFORE.sub("", unified, count=1).rstrip("\"'")), count=1)
    compact = str(stdnum_isbn.compact(cut))
    joined = _SEPARATORS.sub("", compact)
    return joined if joined.removesuffix("X").isdigit() else compact


def is_canonical(text: str) -> bool:
    """Whether the text is already 13 valid digits, as most are in an import: a check 30 times as fast."""
    if len(text) != 13 or not text.isascii() or not text.isdigit() or not text.startswith(("978", "979")):
        return False
    codes = text.encode()  # “0” is 48: thirteen of them, weighted 1 and 3, add 1,200, which ends in 0
    return not text.startswith(MUSIC) and (sum(codes[::2]) + 3 * sum(codes[1::2])) % 10 == 0


def hyphenated(isbn13: str) -> str:
    return stdnum_isbn.format(isbn13)


def isbn10(isbn13: str) -> str:
    """The ISBN-10 of the same book; "" for 979, which has none."""
    if not isbn13.startswith("978"):
        return ""
    digits = isbn13[3:12]
    return digits + "0123456789X"[(sum(map(mul, range(1, 10), digits.encode())) - 45 * ord("0")) % 11]


def find_all(text: str) -> list[tuple[str, str]]:
    """The valid ISBNs in a line of text: (as written there, its 13 digits)."""
    found = []
    for match in _IN_TEXT.finditer(text):
        try:
            found.append((match[0], _canonical(match[0])))
        except ValidationError:
            continue
    return found
