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
    """The series by name, with the volumes that are here and those that are missing; ?q= finds words of the name."""

    kind, columns = "series", COLUMNS

    async def aentries(self, rows: Iterable[Mapping[str, Any]]) -> Entries:
        volumes = await avolumes(rows)
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
    """One series, and its books in the order of their numbers. PATCH changes what is said of it, or merges two."""

    kind = "series"

    async def aabout(self, named: Named) -> dict[str, Any]:
        about = await super().aabout(named)
        return about | serialized((await avolumes([about]))[about["id"]])


def serialized(volumes: Volumes) -> dict[str, Any]:
    return {"missing": volumes.missing_numbers(), "summary": str(volumes)}


async def avolumes(rows: Iterable[Mapping[str, Any]]) -> dict[int, Volumes]:
    """The volumes of each series, by its id."""
    by_series = {row["id"]: row for row in rows}
    places: defaultdict[int, list[tuple[Decimal | None, str]]] = defaultdict(list)
    found = BookSeries.objects.filter(series__in=by_series).values("series_id", "number", "label")
    async for place in found:
        places[place["series_id"]].append((place["number"], place["label"]))
    return {pk: Volumes.of(places[pk], row["volumes"], is_complete=row["is_complete"]) for pk, row in by_series.items()}
