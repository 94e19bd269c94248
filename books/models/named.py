"""What authors, topics and series have in common: names that books share, and the history of these names."""

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
MAX_REDIRECTS = 20  # that are followed for something merged again and again


def folded(name: str) -> str:
    return fold(name)[:KEY_LENGTH]


class Spelling(NamedTuple):
    """How all spellings of one name are found."""

    column: str
    key: Callable[[str], str]  # the value of a name in this column
    shared: Callable[[str], str]  # the same for all spellings; names with one key may differ in it


class Named(models.Model):
    """An author, topic or series: created with its first book, deleted with its last."""

    FIELD: ClassVar[str]  # the field of a book's record that holds the name
    PLURAL: ClassVar[str]
    ADDRESS: ClassVar[str] = "pk"  # the column in its URL
    EDITABLE: ClassVar[tuple[str, ...]] = ("name",)
    TAKEN_OVER: ClassVar[tuple[str, ...]] = ()  # columns that a merge fills if they are empty
    SPELLING: ClassVar[Spelling] = Spelling("name", str, str)

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    name: Any
    books: Any
    other_names: Any  # rows of a model derived from OtherName
    _names: list[str] | None = None  # the names in these rows
    change_id: int | None = None  # the id of the NameChange just made

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
        """A new version with these values in its EDITABLE columns."""
        new = self.of_snapshot({**self.snapshot(), **values})
        new.version = self.version + 1
        return new

    def is_name(self, name: str) -> bool:
        """Whether this name in a book's record means it."""
        return bool(name == self.name)

    def renamed(self, fields: Mapping[str, Any], old: Self) -> dict[str, Any]:
        """The fields of a record with this name in place of `old`."""
        names = [self.name if old.is_name(name) or self.is_name(name) else name for name in fields[self.FIELD]]
        return {self.FIELD: list(dict.fromkeys(names))}

    def merged_with(self, other: Self) -> Self:
        """A new version to which the books of another are moved."""
        filled = {name: getattr(self, name) or getattr(other, name) for name in self.TAKEN_OVER}
        return self.changed(filled).found_by(*other.names)

    @property
    def address(self) -> str:
        return str(getattr(self, self.ADDRESS))

    def shown(self) -> dict[str, Any]:
        """Its data besides its books."""
        return {name: getattr(self, name) for name in self.EDITABLE}

    @property
    def names(self) -> list[str]:
        """The other names by which it is found."""
        if self._names is None:
            self._names = list(self.other_names.order_by("pk").values_list("name", flat=True)) if self.pk else []
        return self._names

    def save_names(self) -> None:
        """Store its other names."""
        self.other_names.exclude(name__in=self.names).delete()
        known = set(self.other_names.values_list("name", flat=True))
        model = self.other_names.model
        model.objects.bulk_create([model(of=self, name=name).derived() for name in self.names if name not in known])

    def found_by(self, *names: str) -> Self:
        """The same with these other names in addition."""
        self._names = [name for name in dict.fromkeys([*self.names, *names]) if not self.is_name(name)]
        return self

    def snapshot(self) -> dict[str, Any]:
        """The data that is needed to undo a change."""
        return {"id": self.pk, **{name: getattr(self, name) for name in self.EDITABLE}, "names": self.names}

    @classmethod
    def of_snapshot(cls, row: Mapping[str, Any]) -> Self:
        columns = {name: value for name, value in row.items() if name != "names"}
        found = cls(**columns).derived()
        found._names = list(row.get("names", ()))
        return found


_Named = TypeVar("_Named", bound=Named)


class NamedQuerySet(PagedQuerySet[_Named]):
    """A queryset of authors, topics or series."""

    ORDERINGS = {"name": Ordering("name", ("sort_key", "id"))}
    COUNTED: ClassVar[str] = ""  # the column of links to count distinct values of, if a book may have several links

    def _links(self) -> models.QuerySet[Any]:
        """The links to its books, for a subquery."""
        links: models.QuerySet[Any] = self.model.books.through._default_manager.all()
        return links.filter(**{str(self.model._meta.model_name): models.OuterRef("pk")})

    def with_counts(self, **which: Any) -> "NamedQuerySet[Any]":
        """With `books_count`, the number of books; `which` limits the links that count."""
        return self.annotate(books_count=count_of(self._links().filter(**which), self.COUNTED))

    def delete_unused(self, pks: Collection[int]) -> None:
        """Delete those that have no books."""
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
        """Find one by each name: the oldest with a spelling of it, else the only one that has it as another name."""
        wanted = set(names)
        known = self._with_own_names(wanted)
        return known | self._other_names.find(wanted - known.keys())

    def _with_own_names(self, names: Collection[str]) -> dict[str, _Named]:
        return self._by_spelling(names, {each.name: each for each in self._alike(names)})

    def canonical_names(self, names: Iterable[str]) -> dict[str, str]:
        """The catalogue's spelling of each known name. Creates no model instances: a list may have many names."""
        wanted = set(names)
        known = self._by_spelling(wanted, {name: name for name in self._alike(wanted).values_list("name", flat=True)})
        return known | {name: each.name for name, each in self._other_names.find(wanted - known.keys()).items()}

    def _alike(self, names: Collection[str]) -> Self:
        """Those whose names may be spellings of these, oldest last."""
        column, key, _ = self.model.SPELLING
        return self.filter(**{f"{column}__in": among(set(map(key, names)))}).order_by("-pk") if names else self.none()

    def _by_spelling[Found](self, names: Iterable[str], found: Mapping[str, Found]) -> dict[str, Found]:
        """Look up each name: by itself, else by the last one in `found` that is a spelling of it."""
        shared = self.model.SPELLING.shared
        alike = {shared(name): each for name, each in found.items()}
        return {name: each for name in names if (each := found.get(name) or alike.get(shared(name)))}

    @property
    def _other_names(self) -> "OtherNameQuerySet":
        others: OtherNameQuerySet = self.model.other_names.field.model.objects.all()
        return others

    def get_or_create_all(self, names: Iterable[str]) -> dict[str, _Named]:
        """Find or create one for each canonical name."""
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
        """The other names of those with these names."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        rows = self.filter(of__name__in=among(names)).order_by("pk")
        for own, name in rows.values_list("of__name", "name"):
            found[own].append(name)
        return found

    def find(self, names: Collection[str]) -> dict[str, Any]:
        """Find one by each other name. Other names of several find none."""
        if not names or not self.exists():
            return {}
        _, key, shared = self.model.SPELLING
        rows = self.filter(key__in=among(set(map(key, names))))
        found: defaultdict[str, set[Named]] = defaultdict(set)
        for row in rows.select_related("of"):
            found[shared(row.name)].add(row.of)
        return {name: next(iter(found[shared(name)])) for name in names if len(found[shared(name)]) == 1}


class OtherName(models.Model):
    """Another name, former or spelled differently, by which searches, imports and forms find it."""

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
        """Record a change of names. Call it in the transaction of that change."""
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
        """The changes that led to it, including undone ones."""
        return self.filter(Q(source=named.address) | Q(into=named.address), kind=named._meta.model_name)

    def address(self, model: type[Named], address: str) -> str | None:
        """The new address of something renamed or merged; None if there is none.

        It is found by its id, as it may have been renamed since, or else by its address, as a book that brought the
        name back gave it a new id.
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
    """One change of an author, topic or series and of all its books, whose own histories refer to it."""

    kind = models.CharField(max_length=10)  # the model's name
    source = models.CharField(max_length=record.MAX_SLUG)  # the address before the change
    into = models.CharField(max_length=record.MAX_SLUG)  # the address of its books after the change
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
