from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from books.forms.lists import SeriesQuery
from books.metadata.volumes import Volumes
from books.models import BookSeries, Series
from books.views.base import CatalogueView
from books.views.lists import respond_with_books, serialized_page, valid
from books.web import serializers
from books.web.negotiation import HTML, JSON, TEXT, HTTPError
from books.web.permissions import READ

COLUMNS = ("id", "name", "volumes", "is_complete")
NO_SERIES = "There is no series with this id. All series are at /series/."


class SeriesList(CatalogueView):
    """The series by name, with the volumes that are here and those that are missing; ?q= finds words of the name."""

    offers = JSON, HTML
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(SeriesQuery(request.GET))
        series = Series.objects.named(query.cleaned_data.get("q", ""))
        page = await series.with_counts().apage([*COLUMNS, "books_count"], query.page)
        volumes = await avolumes(page.rows)
        entries = [{**about(row, volumes[row["id"]]), "books": row["books_count"]} for row in page.rows]
        data = serialized_page("series", entries, page, page.links(request.path, query.urlencoded))
        return self.respond(data, "books/series_list.html", context={"query": query.parameters()})


class SeriesDetail(CatalogueView):
    """One series, and its books in the order of their numbers."""

    offers = JSON, HTML, TEXT
    rules = {"GET": READ}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = await Series.objects.filter(pk=pk).values(*COLUMNS).afirst()
        if row is None:
            raise HTTPError(404, NO_SERIES)
        volumes = await avolumes([row])
        template = "books/series_detail.html"
        return await respond_with_books(self, template, about(row, volumes[pk]), series=pk)


def about(row: Mapping[str, Any], volumes: Volumes) -> dict[str, Any]:
    """A series, from COLUMNS, and what is here of it."""
    return {
        **serializers.link("series_detail", row["id"], row["name"]),
        "id": row["id"],
        "volumes": row["volumes"],
        "is_complete": row["is_complete"],
        "missing": volumes.missing_numbers(),
        "summary": str(volumes),
    }


async def avolumes(rows: Iterable[Mapping[str, Any]]) -> dict[int, Volumes]:
    """The volumes of each series, by its id."""
    by_series = {row["id"]: row for row in rows}
    places: defaultdict[int, list[tuple[Decimal | None, str]]] = defaultdict(list)
    found = BookSeries.objects.filter(series__in=by_series).values("series_id", "number", "label")
    async for place in found:
        places[place["series_id"]].append((place["number"], place["label"]))
    return {pk: Volumes.of(places[pk], row["volumes"], is_complete=row["is_complete"]) for pk, row in by_series.items()}
