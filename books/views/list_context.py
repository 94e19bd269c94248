"""What stands around a list of books on a page: the filters in force, those one could add, the orders."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from books.forms.lists import BookQuery
from books.metadata import languages
from books.metadata.text import fold
from books.search.pagination import BIGGEST_ID, Cursor, Ordering

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
FILTERS = {
    "q": "Search",
    "author": "Author",
    "topic": "Topic",
    "language": "Language",
    "year": "Year",
    "series": "Series",
    "isbn": "ISBN",
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZΑАאاअกあ一가"  # the first of a script stands for it
JUMPS = (0, 1500, 1700, 1800, 1850, *range(1900, 2021, 10))
HEIGHT = 60  # of the highest bar of years


def facets(query: BookQuery, counted: Mapping[str, Any], path: str, name: str) -> dict[str, Any]:
    """Plain data for the template: `filters`, `choices`, `years`, `jumps`, `sorts`, `query`.

    `counted` is what counting.Choices found; `name` is that of the author or topic whose own list it is.
    """
    parameters = query.parameters()

    def links(name: str) -> Callable[[str], str]:
        """The addresses of the list with another value of one parameter, or without it."""
        others = urlencode({other: value for other, value in parameters.items() if other != name})
        start = f"{path}?{others}&{name}=" if others else f"{path}?{name}="
        without = f"{path}?{others}" if others else path
        return lambda value: f"{start}{quoted(value)}" if value else without

    of_sort = links("sort")
    return {
        "query": parameters,
        "filters": [
            {"name": FILTERS[field], "value": _label(field, value, counted), "remove": links(field)("")}
            for field, value in parameters.items()
            if field in FILTERS
        ],
        "choices": _choices(counted, parameters, links, name),
        "years": _years(counted, links("year")),
        "jumps": _jumps(query.cleaned_data["place"].ordering, links("after")),
        "are_capped": bool(counted.get("are_capped")),
        "sorts": [
            {"name": label, "url": of_sort(name), "current": query.cleaned_data["place"].ordering.name == name}
            for name, label in SORTS.items()
            if name != "relevance" or "q" in parameters
        ],
    }


def _choices(
    counted: Mapping[str, Any], parameters: Mapping[str, str], links: Callable[[str], Callable[[str], str]], name: str
) -> list[dict[str, Any]]:
    """What could be added, by kind; not what is in force already."""
    kinds = {
        "topic": ("Topic", [(slug, label, books) for (slug, label), books in counted.get("topics", ())]),
        "author": ("Author", [(str(pk), label, books) for pk, label, books in counted.get("authors", ())]),
        "language": (
            "Language",
            [(code, languages.name(code), books) for code, books in counted.get("languages", ())],
        ),
        "series": ("Series", [(series, series, books) for series, books in counted.get("series", ())]),
        "isbn": ("ISBN", [("none", "Without ISBN", books) for books in [counted.get("without_isbn", 0)] if books]),
    }
    found = []
    for field, (heading, values) in kinds.items():
        url = links(field)
        entries = [
            {"name": label, "books": books, "url": url(value)} for value, label, books in values if label != name
        ]
        if entries and field not in parameters:
            found.append({"field": field, "heading": heading, "entries": entries})
    return found


def _jumps(ordering: Ordering, url: Callable[[str], str]) -> list[dict[str, str]]:
    """Places in the list to go to: letters where it is in the order of titles, years where it is in theirs."""
    down = ordering.descending
    if ordering.columns[0] == "title_key":
        starts = [fold(letter) for letter in LETTERS]
        places: list[tuple[str, Any]] = list(zip(LETTERS, starts, strict=True))
        if down:  # what begins with a letter lies before the next one
            places = list(zip(LETTERS, [*starts[1:], "힣"], strict=True))[::-1]
    elif ordering.columns[0].startswith("year_"):
        places = [(str(year), year) for year in JUMPS][:: -1 if down else 1]
    else:
        return []
    edge = BIGGEST_ID if down and ordering.columns[0] != "title_key" else -1
    rows = ((name, dict(zip(ordering.columns, (value, edge), strict=True))) for name, value in places)
    return [{"name": name, "url": url(Cursor.written(ordering, row))} for name, row in rows]


def _years(counted: Mapping[str, Any], url: Callable[[str], str]) -> list[dict[str, Any]]:
    """The bars of the years: each a link to its span."""
    bars = counted.get("years") or []
    highest = max((books for _, _, books in bars), default=0)
    return [
        {
            "first": first,
            "last": last,
            "books": books,
            "height": (height := max(round(books * HEIGHT / highest), 1) if books else 0),
            "top": HEIGHT - height,
            "url": url(str(first) if first == last else f"{first}..{last}"),
        }
        for first, last, books in bars
        if len(bars) > 1
    ]


def _label(field: str, value: str, counted: Mapping[str, Any]) -> str:
    if field == "language":
        return languages.name(value)
    if field == "author":
        return counted.get("author") or value
    if field == "isbn":
        return "none"
    return value.replace("-", " ").capitalize() if field == "topic" else value
