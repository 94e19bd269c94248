"""Parses the text in the search box.

    kafka "on the shore" -cat author:murakami title:shore topic:novels year:1950..1960 lang:ja isbn:40615
    translator:rubin

All parts must match. A word finds any word that begins with it; quoted words must be adjacent. Text in scripts without
spaces is found anywhere. No text is an error: an unknown field is searched as words. Both databases get the same query,
each in the syntax of its own index.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.exceptions import ValidationError

from books.metadata import isbn, languages, roles
from books.metadata import text as search
from books.metadata.folding import normalized
from books.metadata.years import Span, parse_span
from books.search.expressions import EVERYWHERE, Expression, Phrase, Term

MOST_WORDS = 20  # in a query, including those of authors; further words are left out and reported
MOST_TEXT = 600  # characters of a normalized query
MOST_YEARS = 400  # years that are searched by decades
FIELDS = {"title": ("title",), "author": ("authors",), "topic": ("topics",), "series": ("series",)}

_NAMES = "|".join([*FIELDS, "year", "lang", "language", "isbn", *roles.SEARCHED])
_PART = re.compile(rf'(?<!\S)(-?)(?:({_NAMES}):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_SLUG = re.compile(r"[\w-]+")
_DIGITS = re.compile(r"[0-9]+(?:-[0-9]+)*")


@dataclass(frozen=True)
class SearchQuery:
    """A parsed query: its terms, and the filters written among them."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Expression, ...] = ()  # at most one, with all that must not match
    isbns: tuple[str, ...] = ()
    years: tuple[Span, ...] = ()
    languages: tuple[str, ...] = ()
    marks: tuple[Term, ...] = ()  # further conditions that the index covers
    is_empty: bool = False  # a condition that no book can meet
    ignored: tuple[str, ...] = ()  # words beyond MOST_WORDS

    def with_filters(
        self, languages: Iterable[str], years: Iterable[Span], topics: Sequence[str], authors: str
    ) -> "SearchQuery":
        """The query with additional filters, all as marks in the index of words."""
        named = list(dict.fromkeys(search.words(authors))) if authors else []
        room = max(MOST_WORDS - self.size, 1) if named else 0
        all_languages = tuple(dict.fromkeys([*self.languages, *languages]))
        all_years = _intersection([*self.years, *years])
        marks = [Term((Phrase((word,), FIELDS["author"]),)) for word in named[:room]]
        marks += [_marks("topics", search.tag(slug)) for slug in topics]
        marks += [_marks("other", search.tag(name)) for name in all_languages]
        marks += [_marks("other", *tags) for span in all_years if (tags := _year_tags(*span))]
        is_impossible = len(set(self.isbns)) > 1 or any(_is_reversed(*span) for span in all_years)
        is_unknown = bool(authors and not named) or not all(map(_is_slug, topics))
        return replace(
            self,
            languages=all_languages,
            years=all_years,
            marks=tuple(marks),
            is_empty=self.is_empty or is_impossible or is_unknown,
            ignored=(*self.ignored, *named[room:]),
        )

    @property
    def size(self) -> int:
        """The number of words to look up."""
        without = (term for expression in self.excluded for term in expression.terms)
        return sum(len(phrase.words) for term in (*self.terms, *without) for phrase in term.phrases)

    @property
    def marked_years(self) -> list[Span]:
        return [span for span in self.years if _year_tags(*span)]

    @property
    def unmarked_years(self) -> list[Span]:
        """The spans of years that the index of words does not cover."""
        return [span for span in self.years if not _year_tags(*span)]

    @cached_property
    def expression(self) -> Expression | None:
        """The whole query of the index of words."""
        terms = (*self.terms, *self.marks)
        return Expression(terms, self.excluded) if terms else None

    @cached_property
    def has_text(self) -> bool:
        """Whether it has words, including those of authors, and not just marks."""
        is_text = bool(self.terms) or any(mark.phrases[0].columns == FIELDS["author"] for mark in self.marks)
        return is_text or bool(self.marks and self.excluded)

    @property
    def ranks(self) -> list[Expression]:
        """An expression per rank, best first, each without the ranks before it. Together they are `expression`."""
        if self.expression is None or not self.terms:
            return [self.expression] if self.expression else []
        wider: list[Expression] = []
        anywhere = [term for term in self.terms if term.phrases[0].columns == EVERYWHERE]
        if anywhere:
            fixed = (*(term for term in self.terms if term not in anywhere), *self.marks)
            levels = [
                *_beginnings(anywhere),
                tuple(term.whole("title") for term in anywhere),
                tuple(term.within("title") for term in anywhere),
                tuple(term.within("title", "authors") for term in anywhere),
            ]
            wider = [Expression((*level, *fixed)) for level in dict.fromkeys(levels)]
        wider.append(Expression(self.expression.terms))
        # Each level except the two before it is contained in one of those two.
        return [
            Expression(level.terms, (*wider[max(place - 2, 0) : place], *self.excluded))
            for place, level in enumerate(wider)
        ]


def _beginnings(terms: Sequence[Term]) -> list[tuple[Term, ...]]:
    """Expressions for titles that begin with all of the words, first exactly, then with the last one as a prefix."""
    *before, last = (word for term in terms for word in term.phrases[0].words)
    first = f"{search.BEGINNING}{before[0] if before else last}"  # few titles begin so
    whole = Phrase((first, *before, last) if before else (first,), ("title",), begins=False)
    if not terms[-1].phrases[0].begins:
        return [(Term((whole,)),)]
    if len(last) > search.SHORT or search.is_unspaced(last):
        return [(Term((whole,)),), (Term((replace(whole, begins=True),)),)]
    marks = [Phrase((f"{last}-",), ("title",), begins=False), replace(whole, words=(first, *before))]
    if not before:
        marks = [Phrase((f"{search.BEGINNING}{last}-",), ("title",), begins=False)]
    return [(Term((whole,)),), tuple(Term((mark,)) for mark in marks)]


def parse(query: str) -> SearchQuery:
    """Parse a query."""
    if not query:
        return SearchQuery()
    text = normalized("NFKC", query).translate(_QUOTES)
    text, beyond = text[:MOST_TEXT], text[MOST_TEXT:]  # ﷺ becomes 18 characters
    isbns = isbn.find_all(text)
    for spelled, _ in isbns:
        text = re.sub(
            rf"(?:(?:urn:)?isbn(?:-1[03])?:?\s*)?{re.escape(spelled)}", " ", text, count=1, flags=re.IGNORECASE
        )
    room, terms, years, spoken, ignored = MOST_WORDS, [], [], [], [beyond] if beyond else []
    refused: list[Phrase] = []
    for part in _PART.finditer(text):
        minus, field, quoted, word = part.groups("")
        value, name = quoted or word, field.lower()
        if name == "year" and not minus and (span := parse_span(value)):
            years.append(span)
        elif name in {"lang", "language"} and not minus and (language := _language(value)):
            spoken.append(language)
        elif term := _term(name, value):
            if len(term.phrases[0].words) > room:
                ignored.append(part[0])
            if room and minus:
                refused += term.cut(room).phrases
            elif room:
                terms.append(term.cut(room))
            room = max(room - len(term.phrases[0].words), 0)
    found = tuple(isbn13 for _, isbn13 in isbns), tuple(years), tuple(dict.fromkeys(spoken[:MOST_WORDS]))
    excluded = (Expression((Term(tuple(dict.fromkeys(refused))),)),) if refused else ()
    is_empty = bool(query.strip()) and not (terms or excluded or any(found))
    return SearchQuery(tuple(dict.fromkeys(terms)), excluded, *found, is_empty=is_empty, ignored=tuple(ignored))


def _term(field: str, value: str) -> Term | None:
    if field == "isbn":
        digits = "".join(character for character in value if character.isdecimal() and character.isascii())
        return Term((_digits(digits),)) if digits else None
    role = roles.SEARCHED.get(field, "")
    if field and field not in FIELDS and not role:
        value = f"{field} {value}"
    words = tuple(search.query_words(value))
    if not words:
        return None
    is_pair = search.is_unspaced(words[-1]) and len(words[-1]) > 1  # not a prefix, as any continuation is the next pair
    if role:
        return Term((Phrase(tuple(search.role_words(role, words)), ("other",), begins=not is_pair),))
    phrase = Phrase(words, FIELDS.get(field, EVERYWHERE), begins=not is_pair)
    digits = value.replace("-", "")
    if not field and _DIGITS.fullmatch(value) and search.ISBN_PART < len(digits) <= 13:
        return Term((phrase, *map(_digits, filter(None, (digits, isbn.with_leading_zero(digits))))))
    return Term((phrase,))


def _digits(digits: str) -> Phrase:
    parts = tuple(search.isbn_words(digits))
    return Phrase(parts, ("other",), begins=False) if parts else Phrase((f"#{digits}",), ("other",))


def _marks(column: str, *tags: str) -> Term:
    return Term(tuple(Phrase((tag,), (column,), begins=False) for tag in tags))


def _is_slug(topic: str) -> bool:
    """Whether a topic may have this slug, as FTS5 and tsquery differ in how they read signs and capitals."""
    return bool(_SLUG.fullmatch(topic)) and topic == topic.lower()


def _intersection(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The intersection of the spans, as a list with one span; empty without spans."""
    lowest = max((low for low, _ in spans if low is not None), default=None)
    highest = min((high for _, high in spans if high is not None), default=None)
    return ((lowest, highest),) if spans else ()


def _is_reversed(lowest: int | None, highest: int | None) -> bool:
    return lowest is not None and highest is not None and lowest > highest


def _year_tags(lowest: int | None, highest: int | None) -> list[str]:
    """Marks for whole decades and single years before and after them; none for open or too long spans."""
    if lowest is None or highest is None or not 0 <= highest - lowest < MOST_YEARS:
        return []
    first, last = -(-lowest // 10), (highest + 1) // 10
    if first >= last:
        return [search.tag(str(year)) for year in range(lowest, highest + 1)]
    single = (*range(lowest, first * 10), *range(last * 10, highest + 1))
    return [search.tag(search.decade(each * 10)) for each in range(first, last)] + [search.tag(str(y)) for y in single]


def _language(value: str) -> str:
    try:
        return languages.canonical(value)
    except ValidationError:
        return ""
