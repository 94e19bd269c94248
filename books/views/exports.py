import zlib
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from books.exporting import EXPORT_FORMATS
from books.exporting.batches import stream
from books.forms.lists import BookQuery
from books.models import Book
from books.search.query import MOST_WORDS
from books.views.base import CatalogueView
from books.views.lists import valid
from books.web.negotiation import HTTPError
from books.web.permissions import READ

TOO_LONG = f"A search has at most {MOST_WORDS} words. Remove these: {{}}"


class Export(CatalogueView):
    """All books that the query asks for, as a file. Streamed; compressed for those who say Accept-Encoding: gzip."""

    rules = {"GET": READ}
    ignores_accept = True
    format: str

    async def get(self, request: HttpRequest) -> HttpResponseBase:
        query, known = valid(BookQuery(request.GET)), EXPORT_FORMATS[self.format]
        matches = Book.objects.matching(query.search())
        if left_out := matches.search.query.left_out:  # which a file could not say
            raise HTTPError(400, errors={"q": [TOO_LONG.format(" ".join(left_out))]})
        ids = await sync_to_async(matches.ids)()  # which may index in a transaction
        response = streamed(request, stream(ids, known), known.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="books.{self.format}"'
        return response


class CsvExport(Export):
    offers = ("text/csv",)
    format = "csv"


class JsonLinesExport(Export):
    offers = ("application/x-ndjson",)
    format = "jsonl"


def streamed(request: HttpRequest, chunks: AsyncIterator[bytes], content_type: str) -> HttpResponseBase:
    """The chunks as they come; compressed for those who say Accept-Encoding: gzip. HEAD asks for none of them."""
    headers = {"Vary": "Accept-Encoding"}
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        chunks = compressed(chunks)
    return StreamingHttpResponse(chunks, content_type=content_type, headers=headers)


async def compressed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)  # 31: with gzip's own header
    async for chunk in chunks:
        if packed := await sync_to_async(packer.compress)(chunk):
            yield packed
    yield packer.flush()
