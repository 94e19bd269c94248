"""The letters to jump to in an alphabetical list: the first letters of its entries."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import partial
from operator import itemgetter
from typing import Any

from django.db.models import Exists

from books.cache import per_version
from books.metadata.sorting import sort_key
from books.search.compiled_query import compile_query
from books.search.pagination import Cursor, Ordering, Page
from books.views.base import CatalogueView
from books.web.negotiation import HTML
from django41_example.server.threads import in_thread

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZΑАאاअกあ一가"  # the first one of each script stands for the script
LABELS = {"Α": "Α–Ω", "А": "А–Я"}  # letters of two scripts that look like a Latin A
FEW = 60  # names that need no letters to jump to
STARTS = {letter: sort_key(letter) for letter in LETTERS}
FIRST = [start[0] for start in STARTS.values()]
LAST = "\U000e01ef"  # the highest character in a cursor
ENDS = dict(zip(LETTERS, [*list(STARTS.values())[1:], LAST], strict=True))


def letter_of(key: str) -> str:
    """The letter under which a sort key is listed; "" if it comes before all letters."""
    place = bisect_right(FIRST, key[:1])
    return LETTERS[place - 1] if place else ""


def label_of(key: str) -> str:
    """The letter as people see it."""
    letter = letter_of(key)
    return LABELS.get(letter, letter)


async def aletters(model: Any, column: str) -> str:
    """The first letters of the values in a column of sort keys."""
    return await per_version.get_or_make(
        ("letters", model.__name__, column), partial(in_thread, _read_letters, model, column)
    )


def _read_letters(model: Any, column: str) -> str:
    """One index lookup per letter. Call it in a thread."""
    rows = compile_query(_letters_query, model, column).read()  # compiling takes Django 15 ms
    return "".join(letter for letter, is_there in zip(LETTERS, *rows, strict=False) if is_there) if rows else ""


def _letters_query(model: Any, column: str) -> Any:
    spans = [{f"{column}__gte": STARTS[letter], f"{column}__lt": ENDS[letter]} for letter in LETTERS]
    return model.objects.order_by().values_list(*[Exists(model.objects.filter(**span)) for span in spans])[:1]


def cursors(ordering: Ordering, letters: str) -> list[tuple[str, str]]:
    """Each letter's label, in the order of the list, with the `after` cursor that leads to it."""
    # In descending order, names with a letter come before the next letter.
    starts, step = (ENDS, -1) if ordering.descending else (STARTS, 1)
    rest = *[""] * (len(ordering.columns) - 2), -1
    return [
        (LABELS.get(letter, letter), Cursor.encode(ordering, (starts[letter], *rest))) for letter in letters[::step]
    ]


async def aletters_of_names(
    view: CatalogueView, model: Any, page: Page, query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The letters to link on a page of names; none if it shows all names or a search."""
    if view.media_type != HTML or "q" in query or not page.rows or not (page.after or page.before):
        return []
    current, size = label_of(page.rows[0]["sort_key"]), f"size={query['size']}&" if "size" in query else ""
    return [
        {"letter": letter, "url": f"{view.request.path}?{size}after={cursor}", "is_current": letter == current}
        for letter, cursor in cursors(model.objects.all().ORDERINGS["name"], await aletters(model, "sort_key"))
    ]


def with_letters(names: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All names in alphabetical order, with links to the first name of each letter if there are many."""
    rows = sorted(({**each, "key": sort_key(each["name"])} for each in names), key=itemgetter("key"))
    first: dict[str, dict[str, Any]] = {}
    for row in rows if len(rows) > FEW else ():
        first.setdefault(label_of(row["key"]), row)
    first.pop("", None)
    for letter, row in first.items():
        row["letter"] = letter
    return rows, [{"letter": letter, "url": f"#{letter}"} for letter in first]
