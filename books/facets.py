"""What stands around a list of books on a page: the filters in force, those one could add, the orders."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.db.models import Count

from books import languages
from books.forms import BookQuery
from books.models import BookTopic
from books.models.book import BookQuerySet
from books.paging import Page
from books.prepared import Rows, Statement

MOST = 12  # choices shown of a kind
SORTS = {
    "relevance": "Best match",
    "title": "Title A–Z",
    "-title": "Title Z–A",
    "-year": "Newest first",
    "year": "Oldest first",
    "-added": "Last added",
    "added": "First added",
}
quoted = lru_cache(2000)(quote_plus)
FILTERS = {"q": "Search", "author": "Author", "topic": "Topic", "language": "Language", "year": "Year"}


def choices(books: BookQuerySet, query: BookQuery) -> dict[str, Statement]:
    """What counts the languages and the topics that a list could be narrowed by."""
    filed = BookTopic.objects.filter(book__in=books.order_by().values("pk"))
    topics = filed.values("topic__slug", "topic__name").annotate(books=Count("pk"))
    counted = {
        "language": Statement(books.order_by().values("language").annotate(books=Count("pk"))),
        "topic": Statement(topics.order_by("-books", "topic__slug")[:MOST]),
    }
    return {name: statement for name, statement in counted.items() if name not in query.parameters()}


def facets(query: BookQuery, page: Page, counted: Mapping[str, Rows], path: str) -> dict[str, Any]:
    """Plain data for the template: `filters`, `languages`, `topics`, `sorts`, `query`.

    `counted` is what `choices` found: nothing for a list that is too long to be counted exactly, which would cost
    more than the page.
    """
    counted = counted if page.count > 1 else {}
    parameters = query.parameters()

    def links(name: str) -> Callable[[str], str]:
        """The addresses of the list with another value of one parameter, or without it."""
        others = urlencode({other: value for other, value in parameters.items() if other != name})
        start = f"{path}?{others}&{name}=" if others else f"{path}?{name}="
        without = f"{path}?{others}" if others else path
        return lambda value: f"{start}{quoted(value)}" if value else without

    of_language, of_topic, of_sort = links("language"), links("topic"), links("sort")
    return {
        "query": parameters,
        "filters": [
            {"name": FILTERS[name], "value": _label(name, value), "remove": links(name)("")}
            for name, value in parameters.items()
            if name in FILTERS
        ],
        "languages": [
            {"name": languages.name(code), "books": books, "url": of_language(code)}
            for code, books in _language_counts(counted.get("language", []))
        ],
        "topics": [
            {"name": row["topic__name"], "books": row["books"], "url": of_topic(row["topic__slug"])}
            for row in counted.get("topic", [])
        ],
        "sorts": [
            {"name": label, "url": of_sort(name), "current": query.cleaned_data["place"].ordering.name == name}
            for name, label in SORTS.items()
            if name != "relevance" or "q" in parameters
        ],
    }


def _label(name: str, value: str) -> str:
    if name == "language":
        return languages.name(value)
    return value.replace("-", " ").capitalize() if name == "topic" else value


def _language_counts(rows: Rows) -> list[tuple[str, int]]:
    """(language, books), most first; en-us and en-gb are counted as en."""
    counts: dict[str, int] = {}
    for row in rows:
        if row["language"]:
            code = languages.primary(row["language"])
            counts[code] = counts.get(code, 0) + row["books"]
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST]
