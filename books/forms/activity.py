from books.forms.accounts import MAX_USERNAME
from books.forms.fields import OneOfField, QueryField
from books.forms.lists import ListQuery
from books.models import Action
from books.search.pagination import BIGGEST_ID, Cursor, Ordering

JOBS, NAMES = "job", "name"
ACTIVITIES = (*Action.values, JOBS, NAMES)
PLACES = Ordering("activity", ("change", "job", "name"), descending=True)


class ActivityQuery(ListQuery):
    """Filters activity by person and kind.

    Book changes, jobs and name changes are three lists, each with its own position in the cursor.
    """

    person = QueryField(required=False, max_length=MAX_USERNAME)
    kind = OneOfField(ACTIVITIES)
    before = None  # type: ignore[assignment]
    order = PLACES

    def places(self) -> dict[str, int]:
        """The ids of the book change, the job and the name change after which the page begins."""
        key = self.page.cursor.key if self.page.cursor else (BIGGEST_ID,) * len(PLACES.columns)
        return dict(zip(PLACES.columns, key, strict=True))

    def parameters_after(self, places: dict[str, int]) -> dict[str, str]:
        return {**self.parameters(), "after": Cursor.encode(PLACES, tuple(places.values()))}
