from collections.abc import AsyncIterator, Iterator, Sequence

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from isal import isal_zlib

from books.exporting import CITATIONS, EXPORT_FORMATS
from books.exporting.base import ExportFormat, parts, rows_after
from books.exporting.csv import Csv, CsvForExcel
from books.forms.lists import BookQuery
from books.models import Book, MergedAway
from books.search.pagination import COUNT_CAP
from books.search.query import MOST_WORDS
from books.views.base import CatalogueView
from books.views.names import afollow_old
from books.web.negotiation import HTTPError, valid
from books.web.permissions import READ, LoginRequired
from django41_example.server.request_head import accepted_encodings
from django41_example.server.threads import in_thread

MEDIA_TYPES = {known: known.content_type.partition(";")[0] for known in EXPORT_FORMATS.values()}
MANY = (
    f"Without an account, a file in this format has at most {COUNT_CAP:,} books. Sign in, filter the list, or take CSV."
)
TOO_LONG = f"A search has at most {MOST_WORDS} words. Remove these: {{}}"


class Export(CatalogueView):
    """All books that the query finds, as a streamed file, compressed for clients that accept gzip.

    `?bom=1` starts CSV with a BOM, by which Excel recognises UTF-8.
    """

    rules = {"GET": READ}
    ignores_accept = True
    is_download = True
    format: type[ExportFormat] = Csv
    query: type[BookQuery] = BookQuery

    async def get(self, request: HttpRequest) -> HttpResponseBase:
        query = valid(self.query(request.GET))
        known = CsvForExcel if query.cleaned_data.get("bom") == "1" else self.format
        matches = Book.objects.matching(query.search())
        if ignored := matches.search.query.ignored:  # errors that a streamed file could not report
            raise HTTPError(400, errors={"q": [TOO_LONG.format(" ".join(ignored))]})
        ids = await sync_to_async(matches.ids)()  # as it may index in a transaction
        if ids is not None and not ids:
            await afollow_old(request)
        if not (known.is_quick or self.user.account or await afits(ids)):
            raise LoginRequired(MANY)
        response = streaming_response(request, parts(ids, known), known.content_type, compress=not known.is_packed)
        response.headers["Content-Disposition"] = f'attachment; filename="books.{known.extension}"'
        return response

    def offers_of(self, method: str) -> tuple[str, ...]:
        return (MEDIA_TYPES[self.format],)


async def afits(ids: Sequence[int] | None) -> bool:
    """Whether a visitor may have these books (None: all) in a format that takes long to write."""
    return (await Book.objects.acount() if ids is None else len(ids)) <= COUNT_CAP


class Citation(CatalogueView):
    """One book as a file for a reference manager or a library system."""

    rules = {"GET": READ}
    offers = tuple(MEDIA_TYPES[known] for known in CITATIONS.values())
    ignores_accept = True
    is_public = True

    async def get(self, request: HttpRequest, pk: int, extension: str) -> HttpResponse:
        known = CITATIONS[extension]
        rows = [row async for row in rows_after(Book.objects.filter(pk=pk), 0)]
        if not rows:
            try:
                raise await in_thread(Book.objects.missing, pk)
            except MergedAway as merged:
                return HttpResponsePermanentRedirect(reverse("book_citation", args=[merged.into, extension]))
        file = known()
        content = file.header + file.encode(rows) + file.end()
        name = f'attachment; filename="book-{pk}.{extension}"'
        return HttpResponse(content, content_type=known.content_type, headers={"Content-Disposition": name})


def streaming_response(
    request: HttpRequest, chunks: Iterator[bytes], content_type: str, *, compress: bool = True
) -> HttpResponseBase:
    """A response whose chunks are made as they are sent, compressed for clients that accept gzip."""
    headers = {"Vary": "Accept-Encoding"}
    if compress and b"gzip" in accepted_encodings(request.headers.get("Accept-Encoding", "").encode(errors="replace")):
        headers["Content-Encoding"] = "gzip"
        chunks = gzipped(chunks)
    return StreamingHttpResponse(in_turn(chunks), content_type=content_type, headers=headers)


def gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(isal_zlib.ISAL_DEFAULT_COMPRESSION, wbits=31)  # 31: with gzip's own header
    yield from filter(None, map(packer.compress, chunks))
    yield packer.flush()


async def in_turn(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Make each chunk in a thread, in one hop."""
    while (chunk := await in_thread(next, chunks, None)) is not None:
        yield chunk
