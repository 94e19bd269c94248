"""The links of books to authors, topics and series, which are deleted with the last of their books."""

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import itemgetter
from typing import Any

from books.metadata import roles
from books.metadata.series import series_names
from books.models.author import Author
from books.models.book_columns import OtherNames
from books.models.fields import among
from books.models.named import NameChange, Named
from books.models.series import Series
from books.models.topic import Topic

MODELS: dict[str, type[Named]] = {"author": Author, "topic": Topic, "series": Series}
NamesIn = Callable[[Mapping[str, Any]], Iterable[str]]
NAMES_IN: dict[type[Named], NamesIn] = {Author: roles.names, Topic: itemgetter("topics"), Series: series_names}
Unlinked = dict[type[Named], set[int]]


def other_names(records: Collection[Mapping[str, Any]]) -> OtherNames:
    """The other names of all authors, topics and series in these records."""
    found = {}
    for model, names_in in NAMES_IN.items():
        others = model.other_names.field.model.objects
        is_any = any(name for each in records for name in names_in(each)) and others.exists()
        found[model.FIELD] = others.by_name({name for each in records for name in names_in(each)}) if is_any else {}
    return found


def unlink(books: Collection[int]) -> Unlinked:
    """Delete the links of these books. Pass the result to `delete_unused` once they have new links."""
    found: Unlinked = {}
    for model in MODELS.values() if books else ():
        links: Any = model.books.through._default_manager.filter(book__in=among(books))
        found[model] = set(links.values_list(str(model._meta.model_name), flat=True))
        links.delete()
    return found


def delete_unused(unlinked: Unlinked) -> None:
    """Delete the names that no book uses any more."""
    for model, pks in unlinked.items():
        model._default_manager.delete_unused(pks)  # type: ignore[attr-defined]


def follow_renames(query: Mapping[str, str]) -> dict[str, str]:
    """The query of a list of books, with renamed and merged authors, topics and series replaced by the current ones."""
    found = {**query}
    for kind in MODELS.keys() & query.keys():
        model, asked = MODELS[kind], query[kind]
        if kind == "topic" or (asked.isascii() and asked.isdigit()):
            if not model._default_manager.filter(**{model.ADDRESS: asked}).exists():
                found[kind] = NameChange.objects.address(model, asked) or asked
        elif kind == "series" and (series := Series.objects.find_one(asked)):
            found[kind] = series.name
    return found
