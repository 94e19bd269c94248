"""What books link to. An author, a topic or a series is deleted with the last of its books."""

from collections.abc import Collection
from typing import Any

from books.models.author import Author
from books.models.fields import among
from books.models.named import Named
from books.models.series import Series
from books.models.topic import Topic

Unlinked = dict[type[Named], set[int]]


def unlink(books: Collection[int]) -> Unlinked:
    """Delete the links of these books. Once they have others, `delete_unused` takes what is returned."""
    found: Unlinked = {}
    for model in (Author, Topic, Series) if books else ():
        links: Any = model.books.through._default_manager.filter(book__in=among(books))
        found[model] = set(links.values_list(str(model._meta.model_name), flat=True))
        links.delete()
    return found


def delete_unused(unlinked: Unlinked) -> None:
    """Delete those that have no book any more."""
    for model, pks in unlinked.items():
        model._default_manager.delete_unused(pks)  # type: ignore[attr-defined]
