"""The HTML around a list of books: active filters, more filters, orders, and places to jump to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import accumulate

from books.forms.lists import BookQuery, quote_value
from books.metadata import languages
from books.metadata.record import FIELDS
from books.metadata.years import format_span
from books.search.facets import FacetCounts
from books.search.pagination import BIGGEST_ID, Cursor, Ordering, Page
from books.templatetags.catalogue import thousands, year
from books.views.letters import cursors, label_of

SORTS = {
    "relevance": "Best match",
    "author": "Author",
    "series": "Series",
    "title": "Title A–Z",
    "-title": "Title Z–A",
    "-year": "Newest first",
    "year": "Oldest first",
    "-added": "Last added",
    "added": "First added",
}
FILTERS = {"q": "Search", **{field.parameter: field.label for field in FIELDS if field.parameter}}
FILTERS |= {"author": "Author", "topic": "Topic"}  # a list is filtered by one
JUMPS = (0, 1500, 1700, 1800, 1850, *range(1900, 2021, 10))
BARS = 8  # of the years, one more at the ends: each wide enough for a finger in a narrow column
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LENGTH = 60  # of the longest bar of years
COMMON = 3  # values of a kind that phones show above the list
OPEN = "#narrow"  # phones show the filters on the next page too
Url = Callable[[str], str]  # of the list with another value of one parameter, as HTML


def list_context(
    query: BookQuery, counts: FacetCounts | None, path: str, name: str, author: str | None
) -> dict[str, str]:
    """What `_books.html` shows besides the books. `name`: the author or topic on whose page the list is.

    `author`: the name of the author that the list is filtered by.
    """
    parameters, ordering = query.parameters(), query.page.ordering
    pairs = {name: f"{name}={quote_value(value)}" for name, value in parameters.items()}

    def url(name: str) -> Url:
        others = "&amp;".join([pair for other, pair in pairs.items() if other != name])
        without = f"{escape(path)}?{others}" if others else escape(path)
        start = f"{without}&amp;{name}=" if others else f"{without}?{name}="
        return lambda value: f"{start}{quote_value(value)}" if value else without

    filters = {field: value for field, value in parameters.items() if field in FILTERS}
    chips = [_chip(FILTERS[field], _label(field, value, author), url(field)("")) for field, value in filters.items()]
    if len(chips) > 1:
        chips.append(f'<li><a class="quiet" href="{path}">Remove all</a></li>')
    return {
        "q": escape(parameters.get("q", "")),
        "year_from": "" if query.years[0] is None else str(query.years[0]),
        "year_to": "" if query.years[1] is None else str(query.years[1]),
        "hidden": _hidden(parameters, "q", "sort"),
        "others": _hidden(parameters, "year"),
        "chips": "\n  ".join(chips),
        "choices": _choices(counts, parameters, url, name) if counts else "",
        "years": _histogram(counts, url("year")) if counts else "",
        "common": _common(counts, parameters, url) if counts else "",
        "sorts": _sorts(ordering.name, url("sort"), is_search="q" in parameters),
    }


def _chip(name: str, value: str, remove: str) -> str:
    return (
        f'<li><a class="chip" href="{remove}"><span>{name}: <b dir="auto">{escape(value)}</b></span>'
        '<span class="hidden"> – remove</span><span class="cross" aria-hidden="true">×</span></a></li>'
    )


def _hidden(parameters: Mapping[str, str], *without: str) -> str:
    """The parts of the query that a form repeats."""
    return "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in parameters.items()
        if name not in without
    )


def _label(field: str, value: str, author: str | None) -> str:
    if field == "language":
        return languages.name(value)
    if field == "author":
        return author or value
    return value.replace("-", " ").capitalize() if field == "topic" else value


def _links(links: Iterable[tuple[str, str]], attributes: str = "") -> str:
    return "".join(f'<a href="{url}"{attributes}>{escape(name)}</a>' for name, url in links)


def _sorts(current: str, url: Url, *, is_search: bool) -> str:
    shown = [(label, url(name), name) for name, label in SORTS.items() if name != "relevance" or is_search]
    return "".join(_links([(label, link)], ' aria-current="true"' * (name == current)) for label, link, name in shown)


def _choices(counts: FacetCounts, parameters: Mapping[str, str], url: Callable[[str], Url], name: str) -> str:
    """The filters that could be added, by kind."""
    html = []
    for field, values in counts.values.items():
        link, direction = url(field), "" if field == "language" else ' dir="auto"'
        more = f'<li><a href="{url("facets")(field)}#{field}">More</a></li>' if field in counts.has_more else ""
        entries = [
            f'<li><a href="{link(value)}{OPEN}"{direction}>{escape(label)}</a>'
            + (f' <span class="number">{thousands(books)}</span></li>' if counts.is_exact else "</li>")
            for value, label, books in values
            if label != name
        ]
        if entries and field not in parameters:
            html.append(f'<h2 id="{field}">{FILTERS[field]}</h2><ul>{"".join(entries)}{more}</ul>')
    return "".join(html)


def _common(counts: FacetCounts, parameters: Mapping[str, str], url: Callable[[str], Url]) -> str:
    """The most common topics, decades and languages that narrow the list, each one tap away."""
    decades: Counter[int] = Counter()
    for number, books in counts.years:
        decades[number - number % 10] += books
    spans = [(f"{decade}s", f"{decade}s", books) for decade, books in decades.most_common() if decade >= 1000]
    values = {"topic": counts.values["topic"], "year": spans, "language": counts.values["language"]}
    links = [
        (label, url(field)(value))
        for field in values
        if field not in parameters
        for value, label, _ in [each for each in values[field] if each[2] < counts.count][:COMMON]
    ]
    return _links(links, ' dir="auto"')


def _bars(years: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(first year, last year, books) for spans of equal length; all years long before the most books share one."""
    if not years:
        return []
    total = list(accumulate(books for _, books in years))
    early = next(number for (number, _), books in zip(years, total, strict=True) if books > total[-1] // 50)
    step = next(step for step in STEPS if (years[-1][0] - early) // step < BARS)
    spans: Counter[int] = Counter()
    for number, books in years:
        spans[max(number, early) // step] += books
    first = min(spans)
    return [
        (years[0][0] if span == first else span * step, span * step + step - 1, spans[span])
        for span in range(first, max(spans) + 1)
    ]


def _histogram(counts: FacetCounts, url: Url) -> str:
    """A bar for each span of years, linked to it."""
    bars = _bars(counts.years)
    most = max((books for _, _, books in bars), default=0)
    items = []
    for first, last, books in bars if len(bars) > 1 else ():
        if not books:
            continue
        span = year(first) if first == last else f"{year(first)}–{year(last)}"
        number = f'<span class="number">{thousands(books)}</span>' if counts.is_exact else ""
        items.append(
            f'<li><a href="{url(format_span((first, last)))}{OPEN}"><span>{span}</span>'
            f'<svg viewBox="0 0 {LENGTH} 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
            f'<rect width="{max(round(books * LENGTH / most), 1)}" height="1"/></svg>{number}</a></li>'
        )
    return f'<ol class="histogram" aria-labelledby="years">{"".join(items)}</ol>' if items else ""


def _jumps(ordering: Ordering, letters: str) -> Iterable[tuple[str, str]]:
    """Places to jump to, with their cursors: letters if the list is ordered by titles, years if by years."""
    down = ordering.descending
    if letters:
        return cursors(ordering, letters)
    if ordering.columns[0].startswith("year_"):
        edge = BIGGEST_ID if down else -1
        return [(str(year), Cursor.encode(ordering, (year, edge))) for year in JUMPS[:: -1 if down else 1]]
    return []


def jumps(query: BookQuery, path: str, letters: str) -> str:
    """Links into the list; `letters`: the first letters of its titles."""
    start = escape(f"{path}?{query.urlencoded}&" if query.urlencoded else f"{path}?")
    links = [(label, f"{start}after={cursor}") for label, cursor in _jumps(query.page.ordering, letters)]
    return _links(links, ' rel="nofollow"')


def with_current(jumps: bytes, page: Page, ordering: Ordering) -> bytes:
    """The same links, with the one for the first row's place marked as current."""
    start = page.rows[0][-len(ordering.columns)]
    if isinstance(start, str):
        label = label_of(start)
    elif ordering.descending:
        label = str(next((year for year in JUMPS if year >= start), JUMPS[-1]))
    else:
        label = str(max((year for year in JUMPS if year <= start), default=JUMPS[0]))
    return jumps.replace(f">{label}</a>".encode(), f' aria-current="true">{label}</a>'.encode())
