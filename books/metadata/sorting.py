"""Sort keys for titles and names, which every database can order by code point. Pure functions.

A key has no accents, case, punctuation or leading article, and orders numbers by value. After three spaces comes the
full text, which decides between equal keys. A letter filed after another is written as that letter and AFTER: in
Swedish, å becomes z, AFTER, a.

tables/articles.txt lists initial articles, after the Library of Congress; in an unknown language only "the" counts.
tables/alphabets.txt lists the letters filed after another one in CLDR's alphabets, with commas between equal letters,
and those filed as another one (y=ü); its first row is for all languages.
tables/name_words.txt lists words that tell where the parts of a name stand, as regular expressions for institutions. Of
the first last names of two, in Spain and Latin America, it has no given or Portuguese ones: Portuguese names are filed
under the very last name.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from books.metadata.folding import APOSTROPHES, compiled, fold, normalized, strip_invisible, table
from books.metadata.languages import primary as primary_language
from books.metadata.numbers import KANJI_NUMBER, kanji_number
from books.metadata.text import GAP, INDIC, UNSPACED, ascii_words, has_unspaced

LENGTH = 200  # characters of a key; texts that differ only beyond are ordered by id
PRIMARY, LAST = 150, "\ufffd"  # characters of the first part; the key of books without a value
AFTER = "\ufffc"
ARTICLES = dict(table("articles.txt"))  # by language
_ALPHABETS = dict(table("alphabets.txt"))  # by the languages that share an alphabet
_LEADING = re.compile(rf"\A[^\w{APOSTROPHES}]+")
_WORDS = rf"(?:[^\W_]|[{UNSPACED}{INDIC}{AFTER}])+"
_NUMBERS = re.compile(rf"(?<!\d)\d{{1,3}}(?:[,.'\u2019]\d{{3}})+(?!\d)|\d+|(?<=第){KANJI_NUMBER}")
_DIGIT = re.compile(r"[\d第]")
_ROMAN = re.compile("[\u2160-\u216b\u2170-\u217b]")  # Ⅳ
_DOTLESS = str.maketrans({"I": "ı", "İ": "i"})
_THAI_VOWELS = re.compile(
    "([\u0e40-\u0e44\u0ec0-\u0ec4])([\u0e01-\u0e2e\u0e81-\u0eae])"
)  # written before the consonant, filed after it
_HEBREW_FINALS = str.maketrans("ךםןףץ", "כמנפצ")
_HEBREW_FINAL = re.compile("[ךםןףץ]")  # looked for first, as translating costs each letter
_KANA = re.compile("[\u3041-\u3096]")
_SMALL_KANA = str.maketrans("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ")
_VOICING = re.compile("[\u3099\u309a]")
_LONG_VOWEL = re.compile("(.)ー")
_VOWELS = dict(zip("AIUEO", "あいうえお", strict=True))


def sort_key(title: str, language: str = "") -> str:
    """The key of a title in the order of its language."""
    spoken = primary_language(language)
    lowered = _lower(title, spoken)
    if article := _article(lowered, spoken):
        lowered = lowered[article.end() :]
    elif not lowered[:1].isalnum():
        lowered = _LEADING.sub("", lowered, count=1)
    return _key(_primary(lowered, spoken), title)


@lru_cache(20_000)
def name_key(sort_name: str) -> str:
    """The key of a sort name: equal last names stay together, and the Arabic article does not count."""
    parts = [_primary(part, "") for part in _AL.sub("", _lower(sort_name, ""), count=1).split(",", 1)]
    return _key("  ".join(filter(None, parts)), sort_name)


def author_key(names: Sequence[str]) -> str:
    """The key of a book's first author; books without one come last."""
    return name_key(sort_name(names[0])) if names else LAST


def series_key(series: str, number: Decimal | None) -> str:
    """The key of a place in a series; books without a number come last in theirs."""
    if not series:
        return LAST
    place = LAST if number is None else f"{int(number * 100):08d}"
    return f"{_primary(_lower(series, ''), '')[:PRIMARY]}   {place}"


def _key(primary: str, text: str) -> str:
    primary = primary[:PRIMARY].rstrip()
    if text.isascii() and primary:
        return primary
    key = f"{primary}   {normalized('NFD', text.casefold())}"
    return (key if key.isprintable() else "".join(filter(str.isprintable, key)))[:LENGTH].rstrip()


def _lower(text: str, spoken: str) -> str:
    if text.isascii() and spoken not in {"tr", "az"}:
        return text.lower()
    text = text.translate(_DOTLESS) if spoken in {"tr", "az"} else text
    text = _ROMAN.sub(lambda found: str(ord(found[0]) % 16 + 1), strip_invisible(text))
    return normalized("NFKC", text).casefold()


def leading_article(title: str, language: str) -> str:
    """The part that filing skips: `The ` in The Waves, with any punctuation before it."""
    found = _article(title.lower(), primary_language(language))
    return title[: found.end()] if found else ""


def _article(lowered: str, spoken: str) -> re.Match[str] | None:
    """The article at the beginning of a title, after any punctuation."""
    signs = None if lowered[:1].isalnum() else _LEADING.match(lowered)
    return _articles(spoken if spoken in ARTICLES else "").match(lowered, signs.end() if signs else 0)


@lru_cache
def _articles(spoken: str) -> re.Pattern[str]:
    found = sorted(ARTICLES[spoken].split(), key=len, reverse=True)
    glued = [each for each in found if each[-1] in "'-" or each == "ال"]
    apart = "|".join(re.escape(each).replace("'", "['’]") for each in found if each not in glued)
    joined = "|".join(re.escape(each).replace("'", "['’]") for each in glued) or r"(?!)"
    letter = r"(?<!\ba )|(?!(?:is|was|as|to|for|and|or)\b)" if spoken in {"", "en"} else ""
    return re.compile(rf"(?:(?:{apart or '(?!)'})\s+|(?:{joined})\s*)[^\w&]*(?=\w\S|\w+\s|\d)(?:{letter})")


def _primary(text: str, spoken: str) -> str:
    if not text.isascii() or _has_ascii_letters(spoken):
        weights, letters = _alphabet(spoken)
        text = letters.sub(lambda match: weights[match[0]], text)
    folded = fold(_NUMBERS.sub(_by_value, text) if _DIGIT.search(text) else text)
    if folded.isascii():
        return " ".join(ascii_words(folded))
    folded = _in_own_order(folded)
    return compiled(GAP).sub("", " ".join(compiled(_WORDS).findall(folded)))


def _by_value(match: re.Match[str]) -> str:
    """The number after its length, so that 2 comes before 10."""
    written = match[0] if match[0][0].isdecimal() else str(kanji_number(match[0]))
    digits = "".join(str(unicodedata.decimal(each)) for each in written if each.isdecimal()).lstrip("0") or "0"
    return f"{'9' * (len(digits) // 9)}{len(digits) % 9}{digits}"


@lru_cache
def _alphabet(spoken: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """The letters that are not filed where folding puts them, and a pattern that finds them."""
    rules = next((rule for languages, rule in _ALPHABETS.items() if spoken in languages.split()), "")
    weights: dict[str, str] = {}
    for chain in f"{_ALPHABETS['']} {rules}".split():
        bases, *letters = chain.split("<")
        base, *same = bases.split("=")
        weights |= dict.fromkeys(same, base)
        for place, equal in enumerate(letters, 1):
            weights |= {letter: f"{base}{AFTER}{chr(0x60 + place)}" for letter in equal.split(",")}
    longest = sorted(weights, key=len, reverse=True)
    return weights, re.compile("|".join(map(re.escape, longest)))


@lru_cache
def _has_ascii_letters(spoken: str) -> bool:
    """Whether the alphabet treats some ASCII letters specially: Czech files ch after h."""
    return any(map(str.isascii, _alphabet(spoken)[0]))


def _in_own_order(folded: str) -> str:
    text = folded.translate(_HEBREW_FINALS) if _HEBREW_FINAL.search(folded) else folded
    text = _THAI_VOWELS.sub(r"\2\1", text)
    if _KANA.search(text):
        plain = normalized("NFC", _VOICING.sub("", normalized("NFD", text)))
        text = plain.translate(_SMALL_KANA)
        while (longer := _LONG_VOWEL.sub(_lengthened, text)) != text:
            text = longer
    return text


def _lengthened(match: re.Match[str]) -> str:
    name = unicodedata.name(match[1], "")
    return match[1] + (_VOWELS.get(name[-1], "") if name.startswith("HIRAGANA") else "")


_AL = re.compile(r"\A(?:[ae]l-|ال)(?=\w\w)")
_SUFFIXES = re.compile(
    r"(?:,?\s(?:(?:jr|sr|junior|senior|esq|ph\.?d|m\.?d|d\.?d\.?s|j\.?d|ed\.?d|psy\.?d|mba|rn|obe|cbe)\.?|"
    r"(?-i:[IV]|[IVX]{2,6}))){1,5}$",
    re.IGNORECASE,
)
_WORDS_OF_NAMES = {kind: words.split() for kind, words in table("name_words.txt")}
_INSTITUTION = re.compile(rf"\b(?:{'|'.join(_WORDS_OF_NAMES.pop('institutions'))})\b", re.IGNORECASE)
# Given names in Spanish: initials may be, most end with o or have an accent, and those of the table do neither.
_SPANISH = re.compile("|".join([r"\w\.?|\w+o|\w*[áéíóúñ]\w*", *_WORDS_OF_NAMES.pop("given names in Spanish")]))
_MONARCHS, _SURNAMES, _GO_BEHIND, _STAY, _WHOLE, _NO_LAST_NAME, _JOINED, _BETWEEN, _FIRST_OF_TWO = map(
    frozenset, _WORDS_OF_NAMES.values()
)
_ELIDED = ("d'", "d’")
# Names with the last name first: Толстой Л. Н., Толстой Лев Николаевич, Nguyễn Du (by its letters), Mao Tse-tung.
_LAST_NAME_FIRST = re.compile(
    r"[^.]\s(?:\w\.[\s-]?)+$|^\w+\s(?!\w+(?:вич|вна|ична)\s)\w+\s\w+(?:вич|вна|ична|івна|ївна)$"
    r"|[ơưảạấầẩẫậắằẳẵặẻếềểễệỉỏốồổỗộớờởỡợủứừửữựỳỵỷỹ]|^\w+\s(?!Al|El|Ab|Ben|[BI][bi]n)[A-Z]\w+-[a-z]\w+$"
)


@lru_cache(20_000)
def sort_name(name: str) -> str:
    """The name as libraries file it, last name first: Beethoven, Ludwig van; Le Guin, Ursula; King, Martin Luther, Jr.

    Names in unspaced scripts, names of institutions and names that already have a comma are left as they are.
    """
    found = _SUFFIXES.search(name)
    rest, suffix = (name[: found.start()], found[0].lstrip(", ")) if found else (name, "")
    words = rest.split()
    if (
        "," in rest
        or len(words) < 2
        or has_unspaced(rest)
        or _LAST_NAME_FIRST.search(rest)
        or not _NO_LAST_NAME.isdisjoint(words[1:-1])
    ):
        return name
    if words[0] == "The":
        return f"{' '.join(words[1:])}, The"
    if suffix.isupper() and words[0].lower() in _MONARCHS:
        return f"{' '.join(words[1:])} {suffix}, {words[0]}"
    if is_institution(name) and not (len(words) == 2 and words[1].lower() in _SURNAMES):
        return name
    start = _start_of_last(words)
    if start == 0 or (start == 1 and words[0].lower() in _WHOLE):
        return name
    if words[start].startswith(_ELIDED):  # Ormesson, Jean d'
        words[start : start + 1] = words[start][:2], words[start][2:]
        start += 1
    return ", ".join([" ".join(words[start:]), " ".join(words[:start]), *([suffix] if suffix else [])])


def _start_of_last(words: list[str]) -> int:
    """The index of the first word of the last name; 0 if it is the whole name."""
    start = len(words) - (2 if words[-1].lower() in _JOINED and len(words) > 2 else 1)
    while start > 1 and _stays(words[start - 1]):
        start -= 1
    if start > 1 and words[start - 1 : start + 1] == ["de", "la"]:  # Walter de la Mare, Melissa de la Cruz
        start -= 1
    if start > 2 and words[start - 1].lower() == "y":  # Ortega y Gasset
        return start - 2
    before = start
    while before > 1 and words[before - 1] in _BETWEEN:
        before -= 1
    if fold(words[before - 1]) not in _FIRST_OF_TWO:
        return start
    is_spanish = before == 1 or (
        words[before] in _BETWEEN or fold(words[-1]) in _FIRST_OF_TWO or _SPANISH.fullmatch(words[0].lower())
    )
    return before - 1 if is_spanish else start  # Pam Muñoz Ryan has one last name, and another before it


def is_institution(name: str) -> bool:
    """Also true of people without a last name: `Pliny the Elder`, `John of Salisbury`."""
    return bool(_INSTITUTION.search(name)) or "&" in name


def is_last_name(name: str) -> bool:
    """Whether a name begins with a last name of Spain and Latin America that is no given name: García Márquez."""
    return fold(name.partition(" ")[0]) in _FIRST_OF_TWO


def _stays(word: str) -> bool:
    return word.lower() in _STAY and (word[0].isupper() or word not in _GO_BEHIND)
