"""What the books of a list must have.

The index of words knows topics, languages and years too, by marks: among 100,000 books it counts those of a topic and
a year in 0.6 ms where joins take 53, and finds that no Japanese book holds "the" in 6 ms where joins take seconds.
What it does not know, and what a walk along the list looks at book by book, are conditions on the rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import CharField, Exists, F, Field, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Lower

from books.metadata.languages import primary
from books.metadata.record import TEXT_FILTERS
from books.models.author import BookAuthor
from books.models.topic import BookTopic
from books.models.words import Words
from books.search.compiled_query import Parameter, compiled
from books.search.expressions import Expression
from books.search.pagination import CappedCount, Ordering
from books.search.query import SearchQuery, parse

TEXT: "Field[Any, Any]" = CharField()
NUMBER: "Field[Any, Any]" = IntegerField()
LONGEST_ID = 18  # digits
Conditions = tuple[tuple[str, Any], ...]  # names of CONDITIONS, with their values


def _words(asked: Parameter) -> Q:
    return Q(**{"words__holds" if connection.vendor == "postgresql" else "indexed__words__holds": asked})


def _without_words(asked: Parameter) -> Q:
    if connection.vendor == "postgresql":
        return ~Q(words__holds=asked)
    return ~Q(pk__in=Words.objects.filter(words__holds=asked).values("pk"))


def _equals(column: str, asked: Any) -> Q:
    return Q(~Q(**{column: ""}), **{column: asked})  # as the index of series has it


CONDITIONS: dict[str, tuple["Field[Any, Any]", Callable[[Any], Q]]] = {
    "author": (NUMBER, lambda pk: Q(pk__in=BookAuthor.objects.filter(author=pk).values("book"))),
    **{name: (TEXT, partial(_equals, name)) for name in TEXT_FILTERS},
    "without_isbn": (TEXT, lambda _: Q(isbn13=None)),
    "isbn": (TEXT, lambda isbn13: Q(isbn13=isbn13)),
    "lowest": (NUMBER, lambda year: Q(year_or_first__gte=year)),
    "highest": (NUMBER, lambda year: Q(year_or_last__lte=year)),
    "author_beside_words": (NUMBER, lambda pk: Q(number__in=BookAuthor.objects.filter(author=pk).values("book"))),
    "series_beside_words": (TEXT, lambda name: Q(any_series=name)),
    "without_isbn_beside_words": (TEXT, lambda _: Q(any_isbn="")),
    "lowest_beside_words": (NUMBER, lambda year: Q(first_year__gte=year)),
    "highest_beside_words": (NUMBER, lambda year: Q(last_year__lte=year)),
    "words": (TEXT, _words),
    "without_words": (TEXT, _without_words),
    # What the index of words knows, for a walk along the list. As expressions where another index would lead it astray.
    "words_on_walk": (TEXT, lambda asked: Q(number__in=Words.objects.filter(words__holds=asked).values("pk"))),
    "topic": (TEXT, lambda slug: Q(Exists(BookTopic.objects.filter(book=OuterRef("pk"), topic__slug=slug)))),
    "language": (TEXT, lambda code: Q(primary=code)),
    "title_language": (TEXT, lambda code: Q(primary_language=code)),  # there is an index of titles in each language
    "exact_language": (TEXT, lambda code: Q(lower_language=code)),
    "from_year": (NUMBER, lambda year: Q(published_year__gte=year)),
    "to_year": (NUMBER, lambda year: Q(published_year__lte=year)),
}

# Beside words these are looked at book by book: else SQLite takes their index, and asks for the words at each book.
BESIDE_WORDS = {name: f"{name}_beside_words" for name in ("author", "series", "without_isbn", "lowest", "highest")}


@dataclass(frozen=True)
class BookSearch:
    """The filters of a list and the words that are searched."""

    query: SearchQuery = field(default_factory=SearchQuery)
    on_rows: Conditions = ()  # that the index of words does not know
    topics: tuple[str, ...] = ()  # slugs
    author: str = ""  # an id

    @classmethod
    def of(cls, cleaned: Mapping[str, Any], topic: str = "", author_id: int | None = None) -> "BookSearch":
        """The search of a cleaned BookQuery; `topic` and `author_id` are those whose own list it is."""
        query, author = parse(cleaned.get("q") or ""), cleaned.get("author") or ""
        is_id = author.isascii() and author.isdigit()  # ² is a digit too, and no number
        topics = tuple(filter(None, (topic, cleaned.get("topic"))))
        languages, years = ([cleaned[name]] if cleaned.get(name) else [] for name in ("language", "year"))
        query = query.with_filters(languages, years, topics, "" if is_id else author)
        if is_id and not 0 < len(author.lstrip("0")) <= LONGEST_ID:
            return cls(replace(query, is_empty=True))
        authors = filter(None, (author_id, int(author) if is_id else None))
        on_rows: list[tuple[str, Any]] = [("author", pk) for pk in authors]
        on_rows += [(name, cleaned[name]) for name in TEXT_FILTERS if cleaned.get(name)]
        if cleaned.get("isbn"):
            on_rows.append(("without_isbn", ""))
        on_rows += [("isbn", isbn13) for isbn13 in dict.fromkeys(query.isbns)]
        for lowest, highest in query.unmarked_years:
            on_rows += [(name, year) for name, year in (("lowest", lowest), ("highest", highest)) if year is not None]
        return cls(query, tuple(on_rows), topics, author if is_id else "")

    def on_walk(self, ordering: Ordering) -> Conditions:
        """All that the books must have, for a walk along the list that passes by those that do not fit."""
        if self.query.has_text:
            return ("words_on_walk", as_text(self.query.expression)), *self.on_rows  # type: ignore[arg-type]
        language = "title_language" if ordering.columns[0] == "title_key" else "language"
        marked: list[tuple[str, Any]] = [("topic", slug) for slug in self.topics]
        marked += [(language if code == primary(code) else "exact_language", code) for code in self.query.languages]
        for lowest, highest in self.query.marked_years:
            marked += [("from_year", lowest), ("to_year", highest)]
        return *marked, *self.on_rows

    @property
    def conditions(self) -> Conditions:
        """All that the books must have, as the index of words is asked."""
        if words := self.query.expression:
            return self.with_words(words)
        return (*self.on_rows, *(("without_words", as_text(excluded)) for excluded in self.query.excluded))

    def with_words(self, words: Expression) -> Conditions:
        """These words, and what the index does not know."""
        return ("words", as_text(words)), *((BESIDE_WORDS.get(name, name), value) for name, value in self.on_rows)

    @property
    def needs_index(self) -> bool:
        return bool(self.query.expression or self.query.excluded)


def as_text(expression: Expression) -> str:
    return expression.as_tsquery() if connection.vendor == "postgresql" else expression.as_fts5()


def names_of(conditions: Conditions) -> tuple[str, ...]:
    return tuple(name for name, _ in conditions)


def values_of(conditions: Conditions) -> dict[str, Any]:
    """The values by the names of their parameters."""
    return {f"{name}{place}": value for place, (name, value) in enumerate(conditions)}


def parameters_of(names: tuple[str, ...]) -> Conditions:
    """The conditions of these names, for a query that is compiled for any values."""
    return tuple((name, Parameter(f"{name}{place}", CONDITIONS[name][0])) for place, name in enumerate(names))


def fitting(books: Any, conditions: Conditions) -> Any:
    """Those of the books that meet the conditions."""
    books = books.alias(
        number=F("pk") + 0,
        primary=Concat("primary_language", Value("")),
        lower_language=Lower("language"),
        any_series=Concat("series", Value("")),
        any_isbn=Coalesce("isbn13", Value("")),
        first_year=F("year_or_first") + 0,
        last_year=F("year_or_last") + 0,
    )
    return books.filter(*(CONDITIONS[name][1](value) for name, value in conditions))


def count_of(model: Any, conditions: Conditions, cap: int) -> int:
    found = compiled(counted, model, names_of(conditions), cap).with_values(**values_of(conditions)).read()
    return int(found[0][0]) if found else 0  # no row: there is no book at all


def counted(model: Any, names: tuple[str, ...], cap: int) -> QuerySet[Any, Any]:
    rows = fitting(model.objects.all(), parameters_of(names))
    if names == ("words",) and connection.vendor == "sqlite":  # whose index of words counts by itself
        rows = Words.objects.filter(words__holds=Parameter("words0", TEXT))
    return model.objects.order_by().values_list(CappedCount(rows, cap))[:1]  # type: ignore[no-any-return]
