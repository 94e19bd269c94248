"""Renaming an author or a topic: each of its books gets a new version and an entry in its history."""

from django.db import IntegrityError, transaction

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
