import zlib
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from books.exporting.lines import Encoder, csv_header, csv_lines, json_lines, stream
from books.forms.lists import BookQuery
from books.models import Book
from books.views.base import CatalogueView
from books.views.lists import valid
from books.web.permissions import READ

CSV, JSON_LINES = "text/csv", "application/x-ndjson"


class Export(CatalogueView):
    """All books that the query asks for, as a file. Streamed; compressed for those who say Accept-Encoding: gzip."""

    rules = {"GET": READ}
    ignores_accept = True
    name: str
    content_type: str
    encode: Encoder
    header = b""

    async def get(self, request: HttpRequest) -> HttpResponseBase:
        query = valid(BookQuery(request.GET))
        books = await sync_to_async(Book.objects.matching)(query.cleaned_data)  # which may index in a transaction
        response = streamed(request, stream(books, type(self).encode, self.header), self.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{self.name}"'
        return response


class CsvExport(Export):
    offers = (CSV,)
    name = "books.csv"
    content_type = "text/csv; charset=utf-8"
    encode = staticmethod(csv_lines)
    header = csv_header()


class JsonLinesExport(Export):
    offers = (JSON_LINES,)
    name = "books.jsonl"
    content_type = "application/x-ndjson"
    encode = staticmethod(json_lines)


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
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
