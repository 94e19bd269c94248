from typing import Any

from django.core.exceptions import ValidationError

from books.forms.lists import ListQuery, QueryField
from books.models import Action
from books.search.pagination import BIGGEST_ID, Cursor, Ordering

JOBS = "job"
ACTIVITIES = (*Action.values, JOBS)
MAX_NAME = 150  # characters of a user name
PLACES = Ordering("activity", ("change", "job"), descending=True)


class KindField(QueryField):
    def clean(self, value: Any) -> str:
        kind: str = super().clean(value)
        if kind and kind not in ACTIVITIES:
            raise ValidationError(f"Write one of {', '.join(ACTIVITIES)}.")
        return kind


class ActivityQuery(ListQuery):
    """What of the activity is listed: of whom, and of which kind.

    Changes and jobs are two lists, each with its own place in the cursor.
    """

    person = QueryField(required=False, max_length=MAX_NAME)
    kind = KindField(required=False)
    before = None  # type: ignore[assignment]

    def ordering(self) -> Ordering:
        return PLACES

    def places(self) -> tuple[int, int]:
        """The ids of the change and of the job that the page comes after."""
        change, job = self.page.cursor.key if self.page.cursor else (BIGGEST_ID, BIGGEST_ID)
        return change, job

    def parameters_after(self, change: int, job: int) -> dict[str, str]:
        return {**self.parameters(), "after": Cursor.encode(PLACES, (change, job))}
