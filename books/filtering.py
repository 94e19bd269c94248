"""What a list of books is narrowed by, and the two ways to find it.

Where few books fit, the index of words names them, and they are sorted. Where many do, the list is walked in its own
order, and each row is looked at until the page is full: among a million that is soon. How many there are is counted
first, to one beyond COUNT_CAP at the most. Words of a text are never looked for row by row, which takes too long for
a walk: what many books hold is sorted whole, unless the best match is what comes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower

from books.asking import Asked, understood
from books.indexing import InStep
from books.languages import primary
from books.models.people import Author, BookAuthor, BookTopic
from books.models.words import Words
from books.paging import CappedCount, PagedQuerySet, PageQuery, Place
from books.prepared import Statement
from books.ranking import FewOrMany, ranked_page

Books = PagedQuerySet[Any]


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
            fitting = _holding(fitting, self.asked.everything)
        return fitting

    def many(self, books: Books, place: Place) -> Any:
        """The same books, as rows of a list that is walked."""
        fitting: Any = self._rest(books)
        for slug in self.topics:
            fitting = fitting.filter(Exists(BookTopic.objects.filter(book=OuterRef("pk"), topic__slug=slug)))
        for language in self.asked.languages:
            if place.ordering.name.endswith("title"):  # there is an index of languages for this order
                fitting = fitting.filter(tongue=primary(language))
            if language != primary(language) or not place.ordering.name.endswith("title"):
                fitting = fitting.alias(spoken=Lower("language")).filter(_spoken(language))
        for lowest, highest in self.asked.years:
            for end, year in (("gte", lowest), ("lte", highest)):
                if year is not None:
                    # The list's own index begins and ends where the years do.
                    columns = [name for name in (*place.ordering.columns, "published_year") if "year" in name]
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
                fitting = fitting.exclude(pk__in=_holding(books.model._default_manager.all(), refused).values("pk"))
        return fitting

    @property
    def needs_index(self) -> bool:
        return bool(self.asked.everything or self.asked.refused)

    def page(self, books: Books, columns: list[str], place: Place) -> PageQuery:
        page = self._page(books, columns, place)
        return replace(page, rows=InStep(page.rows)) if self.needs_index else page

    def _page(self, books: Books, columns: list[str], place: Place) -> PageQuery:
        few, ordering = self.few(books), place.ordering.name
        if self.asked.everything is None or (ordering == "relevance" and not self.asked.terms):
            return few.annotate(distance=Value(0)).page(columns, place)  # type: ignore[no-any-return]
        rest = self._rest(books)
        on_postgresql = connection.vendor == "postgresql"
        is_alone = not (on_postgresql or rest.query.where)  # then the index of words knows the count by itself
        counted = Words.objects.filter(words__holds=self.asked.everything) if is_alone else few
        if ordering == "relevance":
            ranks = [_holding(rest, rank) for rank in self.asked.ranks]
            return ranked_page(counted, ranks, columns, place, "pk" if on_postgresql else "indexed")
        count = books.model._default_manager.order_by().values(count_of_all=CappedCount(counted))[:1]
        many = few if self.asked.text else self.many(books, place)
        found, walked = Statement(_sorted(few, columns, place)), Statement(many.rows_at(columns, place))
        return PageQuery(counted, FewOrMany(Statement(count), found, walked), place)


def _sorted(books: Any, columns: list[str], place: Place) -> Any:
    """The rows of a page by way of a sort: PostgreSQL would walk the list to what it takes for common and is not."""
    if connection.vendor != "postgresql":
        return books.rows_at(columns, place)
    by = [Concat(name, Value("")) if name.endswith("_key") else F(name) + 0 for name in place.ordering.columns]
    down = place.ordering.descending != place.backwards
    return books.rows_at(columns, place, [each.desc() if down else each.asc() for each in by])


def _holding(books: Any, expression: Any) -> Any:
    return books.filter(
        **{"words__holds" if connection.vendor == "postgresql" else "indexed__words__holds": expression}
    )


def _spoken(language: str) -> Q:
    """en finds en-us too ("." is the character after "-"). By what it is folded to, so that the list stays walked."""
    return Q(spoken=language) | Q(spoken__gt=f"{language}-", spoken__lt=f"{language}.")
