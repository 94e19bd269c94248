"""Reads values as other programs export them: lists in one cell, inverted names, people with roles."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError

from books.importing.results import RowError
from books.metadata import isbn, roles
from books.metadata.record import MAX_NAME, MAX_TOPICS
from books.metadata.roles import AUTHOR

EDITOR = "edt"
SHORTEST_ROLE = 4  # letters of a capitalized role beside a name without brackets
DAMAGE = "Damage"  # a column with the reason why a record could not be read
_LIST = re.compile(r"\s*\[\s*([\"'])(.*)\1\s*\]\s*", re.DOTALL)  # of Python or JSON
_IN_LIST = re.compile(r"[\"']\s*,\s*[\"']")
_IN_PARENTHESES = re.compile(r"(.*\S)\s*[(\[]#?\s*+([^()\[\]]+)[)\]]")
SUFFIX = re.compile(r"(?:jr|sr|i{1,3}|iv|v|vi|junior|senior|ph\.?d|[md]\.?d|mba|rn|esq)\.?", re.IGNORECASE)
_NO_PERSON = re.compile(
    r"[;&()\[\]\d]|(?<!^St)\. .*,|\b(?:of|and|the)\s|,\s*(?:Jr|Sr|Inc|Ltd|Co\.|Esq|M\.D|Ph\.D|D\.D|Conn)\.?$"
)
EAST_ASIAN = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_KATAKANA = re.compile(r"[\u30a0-\u30ff]+")
_SHORT_YEAR = re.compile(r"(?!0+\b)\d{1,2}(?:[.,]0+)?")
_FORMULA = re.compile(r'\s*="(.*)"\s*', re.DOTALL)
_EAST_ASIAN_ROLE = re.compile(
    r"(.+?[^\s共編主／/])[\s／/]*+(?:等|ほか|他)?(?:[共編主]?([著訳譯译編编])|(?<=[\s／/])(作|文|原作|絵|画|지음|글|저|옮김|역|그림))"
)
_ROLE_BEFORE = re.compile(  # hrsg. von Anna Berg, Translator: Anna Berg, by Anna Berg, ill. Anna Berg
    r"(?:(\w[\w ]{0,25}?\.?)(?:\s?:\s*+|\s(?:by|von|par|por|di|door|av)\s|(?<=[a-z]\.)\s)|by\s)(.+)", re.IGNORECASE
)
_COUNTRY = re.compile(r"[(\[【（〔［][\u4e00-\u9fff]{1,4}[)\]】）〕］]\s*(?=\S)")  # [日] 村上春树, as in China
_AND_OTHERS = re.compile(
    r"(?:(?:^|[\s,])[\[(]?(?:(?:et|&)\.? al\b\.?|u\. ?a\.|и др\.|etc\.?|m\. ?fl\.|vd\.|(?:ほか|他)(?:\d+名)?|"
    r"(?:and|und|et|y|e|og|och) (?:others|andere|autres|otros|outros|altri|andr[ea]))|(?<=[\u3400-\u9fff])ほか)[\])]?$",
    re.IGNORECASE,
)


def strip_formula(cell: Any) -> Any:
    """A cell without the formula that makes spreadsheets treat a number as text: ="0123"."""
    return found[1] if isinstance(cell, str) and '="' in cell and (found := _FORMULA.fullmatch(cell)) else cell


def text(cell: Any) -> str:
    """A cell's text, whatever its JSON type, and without the ="…" of spreadsheets."""
    if isinstance(cell, str):
        return str(strip_formula(cell)).strip()
    return "" if cell is None or isinstance(cell, (list, dict)) else str(cell)


def values(value: Any) -> list[Any]:
    """A list, even if a program wrote it as an object with numbers for keys, or as a single value."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        value = list(value.values())
    found = value if isinstance(value, list) else [value]
    return [each for each in found if each not in (None, "", [], {})]


def first(*cells: Any) -> str:
    """The first text in the cells, which may be lists."""
    return next(iter(texts(*cells)), "")


def texts(*cells: Any) -> list[str]:
    """All texts in the cells, which may be lists."""
    return [found for cell in cells for value in values(cell) if (found := text(value))]


def list_in(cell: str) -> list[str]:
    """The texts in a cell that a program wrote as a list: ['Ann Lee', 'Jo Poe']. None if it did not."""
    return _IN_LIST.split(found[2]) if "[" in cell and (found := _LIST.fullmatch(cell)) else []


def parts(cell: Any, separator: str = ",") -> list[str]:
    return [part.strip() for part in text(cell).split(separator) if part.strip()]


def count(*cells: Any) -> str:
    """The first number of pages; "" for 0, which means unknown."""
    return first(*cells).lstrip("0")


def year(*cells: Any) -> str:
    """The first date in the cells."""
    return full_year(first(*cells))


def full_year(year: str) -> str:
    """The year. Raises RowError for two digits, which may mean this century, the last or the first."""
    if _SHORT_YEAR.fullmatch(year):
        raise RowError("published_year", year, "Left out: the century is unclear. Write four digits: 1985 or 0085.")
    return year


def natural_order(name: str) -> str:
    """“Last, First” becomes First Last, and “King, Martin Luther, Jr.” Martin Luther King Jr., if that is certain."""
    family, *given = [part.strip() for part in name.replace("،", ",").split(",") if part.strip()] or [""]
    suffix = given.pop() if len(given) > 1 and SUFFIX.fullmatch(given[-1]) else ""
    if len(given) != 1 or not _is_person(family, given[0]):
        return name.strip(" ,")
    if EAST_ASIAN.fullmatch(family + given[0]):
        return f"{given[0]}・{family}" if _KATAKANA.fullmatch(family + given[0]) else family + given[0]
    elided = "" if given[0].endswith(("'", "’", "-")) else " "
    return f"{given[0]}{elided}{family} {suffix}".strip()


def split_inverted(written: str) -> list[str]:
    """The people in “Smith, Jane & Brown, Kate” or with semicolons between them, where one is expected."""
    names = written.split(" & ")
    names = names if all("," in name for name in names) else [written]
    return [part for name in names for part in name.split(";") if part.strip()]


def _is_person(family: str, given: str) -> bool:
    """Whether these are a family and a given name: not so in “Pliny, the Elder” and “General Mills, Inc.”"""
    is_byname = family[:1].isupper() and given[:1].islower()
    is_suffix = len(given.rstrip(".")) > 1 and SUFFIX.fullmatch(given)
    return not is_byname and not is_suffix and not _NO_PERSON.search(f"{family}, {given}")


@lru_cache(5000)
def split_role(name: str) -> tuple[str, str]:
    """The name and the role in “Tove Jansson (Illustrator)”, “hrsg. von Anna Berg” or 与謝野晶子訳, without “et al.”"""
    name = _AND_OTHERS.sub("", name.strip(), count=1).strip(" ,")
    if not name.isascii() and len(name) <= MAX_NAME:
        name = _COUNTRY.sub("", name, count=1) if _COUNTRY.match(name) else name
        if found := _EAST_ASIAN_ROLE.fullmatch(name):
            return found[1], found[2] or found[3]
    person, words = roles.split_brackets(name)
    if not words:
        person, words = role_before(name)
        if not words and "," in name:  # Anna Berg, editor
            person, words = _known_role(*map(str.strip, name.rpartition(",")[::2]))
    return (person, words) if words and all(_codes_of(words)) else (name, "")


def role_before(name: str) -> tuple[str, str]:
    """The name and the role in “hrsg. von Anna Berg”; the text and "" if it begins with no role."""
    if found := _ROLE_BEFORE.fullmatch(name.strip()):
        return _known_role(found[2], found[1] or "author", name)
    return name, ""


def _known_role(person: str, words: str, name: str = "") -> tuple[str, str]:
    is_name = words[:1].isupper() and len(words) < SHORTEST_ROLE  # Spiegelman, Art
    return (name or person, "") if is_name or not all(_codes_of(words)) else (person, words)


def _codes_of(words: str) -> list[str]:
    return [AUTHOR] if words.lower().endswith(" author") else roles.codes(words)  # Goodreads Author


def people(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The authors and contributors among names with roles. Without any author, editors count as authors."""
    written = [(part.strip(), role.strip()) for name, role in found for part in name.split(";") if part.strip()]
    names = [name for name, role in written if not role]
    if len(names) == len(written):  # most lists only have authors
        return {"authors": list(dict.fromkeys(names)), "contributors": []}
    named = [(name, _codes(role)) for name, role in written]
    taken = AUTHOR if any(AUTHOR in codes for _, codes in named) else EDITOR
    authors = [name for name, codes in named if taken in codes]
    others = [roles.Contributor(name, code) for name, codes in named for code in codes if code not in {AUTHOR, taken}]
    return {"authors": list(dict.fromkeys(authors)), "contributors": list(dict.fromkeys(map(str, others)))}


@lru_cache(1000)
def _codes(role: str) -> list[str]:
    """The codes of a role: author if it is empty or “joint author”, contributor if it is unknown."""
    return [*filter(None, _codes_of(role))] or [roles.CONTRIBUTOR] if role else [AUTHOR]


def first_isbn(*cells: Any) -> str:
    """The first ISBN in the cells, which may hold several each; without any, the first text, to be reported."""
    if cells and isinstance(cells[0], str) and isbn.is_canonical(cells[0]):
        return cells[0]
    written = [text(each).strip("[]") for cell in cells for each in values(cell)]
    found = next(filter(None, map(_isbn_in, written)), "")
    return found or next((each for each in written if each and not isbn.means_none(each)), "")


def _isbn_in(written: str) -> str:
    if isbn.is_canonical(written):
        return written
    if not written or isbn.means_none(written):  # zeros have a valid check digit
        return ""
    return written if is_isbn(written) else next((digits for _, digits in isbn.find_all(written)), "")


def is_isbn(written: str) -> bool:
    try:
        return bool(isbn.canonical(written))
    except ValidationError:
        return False


def split_title(*cells: Any) -> dict[str, str]:
    """Title and subtitle, separated with the help of the short title in the last cell."""
    title, short = first(*cells[:-1]), first(cells[-1])
    if short and title.startswith(f"{short}: "):
        return {"title": short, "subtitle": title.removeprefix(f"{short}: ")}
    return {"title": title}


def parse_all_series(written: list[str]) -> dict[str, Any]:
    """The series fields for texts like “Tibor Saga (4)”."""
    first, *further = map(parse_series, written or [""])
    more = [f"{each['series']} #{each.get('series_number', '')}".removesuffix(" #") for each in further]
    return {**first, **({"more_series": more} if more else {})}


def parse_series(written: str) -> dict[str, str]:
    """The series and number in “Tibor Saga (4)”."""
    if found := _IN_PARENTHESES.fullmatch(written):
        return {"series": found[1], "series_number": found[2]}
    return {"series": written}


def topics(names: Iterable[Any]) -> tuple[list[str], list[RowError]]:
    """As many topics as a book may have, and a note on the rest."""
    once = list(dict.fromkeys(part for name in names if (part := text(name).replace(";", ",").strip())))
    rest = once[MAX_TOPICS:]
    reason = f"Left out: a book has at most {MAX_TOPICS} topics."
    return once[:MAX_TOPICS], [RowError("topics", "; ".join(rest), reason)] if rest else []
