"""What stands around a list of books on a page: the filters in force, those one could add, the orders."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count

from books import languages
from books.forms import BookQuery
from books.models import BookTopic
from books.models.book import BookQuerySet
from books.paging import Page

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
FILTERS = {"q": "Search", "author": "Author", "topic": "Topic", "language": "Language", "year": "Year"}


async def facets(matching: BookQuerySet, query: BookQuery, page: Page, path: str) -> dict[str, Any]:
    """Plain data for the template: `filters`, `languages`, `topics`, `sorts`, `query`.

    Choices are counted only while the list is short enough for an exact count: beyond, they would cost more than
    the page.
    """
    parameters = query.parameters()

    def link(**changes: str | None) -> str:
        changed = {name: value for name, value in {**parameters, **changes}.items() if value}
        return f"{path}?{urlencode(changed)}" if changed else path

    counted = page.count_is_exact and page.count > 1
    return {
        "query": parameters,
        "filters": [
            {"name": FILTERS[name], "value": _label(name, value), "remove": link(**{name: None})}
            for name, value in parameters.items()
            if name in FILTERS
        ],
        "languages": [
            {"name": languages.name(code), "books": books, "url": link(language=code)}
            for code, books in (await _language_counts(matching) if counted and "language" not in parameters else [])
        ],
        "topics": [
            {"name": row["topic__name"], "books": row["books"], "url": link(topic=row["topic__slug"])}
            for row in (await _topic_counts(matching) if counted and "topic" not in parameters else [])
        ],
        "sorts": [
            {"name": label, "url": link(sort=name), "current": query.cleaned_data["place"].ordering.name == name}
            for name, label in SORTS.items()
            if name != "relevance" or "q" in parameters
        ],
    }


def _label(name: str, value: str) -> str:
    if name == "language":
        return languages.name(value)
    return value.replace("-", " ").capitalize() if name == "topic" else value


async def _language_counts(matching: BookQuerySet) -> list[tuple[str, int]]:
    """(language, books), most first; en-us and en-gb are counted as en."""
    counts: dict[str, int] = {}
    async for row in matching.order_by().values("language").annotate(books=Count("pk")):
        if row["language"]:
            code = languages.primary(row["language"])
            counts[code] = counts.get(code, 0) + row["books"]
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST]


async def _topic_counts(matching: BookQuerySet) -> Sequence[Any]:
    filed = BookTopic.objects.filter(book__in=matching.order_by().values("pk"))
    counts = filed.values("topic__slug", "topic__name").annotate(books=Count("pk")).order_by("-books", "topic__slug")
    return [row async for row in counts[:MOST]]
