import csv
import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test import TestCase

from books.exporting.base import BATCH
from books.history.merge import merge
from books.models import Book
from books.models.change import COMMAND
from books.views import exports, lists
from tests.people import reader


class Exports(TestCase):
    async def fetch(self, address: str, **headers: str) -> tuple[Any, bytes]:
        response = await self.async_client.get(address, headers=headers)
        assert response.status_code == 200
        return response, b"".join([part async for part in response.streaming_content])  # type: ignore[attr-defined]

    async def rows(self, address: str) -> list[dict[str, str]]:
        _, body = await self.fetch(address)
        return list(csv.DictReader(io.StringIO(body.decode(), newline="")))

    def setUp(self) -> None:
        Book.objects.add({
            "title": "心", "authors": ["夏目 漱石", "B"], "topics": ["Novels"], "published_year": -3,
            "series": "S", "series_number": Decimal("2.50"), "source_key": "x:1", "description": 'a "b",\nc',
        })  # fmt: skip
        Book.objects.add({"title": "=1+1", "subtitle": "'@x", "publisher": "-"})

    async def test_csv_has_a_row_a_book_in_the_order_they_were_added(self) -> None:
        first, second = await self.rows("/books.csv")
        assert first == {
            "source_key": "x:1", "title": "心", "subtitle": "", "authors": "夏目 漱石; B", "isbn13": "",
            "publisher": "",
            "published_year": "-3", "language": "", "pages": "", "description": 'a "b",\nc', "topics": "Novels",
            "series": "S", "series_number": "2.5", "series_label": "", "more_series": "", "contributors": "",
        }  # fmt: skip
        assert second["source_key"] == ""

    async def test_a_cell_that_a_spreadsheet_would_run_is_defused(self) -> None:
        row = (await self.rows("/books.csv"))[1]
        assert (row["title"], row["subtitle"], row["publisher"]) == ("'=1+1", "''@x", "'-")

    async def test_json_lines_has_an_object_a_book(self) -> None:
        _, body = await self.fetch("/books.jsonl")
        first, second = map(json.loads, body.decode().splitlines())
        assert (first["title"], first["authors"], first["series_number"]) == ("心", ["夏目 漱石", "B"], 2.5)
        assert second["title"] == "=1+1"

    async def test_the_filters_of_the_list_apply(self) -> None:
        assert [row["title"] for row in await self.rows("/books.csv?q=夏目")] == ["心"]

    async def test_a_bad_filter_is_refused_before_anything_is_sent(self) -> None:
        assert (await self.async_client.get("/books.csv?year=x")).status_code == 400

    def test_a_search_is_made_once_however_many_batches_it_takes(self) -> None:
        searches = []

        def noted(execute: Any, sql: str, *arguments: Any) -> Any:
            if " MATCH " in sql or "@@" in sql:
                searches.append(sql)
            return execute(sql, *arguments)

        books = [Book(title=f"Sea {number}", title_key=str(number)) for number in range(BATCH + 1)]
        Book.objects.bulk_create(books)
        for query, count in (("sea", BATCH + 1), ("-sea", 2), ("sea -zzz", BATCH + 1)):
            with connection.execute_wrapper(noted):
                assert len(async_to_sync(self.rows)(f"/books.csv?q={query}")) == count
            assert len(searches) == 1, searches
            searches.clear()

    async def test_a_search_that_would_be_cut_is_refused(self) -> None:
        response = await self.async_client.get("/books.csv", {"q": " ".join(f"w{number}" for number in range(22))})
        assert (response.status_code, response.json()["errors"]["q"]) == (
            400,
            ["A search has at most 20 words. Remove these: w20 w21"],
        )

    async def test_every_book_is_there_however_many_batches_they_make(self) -> None:
        await Book.objects.abulk_create(Book(title=str(n), title_key=str(n)) for n in range(2 * BATCH))
        assert len(await self.rows("/books.csv")) == 2 * BATCH + 2

    async def test_it_is_compressed_for_those_who_ask(self) -> None:
        response, packed = await self.fetch("/books.csv", **{"accept-encoding": "br, gzip"})
        _, plain = await self.fetch("/books.csv")
        assert response["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == plain

    async def test_it_is_not_compressed_for_a_client_that_refuses_gzip(self) -> None:
        response, _ = await self.fetch("/books.csv", **{"accept-encoding": "gzip;q=0, identity"})
        assert "Content-Encoding" not in response

    async def test_it_comes_as_a_file(self) -> None:
        for name, kind in {"books.csv": "text/csv; charset=utf-8", "books.jsonl": "application/x-ndjson"}.items():
            response, _ = await self.fetch(f"/{name}")
            assert response["Content-Disposition"] == f'attachment; filename="{name}"'
            assert response["Content-Type"] == kind

    async def test_each_format_is_a_file_of_its_own_type_with_the_books_of_the_list(self) -> None:
        for name, kind, first in (
            ("books.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
            ("books.goodreads.csv", "text/csv; charset=utf-8", b"Book Id,"),
            ("books.marc.xml", "application/marcxml+xml; charset=utf-8", b"<?xml"),
            ("books.ris", "application/x-research-info-systems; charset=utf-8", b"TY  - BOOK"),
            ("books.bib", "application/x-bibtex; charset=utf-8", b"@book{book3-"),
            ("books.csl.json", "application/vnd.citationstyles.csl+json", b"[\n{"),
        ):
            with self.subTest(name):
                response, body = await self.fetch(f"/{name}?q=夏目")
                assert response["Content-Type"] == kind
                assert response["Content-Disposition"] == f'attachment; filename="{name}"'
                assert body.startswith(first)
                assert b"1+1" not in body

    async def test_every_batch_is_part_of_one_file(self) -> None:
        await Book.objects.abulk_create(Book(title=str(n), title_key=str(n)) for n in range(BATCH))
        _, body = await self.fetch("/books.csl.json")
        assert len(json.loads(body)) == BATCH + 2

    async def test_a_workbook_is_not_compressed_twice(self) -> None:
        response, _ = await self.fetch("/books.xlsx", **{"accept-encoding": "gzip"})
        assert "Content-Encoding" not in response

    async def test_excel_knows_the_encoding_by_a_mark_on_request(self) -> None:
        _, plain = await self.fetch("/books.csv?bom=0")
        _, marked = await self.fetch("/books.csv?bom=1")
        assert marked == b"\xef\xbb\xbf" + plain

    async def test_the_mark_is_for_csv_alone_and_on_or_off(self) -> None:
        for address in ("/books.csv?bom=yes", "/books.jsonl?bom=1", "/books/?bom=1"):
            response = await self.async_client.get(address)
            assert (response.status_code, list(response.json()["errors"])) == (400, ["bom"])

    def test_head_reads_no_books(self) -> None:
        with self.assertNumQueries(0):
            response = async_to_sync(self.async_client.head)("/books.csv")
        assert (response.status_code, list(response.streaming_content)) == (200, [])  # type: ignore[attr-defined]

    async def test_head_tells_no_length_which_the_file_would_not_have(self) -> None:
        assert "Content-Length" not in await self.async_client.head("/books.csv")


class Citations(TestCase):
    async def test_a_book_is_cited_in_each_format(self) -> None:
        book = await sync_to_async(Book.objects.add)({"title": "Emma", "authors": ["Jane Austen"]})
        for extension in ("ris", "bib", "csl.json", "marc.xml"):
            response = await self.async_client.get(f"/books/{book.pk}.{extension}")
            assert response["Content-Disposition"] == f'attachment; filename="book-{book.pk}.{extension}"'
            assert b"Austen" in response.content
        page = (await self.async_client.get(f"/books/{book.pk}/", headers={"accept": "text/html"})).content.decode()
        assert f'href="/books/{book.pk}.csl.json"' in page

    async def test_a_merged_book_leads_to_the_one_that_was_kept(self) -> None:
        kept, other = [await sync_to_async(Book.objects.add)({"title": "Emma"}) for _ in range(2)]
        await sync_to_async(merge)({kept.pk: 1, other.pk: 1}, kept.pk, {}, COMMAND)
        response = await self.async_client.get(f"/books/{other.pk}.ris")
        assert (response.status_code, response["Location"]) == (301, f"/books/{kept.pk}.ris")

    async def test_there_is_no_citation_of_what_is_no_book_or_no_format(self) -> None:
        for address in ("/books/99.ris", "/books/1.pdf", "/books/0.ris"):
            assert (await self.async_client.get(address)).status_code == 404


class LargeCatalogue(TestCase):
    """What a visitor without an account gets of more books than are written quickly in every format."""

    @pytest.fixture(autouse=True)
    def two_books_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "COUNT_CAP", 1)
        monkeypatch.setattr(lists, "COUNT_CAP", 1)

    @classmethod
    def setUpTestData(cls) -> None:
        for title in ("Emma", "Persuasion"):
            Book.objects.add({"title": title})

    def test_formats_that_take_long_to_write_are_for_accounts(self) -> None:
        response = self.client.get("/books.ris")
        assert response.status_code == 401
        assert response.json()["detail"].endswith("Sign in, filter the list, or take CSV.")
        self.client.force_login(reader())
        assert self.client.get("/books.ris").status_code == 200

    def test_quick_formats_are_for_everybody(self) -> None:
        for address in ("/books.csv", "/books.csv?bom=1", "/books.jsonl"):
            with self.subTest(address):
                assert self.client.get(address).status_code == 200

    def test_a_visitor_gets_a_short_list_in_every_format(self) -> None:
        assert self.client.get("/books.ris?q=emma").status_code == 200

    def test_the_list_offers_a_visitor_only_the_quick_formats(self) -> None:
        page = self.client.get("/books/", headers={"accept": "text/html"}).content.decode()
        assert "/books.jsonl" in page
        assert "/books.ris" not in page
        assert "/books.xlsx" not in page
        self.client.force_login(reader())
        page = self.client.get("/books/", headers={"accept": "text/html"}).content.decode()
        assert "/books.ris" in page
        assert "/books.xlsx" in page
