from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from books.metadata.volumes import Volumes
from books.models import BookSeries, Named
from books.views.name_pages import Entries, NameDetail, NameList
from books.views.names import address_of

COLUMNS = ("id", "name", "volumes", "is_complete")


class SeriesList(NameList):
    """The series by name, with the volumes here and missing; ?q= searches names."""

    kind, columns = "series", COLUMNS

    def entries(self, rows: Iterable[Mapping[str, Any]]) -> Entries:
        volumes = volumes_of(rows)
        return [
            {
                **{name: row[name] for name in COLUMNS},
                "url": address_of("series", row["id"]),
                **serialized(volumes[row["id"]]),
                "books": row["books_count"],
            }
            for row in rows
        ]


class SeriesDetail(NameDetail):
    """A series with its books in order. PATCH changes its data, or merges it into another."""

    kind = "series"

    def about(self, named: Named) -> dict[str, Any]:
        about = super().about(named)
        return about | serialized(volumes_of([about])[about["id"]])


def serialized(volumes: Volumes) -> dict[str, Any]:
    return {"missing": volumes.missing_numbers(), "summary": str(volumes)}


def volumes_of(rows: Iterable[Mapping[str, Any]]) -> dict[int, Volumes]:
    """The volumes of each series, by its id."""
    by_series = {row["id"]: row for row in rows}
    places: defaultdict[int, list[tuple[Decimal | None, str]]] = defaultdict(list)
    found = BookSeries.objects.filter(series__in=by_series).values_list("series_id", "number", "label")
    for pk, number, label in found:
        places[pk].append((number, label))
    return {pk: Volumes.of(places[pk], row["volumes"], is_complete=row["is_complete"]) for pk, row in by_series.items()}
