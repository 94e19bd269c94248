"""Turns text into search words: pure functions for rows and queries, on every database.

Spaced scripts yield words, casefolded and without accents. Chinese, Japanese, Korean, Thai and similar scripts have no
spaces between words and yield overlapping pairs and the last character: 夏目漱石 becomes 夏目 目漱 漱石 石. So any part
of two or more characters is a run of whole pairs, and a single character is the beginning of a pair.

A book has five lines of words: title, authors, topics, series and other. They also hold marks, which are not words:
- `^kafka` is the first word of a title.
- `_` separates two texts, so that no phrase runs from one into the next.
- `ka-` says that a word in the line begins with ka, and `^ka-` that the title does: looking up a few typed letters
  would otherwise touch too many words. The line of other words has no such marks.
- `#0306` is four digits of the ISBN.
- `@ja` is the language, `@novels` a topic's slug, `@1914` and `@191-` year and decade, `@trl_birnbaum` a word of a
  translator's name, so that all filters of a list are a single query to the index.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from operator import add, itemgetter
from typing import Any

from books.metadata import roles
from books.metadata.folding import APOSTROPHES, compiled, fold
from books.metadata.languages import primary
from books.metadata.record import COLUMNS, FIELDS, topic_slug
from books.metadata.series import parse_place

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31ff"  # kana, bopomofo
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"  # Hangul
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u303c\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
INDIC = "\u0900-\u0963\u0966-\u0dff"  # for its vowel signs, which `re` does not count as word characters
PIECES = rf"([{UNSPACED}]+)|((?:[^\W_{UNSPACED}]++|[{INDIC}]++)++)"
_HAS_PIECES, _SPACED_WORDS = f"[{UNSPACED}{INDIC}]", re.compile(r"[^\W_]+")
GAP = rf"(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])"
_ONE_UNSPACED = f"[{UNSPACED}]"
BEGINNING = "^"  # of a title
BREAK = "_"  # between two texts
_SIDE_BY_SIDE = f" {BREAK} "
SHORT = 3  # letters: beginnings up to this length have marks
ISBN_PART = 4  # digits
RULES = 10  # raise it when a text yields different words: an upgrade then rebuilds the index
LONGEST = 100  # characters of a word that are indexed
MOST_TEXT = 20_000  # characters of a text that are indexed: other programs may write longer ones
# The columns of a book that are searched.
TEXTS = (*(COLUMNS[field.name] for field in FIELDS if field.words), "other_names")
texts_of = itemgetter(*TEXTS)  # a row of columns
# Fields that are indexed as marks, or also as marks.
MARKED = {"isbn13", "published_year", "language", "contributors"}
OTHERS = tuple(field.name for field in FIELDS if field.words == "other" and field.name not in MARKED)
# The book's own title comes first.
TITLES = tuple(field.name for field in FIELDS if field.words == "title" and not field.column)
_ASCII_WORDS = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)
_LETTER = rf"[^\W\d_{UNSPACED}]"
_INITIALS = rf"(?<!\w)(?:{_LETTER}\.\s?){{2,}}(?:{_LETTER}(?!\w))?"
_BARE_INITIALS = rf"(?<!\w){_LETTER}(?: {_LETTER})+(?!\w)"
_AND = ("and", "und", "et", "y")
_AFTER_ARTICLE = r"(?<!\w)\u0627\u0644(\w{3,})"  # al-, which Arabic writes together with the word
_APOSTROPHED = re.compile(rf"(?<!\w)\w++(?:[{APOSTROPHES}]\w++)+")
_DOTTED = re.compile(r"(?<!\w)\w++(?:[-.·‐‑–]\w++)+")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")  # 1,000
# Most texts have none of these. Patterns that begin with a fixed character find that out much sooner.
_MAY_HAVE_INITIALS = re.compile(r"\.\s?[^\W\d_]\.")
_MAY_HAVE_BARE_INITIALS = re.compile(r" (?=[^\W\d_](?!\w))(?<=(?<!\w)[^\W\d_] )")
_HAS_DOTTED = re.compile(r"[-.·‐‑–]\w")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
# How German and Nordic letters are typed on other keyboards: Jörg as Joerg.
_TWO_LETTERS = str.maketrans(dict(zip("äöüåøÄÖÜÅØ", "ae oe ue aa oe Ae Oe Ue Aa Oe".split(), strict=True)))
_UMLAUT = re.compile("[äöüåøÄÖÜÅØ]")
_Marked = tuple[str, tuple[str, ...]]  # texts side by side, and marks for the beginnings of their words


def _pairs(run: str) -> list[str]:
    return [*map(add, run, run[1:]), run[-1]]


def words(text: str) -> list[str]:
    """The words of spaced text and the pairs of unspaced text. Initials become one word: J. R. R. is jrr."""
    folded = fold(joined_initials(_GROUPED.sub("", text) if "," in text else text))
    if folded.isascii() or not compiled(_HAS_PIECES).search(folded):
        found = ascii_words(folded) if folded.isascii() else _SPACED_WORDS.findall(folded)
        is_short = len(folded) <= LONGEST or max(map(len, found), default=0) <= LONGEST
        return found if is_short else [word[:LONGEST] for word in found]
    found = []
    for run, word in compiled(PIECES).findall(folded):
        if run:
            found += _pairs(run)
        else:
            found.append(word[:LONGEST])
    return found


def ascii_words(folded: str) -> list[str]:
    """The words of ASCII text: found in its bytes they cost a sixth."""
    return folded.encode().translate(_ASCII_WORDS).decode().split()


def joined_initials(text: str) -> str:
    return compiled(_INITIALS).sub(_joined, text) if "." in text and _MAY_HAVE_INITIALS.search(text) else text


def _joined(match: re.Match[str]) -> str:
    return f"{''.join(filter(str.isalpha, match[0]))} "


def other_spellings(text: str) -> list[list[str]]:
    """Other ways to type words with apostrophes, dots, hyphens or umlauts, and initials: o brien, phd, joerg.

    And those with &, without the Arabic article, and with a space for a joiner: salt and ash, می خواهم.
    """
    found: list[str] = []
    has_dots = "." in text
    if has_dots and _MAY_HAVE_INITIALS.search(text):
        found += [" ".join(filter(str.isalpha, match[0])) for match in compiled(_INITIALS).finditer(text)]
    if (has_dots or "-" in text or not text.isascii()) and _HAS_DOTTED.search(text):
        dotted = (re.split("[-.·‐‑–]", match[0]) for match in _DOTTED.finditer(text))
        found += ["".join(parts) for parts in dotted if max(map(len, parts)) > 1]  # otherwise they are initials
    if "'" in text or (not text.isascii() and _APOSTROPHE.search(text)):
        found += [_APOSTROPHE.sub(" ", match[0]) for match in _APOSTROPHED.finditer(text)]
    if not text.isascii() and _UMLAUT.search(text):
        found += [word.translate(_TWO_LETTERS) for word in text.split() if not word.isascii() and _UMLAUT.search(word)]
    if " & " in text:
        found += [text.replace(" & ", f" {word} ") for word in _AND]
    if "・" in text:
        found.append(text.replace("・", ""))
    if "\u200c" in text:
        found.append(text.replace("\u200c", " "))
    if "\u0627\u0644" in text:
        found += compiled(_AFTER_ARTICLE).findall(text)
    if _MAY_HAVE_BARE_INITIALS.search(text):
        found += ["".join(filter(str.isalpha, match[0])) for match in compiled(_BARE_INITIALS).finditer(text)]
    return list(map(words, dict.fromkeys(found))) if found else []


@lru_cache(20_000)
def _beginnings(letters: str) -> tuple[str, ...]:
    """Marks for the first one, two and three letters of a word, given these letters."""
    return () if is_unspaced(letters) else tuple(f"{letters[:length]}-" for length in range(1, len(letters) + 1))


def _marked(texts: Iterable[list[str]]) -> _Marked:
    found = [text for text in texts if text]
    first = dict.fromkeys([word[:SHORT] for text in found for word in text])
    return _SIDE_BY_SIDE.join(map(" ".join, found)), tuple(dict.fromkeys(chain.from_iterable(map(_beginnings, first))))


def _line(text: str, marks: Iterable[str]) -> str:
    return f"{text}{_SIDE_BY_SIDE}{' '.join(marks)}" if marks else text


def title_words(*titles: str) -> str:
    first, *further = [words(title) if title else [] for title in titles]
    spellings = chain.from_iterable([other_spellings(title) for title in titles if title])
    text, marks = _marked([first, *further, *spellings])
    begins = f" {BEGINNING}".join(("", *_beginnings(first[0][:SHORT]))) if first else ""
    return f"{BEGINNING}{first[0] if first else ''} {_line(text, marks)}{begins}"


def author_words(names: str, other_names: str = "") -> str:
    """The words of names, given one per line."""
    found = [_marked_name(name) for name in _lines(names) + _lines(other_names)]
    marks = dict.fromkeys(chain.from_iterable([marks for _, marks in found]))
    return _line(_SIDE_BY_SIDE.join([text for text, _ in found if text]), marks)


def _name_words(name: str) -> list[list[str]]:
    """The words of a name; 夏目 漱石 is also found as 夏目漱石."""
    joined = name if name.isascii() else compiled(GAP).sub("", name)
    return [*(words(each) for each in dict.fromkeys((name, joined))), *other_spellings(name)]


_marked_name = lru_cache(20_000)(lambda name: _marked(_name_words(name)))  # authors recur


@lru_cache(2000)
def topic_words(names: str, other_names: str = "") -> str:
    """The words of topics' names, given one per line, and marks for their slugs."""
    named = _lines(names)
    found = _marked(map(words, named + _lines(other_names)))
    return " ".join([_line(*found), *(tag(topic_slug(name)) for name in named)])


@lru_cache(2000)
def series_words(*series: str) -> str:
    return _line(*_marked(map(words, series)))


@lru_cache(5000)
def contributor_words(text: str) -> list[str]:
    """The words of a contributor's name, plain and marked with the role."""
    name, role = roles.contributor(text)
    marked = dict.fromkeys((role, roles.CONTRIBUTOR))
    runs = [run for found in _name_words(name) for run in (found, *(role_words(each, found) for each in marked))]
    return [*chain.from_iterable((BREAK, *run) for run in runs)]


def role_words(role: str, words: Iterable[str]) -> list[str]:
    return [tag(f"{role}_{word}") for word in words]


def other_words(
    texts: Iterable[str], isbn13: str | None, language: str, year: int | None, contributors: Iterable[str] = ()
) -> str:
    """The words of the texts, then marks for the other values."""
    first, *runs = [run for text in texts for run in ([words(text), *other_spellings(text)] if text else [[]])]
    further = chain.from_iterable((BREAK, *run) for run in runs)
    people = chain.from_iterable(map(contributor_words, contributors))
    return " ".join([*first, *further, *people, *isbn_words(isbn13 or ""), *_marks(language, year)])


@lru_cache(5000)
def _marks(language: str, year: int | None) -> list[str]:
    spoken = dict.fromkeys((primary(language), language)) if language else ()
    return list(map(tag, (*spoken, *(() if year is None else (str(year), decade(year))))))


def index_lines(texts: Iterable[Any]) -> tuple[str, str, str, str, str]:
    """The five lines of a book, from its TEXTS."""
    cut = [text[:MOST_TEXT] if isinstance(text, str) else text for text in texts]
    found: dict[str, Any] = dict(zip(TEXTS, cut, strict=True))
    authors = people = topics = series = ""
    others: str = found["other_names"]
    if others:  # see books.models.book_columns.other_names_column
        authors, people, topics, series, *_ = [*others.split("\n\n"), "", "", ""]
    further = [*(parse_place(text).series for text in _lines(found["more_series"])), *_lines(series)]
    described, contributors = [found[name] for name in OTHERS], _lines(found["contributors"]) + _lines(people)
    return (
        title_words(*[found[name] for name in TITLES], *further),
        author_words(found["author_names"], authors),
        topic_words(found["topic_names"], topics),
        series_words(*filter(None, (found["series"], *further))),
        other_words(described, found["isbn13"], found["language"], found["published_year"], contributors),
    )


def _lines(text: str) -> list[str]:
    return list(filter(None, text.split("\n"))) if text else []


def decade(year: int) -> str:
    return f"{year // 10}-"


def tag(name: str) -> str:
    return f"@{name}"


def isbn_words(digits: str) -> list[str]:
    """Each run of four digits, so that any part of five or more digits finds the ISBN."""
    return [f"#{digits[place : place + ISBN_PART]}" for place in range(len(digits) - ISBN_PART + 1)]


def query_words(text: str) -> list[str]:
    """The words to find side by side wherever the text occurs.

    A final single character marks the end of its run. It is dropped, since the text may go on in a book.
    """
    asked = words(text)
    if len(asked) > 1 and is_unspaced(asked[-1]) and len(asked[-2]) > 1 and is_unspaced(asked[-2]):
        asked.pop()
    return asked


def is_unspaced(word: str) -> bool:
    return has_unspaced(word[:1])


def has_unspaced(text: str) -> bool:
    return not text.isascii() and bool(compiled(_ONE_UNSPACED).search(text))
