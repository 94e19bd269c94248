"""What a list of books is narrowed by, and the ways to find it.

Where few books fit, the index of words names them, and they are sorted. Where many do, the list is walked in its own
order until the page is full: among a million that is soon. How many there are is counted first.

On SQLite the walk goes along an index of the list's order, and passes by what is not in the set of ids that the index
of words gives. PostgreSQL looks at each row, but not for words, which takes too long there: what many books hold is
sorted whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import inf
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower

from books.metadata.languages import primary
from books.models.author import Author, BookAuthor
from books.models.topic import BookTopic
from books.models.words import Words
from books.search.index import InStep
from books.search.pagination import COUNT_CAP, PagedQuerySet, PageQuery, Place
from books.search.query import Asked, understood
from books.search.results import FEW_OF_A_RANK, AnyWords, ByNumber, Filled, Made, holding, made, ranked_page

Books = PagedQuerySet[Any]

FEW_OF_A_LIST = 2000  # rows that are rather sorted than walked to on SQLite


@dataclass(frozen=True)
class Filters:
    asked: Asked
    topics: tuple[str, ...] = ()  # slugs
    author: str = ""  # an id
    series: str = ""
    without_isbn: bool = False

    @classmethod
    def of(cls, cleaned: Mapping[str, Any], topic: str = "") -> "Filters":
        """The filters of a cleaned query; `topic` is the slug of one whose own list it is."""
        asked, author = understood(cleaned.get("q") or ""), cleaned.get("author") or ""
        is_id = author.isascii() and author.isdigit()  # ² is a digit too, and no number
        topics = tuple(filter(None, (topic, cleaned.get("topic"))))
        spoken = (*asked.languages, *filter(None, [cleaned.get("language")]))
        years = (*asked.years, *filter(None, [cleaned.get("year")]))
        asked = replace(asked, languages=spoken, years=years).tagged(topics, "" if is_id else author)
        isbn, series = cleaned.get("isbn") == "none", cleaned.get("series") or ""
        return cls(asked, topics, author if is_id else "", series, without_isbn=isbn)

    def few(self, books: Books) -> Any:
        """The books that fit, found by the index of words where it knows them."""
        fitting = self._rest(books)
        if self.asked.everything:
            fitting = holding(fitting, self.asked.everything)
        return fitting

    def among_named(self, books: Books, place: Place) -> Any:
        """The same books, for a walk along the list that passes by what the index of words does not name. On SQLite."""
        named = Words.objects.filter(words__holds=self.asked.everything)
        number = F("pk") + 0  # as an id it would be looked up, book by book, instead of the list being walked
        return self._along(self._rest(books).alias(number=number).filter(number__in=named.values("pk")), place)

    def looked_at(self, books: Books, place: Place) -> Any:
        """The same books, for a walk that looks at each book of the list; not for words."""
        fitting: Any = self._rest(books)
        for slug in self.topics:
            fitting = fitting.filter(Exists(BookTopic.objects.filter(book=OuterRef("pk"), topic__slug=slug)))
        for language in self.asked.languages:
            if language != primary(language) or not _knows_languages(place):
                fitting = fitting.alias(spoken=Lower("language")).filter(_spoken(language))
        for lowest, highest in self.asked.years:
            if lowest is not None:
                fitting = fitting.filter(published_year__gte=lowest)
            if highest is not None:
                fitting = fitting.filter(published_year__lte=highest)
        return self._along(fitting, place)

    def _along(self, fitting: Any, place: Place) -> Any:
        """Where an index of the list's order knows languages or years too, the walk begins and ends with them."""
        for language in self.asked.languages if _knows_languages(place) else ():
            fitting = fitting.filter(primary_language=primary(language))
        for lowest, highest in self.asked.years:
            for end, year in (("gte", lowest), ("lte", highest)):
                columns = [name for name in place.ordering.columns if "year" in name and year is not None]
                fitting = fitting.filter(**{f"{column}__{end}": year for column in columns})
        return fitting

    def _rest(self, books: Books) -> Any:
        """What the index of words does not know."""
        fitting: Any = books.none() if self.asked.is_empty else books
        if self.author:
            fitting = fitting.filter(
                pk__in=BookAuthor.objects.filter(author__in=Author.objects.filter(pk=self.author)).values("book")
            )
        if self.series:
            fitting = fitting.exclude(series="").filter(series=self.series)
        if self.without_isbn:
            fitting = fitting.filter(isbn13=None)
        for isbn13 in self.asked.isbns:
            fitting = fitting.filter(isbn13=isbn13)
        for lowest, highest in self.asked.untagged_years:
            if lowest is not None:
                fitting = fitting.filter(year_or_first__gte=lowest)
            if highest is not None:
                fitting = fitting.filter(year_or_last__lte=highest)
        if self.asked.everything is None:
            for refused in self.asked.refused:
                fitting = fitting.exclude(pk__in=holding(books.model._default_manager.all(), refused).values("pk"))
        return fitting

    @property
    def needs_index(self) -> bool:
        return bool(self.asked.everything or self.asked.refused)

    def page(self, books: Books, columns: list[str], place: Place) -> PageQuery:
        page = self._page(books, columns, place)
        return replace(page, rows=InStep(page.rows)) if self.needs_index else page

    def _page(self, books: Books, columns: list[str], place: Place) -> PageQuery:
        few, everything = self.few(books), self.asked.everything
        is_ranked = place.ordering.name == "relevance"
        if everything is None or (is_ranked and not self.asked.terms):
            return few.annotate(distance=Value(0)).page(columns, place)  # type: ignore[no-any-return]
        rest = self._rest(books)
        words = AnyWords(rest) if rest.query.where else _any_words(books.model)  # type: ignore[arg-type]
        count = Filled(words.count(is_ranked=is_ranked), everything)
        if is_ranked:
            return ranked_page(few, self.asked.ranks, count, place, partial(words.rank, tuple(columns), place.size))
        return PageQuery(few, ByNumber(count, *self._ways(books, few, columns, place)), place)

    def _ways(self, books: Books, few: Any, columns: list[str], place: Place) -> list[tuple[float, Made]]:
        """The ways to a page of the books in an order of their own, each with the most books that it is good for."""
        if connection.vendor == "sqlite" and place.ordering.columns == ("id",):
            return [(inf, made(lambda: _in_order_of_ids(few, columns, place)))]
        found = made(lambda: _sorted(few, columns, place))
        looked_at = made(lambda: self.looked_at(books, place).rows_at(columns, place))
        if connection.vendor == "postgresql":
            return [(inf, found)] if self.asked.text else [(FEW_OF_A_RANK, found), (inf, looked_at)]
        among_named = made(lambda: self.among_named(books, place).rows_at(columns, place))
        if self.asked.text:  # the books that hold some words may all stand at the end of the list
            return [(COUNT_CAP, found), (inf, among_named)]
        return [(FEW_OF_A_LIST, found), (COUNT_CAP, among_named), (inf, looked_at)]


def _sorted(books: Any, columns: list[str], place: Place) -> Any:
    """The rows of a page by way of a sort: PostgreSQL would walk the list to what it takes for common and is not."""
    if connection.vendor != "postgresql":
        return books.rows_at(columns, place)
    by = [Concat(name, Value("")) if name.endswith("_key") else F(name) + 0 for name in place.ordering.columns]
    down = place.ordering.descending != place.backwards
    return books.rows_at(columns, place, [each.desc() if down else each.asc() for each in by])


def _in_order_of_ids(books: Any, columns: list[str], place: Place) -> Any:
    """The rows of a page as SQLite's index of words gives them: that far, and no further."""
    down = place.ordering.descending != place.backwards
    rows = books.order_by("-indexed" if down else "indexed")
    if place.cursor:
        rows = rows.filter(**{f"indexed__{'lt' if down else 'gt'}": place.cursor.key[0]})
    return rows.values(*{*columns, "id"})[: place.size + 1]


@lru_cache(1)
def _any_words(model: Any) -> AnyWords:
    """Among all books: the same queries for whatever the index of words knows by itself."""
    return AnyWords(model._default_manager.all())


def _knows_languages(place: Place) -> bool:
    """Whether there is an index of this order within each language."""
    return place.ordering.name.endswith("title")


def _spoken(language: str) -> Q:
    """en finds en-us too ("." is the character after "-"). By what it is folded to, so that the list stays walked."""
    return Q(spoken=language) | Q(spoken__gt=f"{language}-", spoken__lt=f"{language}.")
