"""The topics page by page. They are in memory; a feed that named thousands at once would be long to write and read."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from books.forms.lists import ListQuery
from books.search.pagination import Cursor, Ordering, Page, Place

BY_SLUG = Ordering("slug", ("slug_key",))


class TopicQuery(ListQuery):
    """Which page of the topics."""

    def ordering(self, cleaned: dict[str, Any]) -> Ordering:
        return BY_SLUG


def page_of_slugs(slugs: Sequence[str], place: Place) -> Page:
    """One page of the slugs, which are sorted."""
    first, last = 0, place.size
    if place.cursor:
        slug = place.cursor.key[0]
        first, last = bisect_right(slugs, slug), bisect_left(slugs, slug)
        first, last = (max(last - place.size, 0), last) if place.backwards else (first, first + place.size)
    rows = [{"slug_key": slug} for slug in slugs[first:last]]
    return Page(
        rows=rows,
        count=len(slugs),
        count_is_exact=True,
        after=Cursor.written(BY_SLUG, rows[-1]) if rows and last < len(slugs) else None,
        before=Cursor.written(BY_SLUG, rows[0]) if rows and first else None,
        beside=[],
    )
