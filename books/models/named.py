"""Authors, topics and series, which books share by name; and the changes of these names."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from books.metadata import record, sorting
from books.metadata.folding import fold, letters
from books.models.change import Actor, Channel
from books.models.fields import SortKeyField, among, count_of
from books.search.pagination import Ordering, PagedQuerySet

KEY_LENGTH = sorting.LENGTH
MAX_REDIRECTS = 20  # from one to the next, as it was merged again and again


def folded(name: str) -> str:
    return fold(name)[:KEY_LENGTH]


class Spelling(NamedTuple):
    """How all spellings of one name are found."""

    column: str
    key: Callable[[str], str]  # the value there for a name
    shared: Callable[[str], str]  # what the spellings share, where the key does not tell


class Named(models.Model):
    """Created with the first of its books, and deleted with the last."""

    FIELD: ClassVar[str]  # of a book's record, which holds the name
    PLURAL: ClassVar[str]
    ADDRESS: ClassVar[str] = "pk"  # the column by which its URL knows it
    EDITABLE: ClassVar[tuple[str, ...]] = ("name",)
    TAKEN_OVER: ClassVar[tuple[str, ...]] = ()  # columns that are filled from another that is merged into it
    SPELLING: ClassVar[Spelling] = Spelling("name", str, str)

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    name: Any
    books: Any
    other_names: Any  # rows of a model derived from OtherName
    _names: list[str] | None = None  # of these rows, the names
    change_id: int | None = None  # of the NameChange that was just made

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse(f"{self._meta.model_name}_detail", args=[self.address])

    @classmethod
    def of(cls, name: str) -> Self:
        return cls.of_snapshot({"name": name})

    def derived(self) -> Self:
        """The same, with the values derived from the name."""
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
        """The fields of a record that names `old`, with this name instead."""
        names = [self.name if old.is_name(name) or self.is_name(name) else name for name in fields[self.FIELD]]
        return {self.FIELD: list(dict.fromkeys(names))}

    def merged_with(self, other: Self) -> Self:
        """What it becomes when the books of another are moved to it."""
        filled = {name: getattr(self, name) or getattr(other, name) for name in self.TAKEN_OVER}
        return self.changed(filled).found_by(*other.names)

    @property
    def address(self) -> str:
        return str(getattr(self, self.ADDRESS))

    def shown(self) -> dict[str, Any]:
        """What is shown of it besides its books."""
        return {name: getattr(self, name) for name in self.EDITABLE}

    @property
    def names(self) -> list[str]:
        """The other names by which it is found."""
        if self._names is None:
            self._names = list(self.other_names.order_by("pk").values_list("name", flat=True)) if self.pk else []
        return self._names

    def save_names(self) -> None:
        """Store the names that it was given."""
        self.other_names.exclude(name__in=self.names).delete()
        known = set(self.other_names.values_list("name", flat=True))
        model = self.other_names.model
        model.objects.bulk_create([model(of=self, name=name).derived() for name in self.names if name not in known])

    def found_by(self, *names: str) -> Self:
        """The same, found by these names too."""
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


_Named = TypeVar("_Named", bound=Named)


class NamedQuerySet(PagedQuerySet[_Named]):
    """Authors, topics or series."""

    ORDERINGS = {"name": Ordering("name", ("sort_key", "id"))}
    COUNTED: ClassVar[str] = ""  # what is counted of the links to books, if a book may have several

    def _links(self) -> models.QuerySet[Any]:
        """The links of one to its books, for a subquery."""
        links: models.QuerySet[Any] = self.model.books.through._default_manager.all()
        return links.filter(**{str(self.model._meta.model_name): models.OuterRef("pk")})

    def with_counts(self, **which: Any) -> "NamedQuerySet[Any]":
        """Each with `books_count`; `which` of its links to books are counted."""
        return self.annotate(books_count=count_of(self._links().filter(**which), self.COUNTED))

    def delete_unused(self, pks: Collection[int]) -> None:
        """Delete those of them that have no book."""
        if pks:
            self.filter(~models.Exists(self._links()), pk__in=among(pks)).delete()

    def named(self, words: str) -> Self:
        """Those with a name that contains all the words, ignoring accents and case."""
        found, other = Q(), Q()
        for word in fold(words).split():
            found &= Q(name_key__contains=word)
            other &= Q(key__contains=word)
        return self.filter(found | Q(pk__in=self._other_names.filter(other).values("of"))) if found else self

    def find(self, names: Iterable[str]) -> dict[str, _Named]:
        """The one of each name: the oldest with a spelling of it, or the only one with that other name."""
        wanted = set(names)
        known = self._with_own_names(wanted)
        return known | self._other_names.find(wanted - known.keys())

    def _with_own_names(self, names: Collection[str]) -> dict[str, _Named]:
        return self._by_spelling(names, {each.name: each for each in self._alike(names)})

    def canonical_names(self, names: Iterable[str]) -> dict[str, str]:
        """How each name that is known is spelled here; no objects are made of the many that a list may name."""
        wanted = set(names)
        known = self._by_spelling(wanted, {name: name for name in self._alike(wanted).values_list("name", flat=True)})
        return known | {name: each.name for name, each in self._other_names.find(wanted - known.keys()).items()}

    def _alike(self, names: Collection[str]) -> Self:
        """Those whose names may be spellings of these, the oldest last."""
        column, key, _ = self.model.SPELLING
        return self.filter(**{f"{column}__in": among(set(map(key, names)))}).order_by("-pk") if names else self.none()

    def _by_spelling[Found](self, names: Iterable[str], found: Mapping[str, Found]) -> dict[str, Found]:
        """What is found of each name: by the name itself, else by the last one that is a spelling of it."""
        shared = self.model.SPELLING.shared
        alike = {shared(name): each for name, each in found.items()}
        return {name: each for name in names if (each := found.get(name) or alike.get(shared(name)))}

    @property
    def _other_names(self) -> "OtherNameQuerySet":
        others: OtherNameQuerySet = self.model.other_names.field.model.objects.all()
        return others

    def get_or_create_all(self, names: Iterable[str]) -> dict[str, _Named]:
        """The one of each canonical name. Missing ones are created."""
        wanted = set(names)
        known = self._with_own_names(wanted)
        # Sorted, so that two writers cannot deadlock.
        if missing := sorted(wanted - known.keys(), key=self.model.SPELLING.shared):
            self.bulk_create(map(self.model.of, missing), ignore_conflicts=True)
            known |= self._with_own_names(missing)
        return known

    def find_one(self, name: str) -> _Named | None:
        return self.find([name]).get(name)


class OtherNameQuerySet(models.QuerySet[Any]):
    def by_name(self, names: Collection[str]) -> dict[str, list[str]]:
        """The other names of those of these names."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        rows = self.filter(of__name__in=among(names)).order_by("pk")
        for own, name in rows.values_list("of__name", "name"):
            found[own].append(name)
        return found

    def find(self, names: Collection[str]) -> dict[str, Any]:
        """The one of each name that is another name of just one."""
        if not names or not self.exists():
            return {}
        _, key, shared = self.model.SPELLING
        rows = self.filter(key__in=among(set(map(key, names))))
        found: defaultdict[str, set[Named]] = defaultdict(set)
        for row in rows.select_related("of"):
            found[shared(row.name)].add(row.of)
        return {name: next(iter(found[shared(name)])) for name in names if len(found[shared(name)]) == 1}


class OtherName(models.Model):
    """Another name by which searches, imports and forms find it: a former one or another spelling."""

    name: Any = models.CharField(max_length=record.MAX_NAME)
    key = SortKeyField(max_length=KEY_LENGTH)
    SPELLING: ClassVar[Spelling] = Spelling("key", folded, letters)

    objects = OtherNameQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    def derived(self) -> Self:
        self.key = self.SPELLING.key(self.name)
        return self


class NameChangeQuerySet(models.QuerySet["NameChange"]):
    def log(self, before: Sequence[Named], after: Sequence[Named], actor: Actor, **more: Any) -> "NameChange":
        """Record a change of names, in the transaction that makes it."""
        source = before[0].address
        return self.create(
            kind=str(before[0]._meta.model_name),
            source=source,
            into=after[0].address if len(after) == 1 else source,
            before=[each.snapshot() for each in before],
            after=[each.snapshot() for each in after],
            via=actor.channel,
            user_id=actor.user_id,
            **more,
        )

    def of(self, named: Named) -> Self:
        """The changes that led to it, undone ones included."""
        return self.filter(Q(source=named.address) | Q(into=named.address), kind=named._meta.model_name)

    def address(self, model: type[Named], address: str) -> str | None:
        """Where the books of an address that is gone are now, as far as it was renamed or merged.

        What was renamed since has another address, by its id; what a book brought back has another id.
        """
        kind, seen = str(model._meta.model_name), [address]
        while len(seen) <= MAX_REDIRECTS:
            moved = self.filter(kind=kind, source=seen[-1], undone_by=None).exclude(into__in=seen).order_by("-pk")
            change = moved.first()
            if change is None:
                return None
            for column, value in (("pk", change.after[0]["id"]), (model.ADDRESS, change.into)):
                if named := model._default_manager.filter(**{column: value}).first():
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
