"""The parameters of lists and look-ups."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus

from django import forms
from django.core.exceptions import ValidationError

from books.forms.fields import (
    DEFAULT_SIZE,
    MAX_QUERY,
    IsbnField,
    LanguageField,
    OneOfField,
    QueryField,
    SizeField,
    YearField,
)
from books.metadata import languages, record
from books.metadata.series import Place
from books.metadata.years import Span, format_span
from books.models.book import BookQuerySet
from books.models.job import JobQuerySet
from books.models.named import NamedQuerySet
from books.models.topic import TopicQuerySet
from books.search.facets import KINDS
from books.search.filters import BookSearch
from books.search.pagination import CURSOR_LENGTH, Ordering, PageRequest

YEAR_FIELDS = "year", "year_from", "year_to"
SEARCHES = {"query", "search", "title", "term", "keyword", "keywords", "s"}  # other programs' names for q
LONGEST_NAME = 40  # characters of an unknown parameter that are compared
_PLAIN = re.compile(r"[\w.~-]*", re.ASCII)  # what stands in a URL as it is


def unknown_parameter(name: str, known: Sequence[str]) -> str:
    """The message for an unknown parameter, with a suggestion."""
    written = name.lower()[:LONGEST_NAME]
    meant = [each for each in known if each in written or (len(written) > 2 and written in each)]
    meant = [each for each in meant if len(each) > 1] or get_close_matches(written, known, 1)
    if not meant and "q" in known and written in SEARCHES:
        meant = ["q"]
    hint = f" Did you mean {meant[0]}=?" if meant else ""
    return f"Unknown parameter.{hint} Known parameters: {', '.join(known)}."


def quote_value(value: str) -> str:
    """Quote for a query string. Values that need no quoting are spared `quote_plus`: a tenth of a page's time."""
    return value if _PLAIN.fullmatch(value) else quote_plus(value)


class LookupQuery(forms.Form):
    """The book to look up in other catalogues."""

    isbn = IsbnField(error_messages={"required": "Type an ISBN, such as 978-0-306-40615-7."})


class ListQuery(forms.Form):
    """A page of a list: `?size=`, and the cursor `?after=` or `?before=`."""

    size = SizeField(required=False)
    after = QueryField(required=False, max_length=CURSOR_LENGTH)
    before = QueryField(required=False, max_length=CURSOR_LENGTH)

    allows_unknown = False  # whether parameters of other forms may be sent too
    order: Ordering

    def __init__(self, data: Mapping[str, Any]) -> None:
        known, ordered = self.base_fields, (*(self.field_order or ()), *data)
        self.base_fields = {name: known[name] for name in ordered if name in data and name in known and data[name]}  # type: ignore[misc] # the form copies these: most requests send one or two of ten
        super().__init__(data, field_order=())  # Django would look for each of the ten again

    def ordering(self) -> Ordering:
        return self.order

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        self._bound_fields_cache.clear()  # type: ignore[attr-defined]  # they refer to this form: only the garbage collector would free it
        for name in () if self.allows_unknown else self.data:
            if name not in type(self).base_fields:
                self.errors[name] = self.error_class([unknown_parameter(name, [*type(self).base_fields])])
        if self.errors:
            return cleaned
        if "after" in cleaned and "before" in cleaned:
            self.add_error("before", "Send `after` or `before`, not both.")
        self.page = PageRequest(self.ordering(), cleaned.get("size") or DEFAULT_SIZE)
        for name in () if self.errors else cleaned.keys() & {"after", "before"}:
            try:
                self.page = self.page.at(cleaned[name], backwards=name == "before")
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned

    def parameters(self) -> dict[str, str]:
        """The query as sent but without the cursor, for links to other pages."""
        return {name: self.data[name] for name in self.fields if name not in {"after", "before", "facets"}}

    @cached_property
    def urlencoded(self) -> str:
        """The parameters as a query string."""
        return "&".join([f"{name}={quote_value(value)}" for name, value in self.parameters().items()])


class BookQuery(ListQuery):
    """The filters and the order of a list of books. Filters are combined with AND."""

    is_in_series = False

    q = QueryField(required=False, max_length=MAX_QUERY)
    author = QueryField(required=False, max_length=record.MAX_NAME)
    topic = QueryField(required=False, max_length=record.MAX_SLUG)
    language = LanguageField(required=False, max_length=languages.MAX_LENGTH)
    year = YearField(required=False)
    year_from = YearField(required=False)
    year_to = YearField(required=False)
    series = QueryField(required=False, max_length=record.MAX_TEXT)
    isbn = OneOfField(["none"], "Write none, for the books without an ISBN; q finds one by its digits.")
    sort = OneOfField(BookQuerySet.ORDERINGS)
    facets = OneOfField(["all", *KINDS], f"Write all, or one of {', '.join(KINDS)} for all its values.")

    field_order = ["q", "author", "topic", "language", *YEAR_FIELDS, "series", "isbn", "sort", "size"]

    def ordering(self) -> Ordering:
        default = "relevance" if self.cleaned_data.get("q") else "series" if self.is_of_series else "title"
        name = self.cleaned_data.get("sort") or default
        return BookQuerySet.IN_SERIES if self.is_of_series and name == "series" else BookQuerySet.ORDERINGS[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("year_from"), cleaned.get("year_to")
        if first or last:
            if cleaned.get("year"):
                self.add_error("year", "Send `year`, or `year_from` and `year_to`.")
            is_single = first is None or first[0] == first[1]
            cleaned["year"] = (first and first[0], last and last[1]) if last or is_single else first
        return cleaned

    def parameters(self) -> dict[str, str]:
        sent = super().parameters()
        if sent.keys() & {"year_from", "year_to"}:
            sent = {name: value for name, value in sent.items() if name not in YEAR_FIELDS}
            sent["year"] = format_span(self.cleaned_data["year"])
        return sent

    @property
    def years(self) -> Span:
        return self.cleaned_data.get("year") or (None, None)

    @cached_property
    def asked_facets(self) -> str:
        return self.cleaned_data.get("facets") or ""

    @cached_property
    def is_of_series(self) -> bool:
        return self.is_in_series or bool(self.cleaned_data.get("series"))

    @cached_property
    def has_places(self) -> bool:
        """Whether the list shows places in series."""
        return self.is_of_series or self.page.ordering.name == "series"

    def place_of(self, place: Place) -> str:
        """A book's place as the list shows it: only the number in the list of its series."""
        number = place.written and (place.label or f"#{place.written}")
        return number if self.is_of_series else str(place)

    def search(self, topic: str = "", author: int | None = None, series: int | None = None) -> BookSearch:
        """The search, restricted to a topic, an author or a series if given."""
        return BookSearch.of(self.cleaned_data, topic, author, series)


class SeriesBookQuery(BookQuery):
    """The same for the books of one series, in its order."""

    is_in_series = True


class CsvQuery(BookQuery):
    """`?bom=1`: the file begins with a BOM, which Excel needs to recognise UTF-8."""

    bom = OneOfField(["0", "1"], "Write 1, for a CSV that Excel reads, or 0.")
    facets = None  # type: ignore[assignment] # a file has none


class NamesQuery(ListQuery):
    """Filters authors or series: `?q=` words of the name."""

    q = QueryField(required=False, max_length=MAX_QUERY)
    order = NamedQuerySet.ORDERINGS["name"]


class TopicQuery(ListQuery):
    """A page of topics."""

    order = TopicQuerySet.ORDERINGS["slug"]


class JobQuery(ListQuery):
    """A page of jobs. For exports, lists of books may send their own parameters too."""

    allows_unknown = True
    order = JobQuerySet.ORDERINGS["-added"]
