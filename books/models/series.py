"""Series: created with their first book, deleted with the last unless a librarian has entered data about them."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Round

from books.metadata import numbers, record, sorting
from books.metadata.series import normalize_series
from books.models.fields import SortKeyField
from books.models.named import KEY_LENGTH, Named, NamedQuerySet, OtherName, folded

AFTER_ALL = Decimal(10**7)  # the place of books without a number


class SeriesQuerySet(NamedQuerySet["Series"]):
    def delete_unused(self, pks: Collection[int]) -> None:
        """Keep those whose volumes a librarian has counted or declared complete."""
        super(SeriesQuerySet, self.filter(volumes=None, is_complete=False)).delete_unused(pks)


class Series(Named):
    FIELD, PLURAL, EDITABLE, TAKEN_OVER = "series", "series", ("name", "volumes", "is_complete"), ("volumes",)

    name = models.CharField(max_length=record.MAX_TEXT, unique=True)
    volumes = models.PositiveIntegerField(null=True, blank=True)  # in all, if a librarian has counted them
    is_complete = models.BooleanField(default=False, db_default=False)  # the librarians want no further volume
    name_key = SortKeyField(max_length=KEY_LENGTH, editable=False)  # the folded name, for searches
    sort_key = SortKeyField(max_length=KEY_LENGTH, editable=False)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        indexes = [models.Index(fields=["sort_key", "id"], name="series_by_sort_key")]

    def renamed(self, fields: Mapping[str, Any], old: "Series") -> dict[str, Any]:
        return {**normalize_series(fields, {old.name: self.name})}

    def derived(self) -> "Series":
        """The series with the keys that follow from its name."""
        self.name_key = folded(self.name)
        self.sort_key = sorting.sort_key(self.name)
        return self


class SeriesName(OtherName):
    of = models.ForeignKey(Series, models.DB_CASCADE, related_name="other_names", db_index=False)
    name = models.CharField(max_length=record.MAX_TEXT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="other_name_once_a_series")]
        indexes = [models.Index(fields=["key"], name="series_by_other_name")]


class BookSeriesQuerySet(models.QuerySet["BookSeries"]):
    def of_book(self, pk: int) -> "models.QuerySet[BookSeries, tuple[int, str, Any, str]]":
        """The book's places: each with the id and name of the series, the number and its label."""
        return self.filter(book=pk).order_by("position").values_list("series_id", "series__name", "number", "label")

    def with_neighbours(self) -> Any:
        """The places with the book before and after each. Editions of the same volume are not neighbours."""
        numbered = BookSeries.objects.filter(series=OuterRef("series"), number__isnull=False)
        before = numbered.filter(place__lt=OuterRef("place")).order_by("-place", "book")
        after = numbered.filter(place__gt=OuterRef("place")).order_by("place", "book")
        return self.annotate(
            previous=Subquery(before.values("book")[:1]),
            previous_title=Subquery(before.values("book__title")[:1]),
            next=Subquery(after.values("book")[:1]),
            next_title=Subquery(after.values("book__title")[:1]),
        )


class BookSeries(models.Model):
    """A book's place in one of its series. The first one is also in the book's own columns."""

    book = models.ForeignKey("books.Book", models.CASCADE)
    series = models.ForeignKey(Series, models.DO_NOTHING, db_index=False)  # the constraint's index begins with it
    number = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    label = models.CharField(max_length=numbers.MAX_LENGTH, blank=True)  # the number as written, if that says more
    position = models.PositiveSmallIntegerField()  # among the book's series
    # A keyset needs whole numbers without NULL. Books without a number come last.
    place = models.GeneratedField(
        expression=Cast(Round(Coalesce(F("number"), Value(AFTER_ALL)) * 100), models.IntegerField()),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    objects = BookSeriesQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "book"], name="series_once_a_book")]
        indexes = [models.Index(fields=["series", "place", "book"], name="books_of_a_series")]

    def __str__(self) -> str:
        return f"{self.book_id} in {self.series_id}"
