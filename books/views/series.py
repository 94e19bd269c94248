from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from books.forms.lists import SeriesQuery
from books.metadata.volumes import Volumes
from books.models import BookSeries, Series
from books.views.base import CatalogueView
from books.views.letters import aletters_of_names
from books.views.lists import respond_with_books, serialized_page
from books.views.names import NameView, address_of, afor_editors, apatch, heading
from books.web.negotiation import HTML, JSON, TEXT, valid
from books.web.permissions import CHANGE, READ

COLUMNS = ("id", "name", "volumes", "is_complete")


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
        entries = [
            {
                **{name: row[name] for name in COLUMNS},
                "url": address_of("series", row["id"]),
                **serialized(volumes[row["id"]]),
                "books": row["books_count"],
            }
            for row in page.rows
        ]
        letters = await aletters_of_names(self, Series, page, query.parameters())
        context = {"query": query.parameters(), "letters": letters}
        data = serialized_page("series", entries, page, page.links(request.path, query.urlencoded))
        return self.respond(data, "books/series_list.html", context=context)


class SeriesDetail(NameView):
    """One series, and its books in the order of their numbers. PATCH changes what is said of it, or merges two."""

    kind = "series"
    offers = {"GET": (JSON, HTML, TEXT), "PATCH": (JSON,)}
    rules = {"GET": READ, "PATCH": CHANGE}
    is_public = True

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        series = await self.aget_named(pk=pk)
        volumes = await avolumes([series.snapshot()])
        about, shown = {**heading(series), **serialized(volumes[pk])}, await afor_editors(self, series)
        return await respond_with_books(self, "books/series_detail.html", about, shown, series=pk)

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        return await apatch(self, await self.aget_named(pk=pk))


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
