"""The topics page by page. They are in memory; a feed that named thousands at once would be long to write and read."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from books.forms.lists import ListQuery
from books.search.pagination import Cursor, Ordering, Page, PageRequest

BY_SLUG = Ordering("slug", ("slug_key",))


class TopicQuery(ListQuery):
    """Which page of the topics."""

    def ordering(self) -> Ordering:
        return BY_SLUG


def page_of_slugs(slugs: Sequence[str], page: PageRequest) -> Page:
    """One page of the slugs, which are sorted."""
    first, last = 0, page.size
    if page.cursor:
        slug = page.cursor.key[0]
        first, last = bisect_right(slugs, slug), bisect_left(slugs, slug)
        first, last = (max(last - page.size, 0), last) if page.backwards else (first, first + page.size)
    found = list(slugs[first:last])
    return Page(
        rows=found,
        count=len(slugs),
        count_is_exact=True,
        after=Cursor.encode(BY_SLUG, found[-1:]) if found and last < len(slugs) else None,
        before=Cursor.encode(BY_SLUG, found[:1]) if found and first else None,
    )
