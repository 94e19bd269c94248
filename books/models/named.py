"""What many books share by its name, such as an author, and the changes of such names."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from books.metadata import record
from books.models.change import Channel
from books.models.fields import SortKeyField

MAX_REDIRECTS = 20  # from one to the next, as it was merged again and again


class Named(models.Model):
    """Created with the first of its books, and deleted with the last."""

    FIELD: ClassVar[str]  # of a book's record, which holds the name
    PLURAL: ClassVar[str]
    ADDRESS: ClassVar[str] = "pk"  # the column by which its URL knows it
    EDITABLE: ClassVar[tuple[str, ...]] = ("name",)

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    name: Any
    books: Any
    other_names: Any  # rows of a model derived from OtherName, if it is found by others
    _names: list[str] | None = None  # of these rows, the names

    class Meta:
        abstract = True

    def derived(self) -> Self:
        """The same with what follows from the name."""
        raise NotImplementedError

    def changed(self, values: Mapping[str, Any]) -> Self:
        """What it becomes with these values of its EDITABLE columns."""
        new = self.of_snapshot({**self.snapshot(), **values})
        new.version = self.version + 1
        return new

    def is_name(self, name: str) -> bool:
        """Whether it is meant by the name in a book's record."""
        return bool(name == self.name)

    def renamed(self, fields: Mapping[str, Any], old: Self) -> dict[str, Any]:
        """What the fields of a book's record become that name `old`, which is now called as this is."""
        names = [self.name if old.is_name(name) or self.is_name(name) else name for name in fields[self.FIELD]]
        return {self.FIELD: list(dict.fromkeys(names))}

    def merged_with(self, other: Self) -> Self:
        """What it becomes when the books of another are moved to it."""
        return self.changed({}).found_by(*other.names) if self.has_other_names() else self

    @property
    def address(self) -> str:
        return str(getattr(self, self.ADDRESS))

    def shown(self) -> dict[str, Any]:
        """What is shown of it besides its books."""
        return {"name": self.name}

    @property
    def names(self) -> list[str]:
        """By which other names it is found."""
        if self._names is None:
            is_stored = self.pk and self.has_other_names()
            self._names = list(self.other_names.order_by("pk").values_list("name", flat=True)) if is_stored else []
        return self._names

    @classmethod
    def has_other_names(cls) -> bool:
        return hasattr(cls, "other_names")

    def save_names(self) -> None:
        """Store the names that it was given."""
        if not self.has_other_names():
            return
        self.other_names.exclude(name__in=self.names).delete()
        known = set(self.other_names.values_list("name", flat=True))
        model = self.other_names.model
        model.objects.bulk_create([model(of=self, name=name).derived() for name in self.names if name not in known])

    def found_by(self, *names: str) -> Self:
        """The same, found by these names too."""
        if self.has_other_names():
            self._names = [name for name in dict.fromkeys([*self.names, *names]) if not self.is_name(name)]
        return self

    def snapshot(self) -> dict[str, Any]:
        """What is to be kept of it to undo a change."""
        return {"id": self.pk, **{name: getattr(self, name) for name in self.EDITABLE}, "names": self.names}

    @classmethod
    def of_snapshot(cls, row: Mapping[str, Any]) -> Self:
        columns = {name: value for name, value in row.items() if name != "names"}
        found = cls(**columns).derived()
        found._names = list(row.get("names", ()))
        return found


class OtherName(models.Model):
    """Another name of an author or topic, by which imports, forms and searches find it: an old or other spelling."""

    name = models.CharField(max_length=record.MAX_NAME)
    key = SortKeyField(max_length=record.MAX_NAME)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class NameChangeQuerySet(models.QuerySet["NameChange"]):
    def of(self, named: Named) -> Self:
        """Those by which it came to be what it is, or that were undone."""
        return self.filter(Q(source=named.address) | Q(into=named.address), kind=named._meta.model_name)

    async def aaddress(self, model: type[Named], address: str) -> str | None:
        """Where the books of an address that is gone are now, as far as it was renamed or merged.

        What was renamed since has another address, by its id; what a book brought back has another id.
        """
        kind, seen = str(model._meta.model_name), [address]
        while len(seen) <= MAX_REDIRECTS:
            moved = self.filter(kind=kind, source=seen[-1], undone_by=None).exclude(into__in=seen).order_by("-pk")
            change = await moved.afirst()
            if change is None:
                return None
            for column, value in (("pk", change.after[0]["id"]), (model.ADDRESS, change.into)):
                if named := await model._default_manager.filter(**{column: value}).afirst():
                    return named.address
            seen.append(change.into)
        return None


class NameChange(models.Model):
    """One change of an author, topic or series, and of all its books: the history of each book points here."""

    kind = models.CharField(max_length=10)  # the model's name
    source = models.CharField(max_length=record.MAX_SLUG)  # the address of what was changed
    into = models.CharField(max_length=record.MAX_SLUG)  # the address that its books are under now
    before = models.JSONField()  # snapshots of the rows
    after = models.JSONField()
    books = models.PositiveIntegerField(default=0)  # how many were changed
    via = models.CharField(max_length=10, choices=Channel)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undoes = models.OneToOneField("self", models.SET_NULL, null=True, related_name="undone_by")

    objects = NameChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "source", "-id"], name="name_changes_from"),
            models.Index(fields=["kind", "into", "-id"], name="name_changes_into"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source} → {self.into}"
