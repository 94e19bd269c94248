"""Language codes as people and files have them, and the names of languages.

tables/languages.txt has all of ISO 639-1 and the other languages that Unicode's CLDR names, with their codes of ISO
639-2 and the deprecated ones; tools/make_languages.py makes it. Others: tables/language_names.txt.
"""

import re
from functools import cache, lru_cache

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError

from books.metadata.folding import TABLES, fold, strip_invisible, table, words_in

MAX_LENGTH = 20
MAX_WRITTEN = 200  # characters of a language as typed, or of several
SEVERAL = "mul"  # ISO 639-2 for a book in several languages
_LOCALE = re.compile(r"[.@][\w-]{1,20}(?:@\w{1,20})?$")  # en_US.UTF-8
_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)")
_SEMICOLON = re.compile(r"\s*;\s*")  # first: Norwegian Nynorsk; Nynorsk, Norwegian
_BETWEEN = re.compile(r"\s*(?:[,;/|&+、，・·]|\s(?:and|und|et|e|y|och|og|ja|ve|i|a|и|і|та|och|και)\s)\s*")
_HYPHEN = re.compile(r"\s*[–—-]\s*")  # last: Serbo-Croatian
_SPACE = re.compile(r"\s+(?:with|mit|avec|con)\s+|(?<=\b[a-z]{3})\s(?=[a-z]{3}\b)")  # eng fre, as in library records
_PERIOD = re.compile(r"(?<!\s)\s*+\((?=[^()\d]*\d)[^()]*+\)")  # Greek, Modern (1453-)
_LANGUAGE = re.compile(  # the word itself: English language, język polski, 日本文
    rf"^(?:in|en|auf|на)\s|\b(?:text(?: in)?|{'|'.join(words_in('words_for_language.txt'))})\b|^ภาษา|^ភាសា"
)
# Adjectives that agree with the word for language: lingua italiana, langue française, língua alemã, deutsche Sprache.
_AGREEING = (("a", "o"), ("a", ""), ("e", ""), ("ne", ""), ("que", "c"), ("", "o"))
SHORTEST = 5  # letters of such an adjective
_WRITTEN = str.maketrans("文", "語")  # 日文 is 日語
_IN_BRACKETS = re.compile(r"(?<!\s)\s*+[(\[]([^()\[\]]*+)[)\]]")
_CODES: dict[str, str] = {}  # the code of each code of ISO 639
_NAMES: dict[str, str] = {}  # in English, by code
_THREE_LETTERS: dict[str, list[str]] = {}  # the codes of ISO 639-2, by that of 639-1
_BIBLIOGRAPHIC = set("alb arm baq bur chi cze dut fre geo ger gre ice mac mao may per rum slo tib wel".split())
_DEPRECATED = {"scc", "scr", "fil"}  # of these: Serbian and Croatian have others now, and Filipino is Tagalog's

for _code, _others, _name, *_ in table("languages.txt", "\t"):
    _NAMES[_code], _THREE_LETTERS[_code] = _name, _others.split()
    _CODES |= dict.fromkeys((_code, *_THREE_LETTERS[_code]), _code)
_TITLED = {_each: _code for _code, _each in _NAMES.items() if len(_each) < 4}  # Ga is a name, and ga is Irish
_OWN_NAMES = {code: names for code, *names in table("language_names.txt", ",")}
_NAMES = {code: names[0] for code, names in _OWN_NAMES.items()} | _NAMES
_NAMES[SEVERAL] = "Several languages"
_OF_COUNTRIES = dict(table("countries.txt", None))
_SUBTAGS = {code: code for code in _OF_COUNTRIES}  # of regions and scripts, by their codes and names
for _code, *_names in table("regions.txt", None):
    _SUBTAGS |= dict.fromkeys((_code, *map(fold, _names)), _code)


@cache
def _named() -> dict[str, str]:
    """The code of each code and of each folded name: 1 MB, read with the first text that is no code."""
    found: dict[str, str] = {}
    for row in fold((TABLES / "languages.txt").read_text("utf-8")).splitlines():
        code, _, *names = row.split("\t")
        for name in names:
            found.setdefault(name, code)
            if name.endswith((")", "]")):
                found.setdefault(_IN_BRACKETS.sub("", name), code)
    found |= _CODES
    for code, own in _OWN_NAMES.items():
        found |= dict.fromkeys(map(fold, own), code)
    return found


@lru_cache(1000)
def canonical(text: str) -> str:
    """The BCP 47 tag, lower case, its language in two letters where it has them. Of several languages: mul.

    `eng` → `en`, `en_US` → `en-us`, `Japanisch` → `ja`, `iw` → `he`. Raises ValidationError, for the code of a country
    (`jp`) with the language's own.
    """
    written = strip_invisible(text[: MAX_WRITTEN + 1]).strip()
    if len(written) > MAX_WRITTEN:
        raise ValidationError(_ADVICE, code="invalid")
    if found := _one(written):
        return found
    for between in (_SEMICOLON, _BETWEEN, _HYPHEN, _SPACE):
        parts = list(filter(None, between.split(written.lower())))
        if len(parts) > 1 and all(each := [_one(part) for part in parts]):
            return SEVERAL if len(set(each)) > 1 else each[0]
    if right := _OF_COUNTRIES.get(written.lower()):
        message = f"“{written}” is the code of a country. Did you mean {right} ({name(right)})?"
        raise ValidationError(message, code="invalid")
    raise ValidationError(_ADVICE, code="invalid")


_ADVICE = "Write a language code such as en, ja or pt-BR, or the name of a language."


def _one(written: str) -> str:
    """The tag of one language; "" if it is none."""
    if written in _TITLED:
        return _TITLED[written]
    tag = _TAG.fullmatch(_LOCALE.sub("", written.lower()).replace("_", "-"))
    if tag and len(written) <= MAX_LENGTH:
        unknown = tag[1] if len(tag[1]) == 3 and tag[1] not in _OF_COUNTRIES else ""
        if code := _CODES.get(tag[1]) or _named().get(tag[1]) or unknown:
            return f"{code}{tag[2]}"
    named = fold(written)
    return _named().get(named) or _with_brackets(named)[0] or _otherwise_named(named)


def _otherwise_named(named: str) -> str:
    """The code of “greek, modern (1453-)”, of “polish language”, of 英文; "" if it is none of these."""
    plain = _LANGUAGE.sub("", _PERIOD.sub("", named)).strip(" :.")
    head, comma, kind = map(str.strip, plain.partition(","))
    written = fold(plain[:-1] + plain[-1:].translate(_WRITTEN))
    others = (f"{kind} {head}", f"{head} {kind}") if comma else (plain, written)
    agreeing = (
        plain.removesuffix(end) + own for end, own in _AGREEING if plain.endswith(end) and len(plain) > SHORTEST
    )
    return next(filter(None, map(_named().get, (*others, *agreeing))), "")


def _with_brackets(named: str) -> tuple[str, list[str]]:
    """The tag of “chinese (traditional, hong kong)”, and what of the brackets is no part of it."""
    language = _IN_BRACKETS.sub("", named)
    rest = list(filter(None, map(str.strip, re.split("[,;/]", ",".join(_IN_BRACKETS.findall(named))))))
    code, script, region = _named().get(language, ""), "", ""
    for each in rest[:]:
        subtag = _SUBTAGS.get(each.replace(" ", ""), "")
        kind = _named().get(f"{each} {language}") or _named().get(f"{language} {each}")
        if len(subtag) == 4 and not script:
            script = subtag
        elif subtag and len(subtag) < 4 and not region:
            region = subtag
        elif kind and not subtag:
            code = kind
        else:
            continue
        rest.remove(each)
    return "-".join(filter(None, (code, script, region))) if code else "", rest


@lru_cache(1000)
def other_qualifiers(written: str) -> str:
    """What stands in brackets after a language, and is no part of its tag."""
    named = fold(written)
    return "" if named in _named() else ", ".join(_with_brackets(named)[1])


def primary(tag: str) -> str:
    """The language without its region or script: `pt-br` is `pt`."""
    return tag.split("-", 1)[0]


def bibliographic(tag: str) -> str:
    """The language's code in library records: `ger` of `de`. "" where there is none."""
    code = primary(tag)
    codes = [*_THREE_LETTERS.get(code, ()), code]
    codes = [each for each in codes if len(each) == 3 and (each == code or each not in _DEPRECATED)]
    return next((each for each in codes if each in _BIBLIOGRAPHIC), next(iter(codes), ""))


@lru_cache(1000)
def name(tag: str) -> str:
    """The language's English name, or its code in capitals where we know none."""
    code = primary(tag)
    known = LANG_INFO.get(tag) or LANG_INFO.get(code) or {}
    return str(known.get("name") or _NAMES.get(code) or code.upper())
