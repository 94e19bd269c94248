"""Authors: created with their first book, deleted with the last."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from books.metadata import fingerprint, record, roles, sorting
from books.metadata.folding import letters
from books.metadata.text import words
from books.models.fields import SortKeyField
from books.models.named import KEY_LENGTH, Named, NamedQuerySet, OtherName, Spelling, folded

AUTHOR_COLUMNS = "name", "sort_name", "name_key", "sort_key", "fingerprint"


class AuthorQuerySet(NamedQuerySet["Author"]):
    COUNTED = "book"  # in which a person may have several roles

    def writing(self) -> "AuthorQuerySet":
        """Those who are the author of a book."""
        return self.filter(Exists(BookAuthor.objects.filter(author=OuterRef("pk"), role=roles.AUTHOR)))


class Author(Named):
    FIELD, PLURAL, EDITABLE, TAKEN_OVER = "authors", "authors", ("name", "sort_name", "person"), ("person",)
    SPELLING = Spelling("name_key", folded, letters)  # apostrophes and invisible marks do not make a second author

    name = models.CharField(max_length=record.MAX_NAME, unique=True)
    sort_name = models.CharField(
        max_length=record.MAX_NAME, blank=True, default="", db_default=""
    )  # empty: as derived from the name
    name_key = SortKeyField(max_length=KEY_LENGTH, editable=False)  # the folded name, for searches
    sort_key = SortKeyField(max_length=KEY_LENGTH, editable=False, default="", db_default="")
    fingerprint = SortKeyField(max_length=fingerprint.LENGTH, editable=False, default="", db_default="")
    person = models.BigIntegerField(null=True, editable=False)  # equal for all pseudonyms of one person

    objects = AuthorQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sort_key", "id"], name="author_by_sort_key"),
            models.Index(fields=["name_key"], name="author_by_name_key"),
            models.Index(fields=["fingerprint", "id"], name="author_by_fingerprint"),
            models.Index(fields=["person"], name="author_by_person", condition=Q(person__isnull=False)),
        ]

    def derived(self) -> "Author":
        """The author with the keys that follow from the names."""
        self.name_key, self.sort_key, self.fingerprint = keys_of(self.name, self.filed_as)
        return self

    def renamed(self, fields: Mapping[str, Any], old: "Author") -> dict[str, Any]:
        contributors = roles.rename(fields["contributors"], {old.name: self.name})
        return {**super().renamed(fields, old), "contributors": contributors}

    def changed(self, values: Mapping[str, Any]) -> "Author":
        """A new name loses a sort name with other words: `Gogh, Vincent van` does not suit Vincent Willem van Gogh."""
        sort_name, name = values.get("sort_name", self.sort_name), values.get("name", self.name)
        is_old = name != self.name and sort_name == self.sort_name
        if is_old and sorted(words(sort_name)) != sorted(words(name)):
            sort_name = ""
        return super().changed({**values, "sort_name": sort_name})

    def shown(self) -> dict[str, Any]:
        return {"name": self.name, "sort_name": self.filed_as}

    def pseudonyms(self) -> "models.QuerySet[Author]":
        """The other authors that are the same person."""
        same = Author.objects.none() if self.person is None else Author.objects.filter(person=self.person)
        return same.exclude(pk=self.pk).order_by("sort_key", "pk")

    @property
    def filed_as(self) -> str:
        return self.sort_name or sorting.sort_name(self.name)


def keys_of(name: str, filed_as: str) -> tuple[str, str, str]:
    """The `name_key`, `sort_key` and `fingerprint` of an author."""
    return folded(name), sorting.name_key(filed_as), fingerprint.of_person(name)


def new_author(name: str, sort_name: str = "") -> tuple[str, ...]:
    """The AUTHOR_COLUMNS of an author. A `sort_name` that can be derived from the name is not stored."""
    derived = sorting.sort_name(name)
    own = "" if sort_name == derived or len(sort_name) > record.MAX_NAME else sort_name
    return name, own, *keys_of(name, own or derived)


class AuthorName(OtherName):
    of = models.ForeignKey(Author, models.DB_CASCADE, related_name="other_names", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="other_name_once_an_author")]
        indexes = [models.Index(fields=["key"], name="author_by_other_name")]


class BookAuthor(models.Model):
    """A person in one role in a book. Authors come first, in the order on the title page."""

    book = models.ForeignKey("books.Book", models.CASCADE, db_index=False)
    author = models.ForeignKey(Author, models.DO_NOTHING, db_index=False)  # the constraint's index begins with it
    role = models.CharField(max_length=3, default=roles.AUTHOR, db_default=roles.AUTHOR)  # a MARC relator code
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "book", "role"], name="author_once_a_role")]
        indexes = [models.Index(fields=["book", "role", "author"], name="authors_of_a_book")]

    def __str__(self) -> str:
        return f"{self.author_id}, {self.role} of {self.book_id}"
