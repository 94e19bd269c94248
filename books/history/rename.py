"""Giving an author or a topic another name: each book that names it gets a new version and a line in its history."""

from django.db import transaction

from books.metadata import record
from books.models import Actor, Author, Book, Topic
from books.models.author import sort_key

MAX_BOOKS = 500  # for one rename, during which other writers wait: some 10 ms a book
FIELDS = {Author: "authors", Topic: "topics"}  # of a book


def rename(named: Author | Topic, name: str, actor: Actor) -> None:
    """Give it this name, which is clean; if there is one of that name already, its books go over to that one.

    One transaction.
    """
    field = "authors" if isinstance(named, Author) else "topics"
    before = identity(named, named.name)
    with transaction.atomic():
        free = _take(named, name)
        for book in named.books.select_for_update().order_by("pk"):
            names: list[str] = book.as_record()[field]  # type: ignore[literal-required]
            renamed = [name if identity(named, each) == before else each for each in names]
            Book.objects.change(book.pk, {field: list(dict.fromkeys(renamed))}, actor=actor)  # type: ignore[misc]
        if not free:
            type(named).objects.delete_unused([named.pk])


def identity(named: Author | Topic, name: str) -> str:
    """What two names of one author or one topic have in common."""
    return name if isinstance(named, Author) else record.topic_slug(name)


def _take(named: Author | Topic, name: str) -> bool:
    """Write the name to the row, unless another has it."""
    key, values = "name", {"name": name, "name_key": sort_key(name)}
    if isinstance(named, Topic):
        key, values = "slug", {"name": name, "slug": record.topic_slug(name)}
    rows = type(named).objects.filter
    if rows(**{key: values[key]}).exclude(pk=named.pk).exists():
        return False
    rows(pk=named.pk).update(**values)
    return True
