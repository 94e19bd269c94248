"""Renaming an author or a topic: each of its books gets a new version and an entry in its history.

An author's sort name is no part of a book: to change it changes only the order of lists.
"""

from django.db import IntegrityError, transaction

from books.metadata.text import words
from books.models import Actor, Author, Book, Topic

MAX_BOOKS = 500  # for one rename, during which other writers wait: some 10 ms a book
FIELDS = {Author: "authors", Topic: "topics"}  # of a book
KEYS = {Author: "name", Topic: "slug"}  # two names with the same key are the same author or topic


def rename(named: Author | Topic, name: str, actor: Actor) -> None:
    """Rename it, in one transaction. If the name exists already, its books move to the one that has it.

    `name` is canonical: see books.metadata.record.
    """
    model, field, key = type(named), FIELDS[type(named)], KEYS[type(named)]
    old_key, new = getattr(named, key), model.of(name)
    if isinstance(named, Author) and isinstance(new, Author) and _same_words(named.sort_name, name):
        new.sort_name = named.sort_name
        new.derived()
    with transaction.atomic():
        exists = model.objects.filter(**{key: getattr(new, key)}).exclude(pk=named.pk).exists()
        if not exists:
            new.pk = named.pk
            try:
                with transaction.atomic():
                    new.save(force_update=True)
            except IntegrityError:  # somebody created the name at the same moment
                exists = True
        for book in named.books.select_for_update().order_by("pk"):
            names: list[str] = book.as_record()[field]  # type: ignore[literal-required]
            renamed = [name if getattr(model.of(each), key) == old_key else each for each in names]
            Book.objects.change(book.pk, {field: list(dict.fromkeys(renamed))}, actor=actor)  # type: ignore[misc]
        if exists:
            model.objects.delete_unused([named.pk])


def _same_words(sort_name: str, name: str) -> bool:
    """Whether a sort name still fits: `Gogh, Vincent van` does not fit Vincent Willem van Gogh."""
    return sorted(words(sort_name)) == sorted(words(name))


def file_under(author: Author, sort_name: str) -> None:
    """Give the author this sort name, "" for the one that follows from the name, and its books their new place."""
    with transaction.atomic():
        author.sort_name = sort_name
        author.derived().save(update_fields=["sort_name", "sort_key"])
        first_of = Book.objects.filter(bookauthor__author=author, bookauthor__position=0)
        first_of.update(author_key=author.sort_key)
