"""The sitemap and robots.txt."""

import gzip
from typing import Any
from urllib.parse import unquote

from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings

from books.feeds.sitemap import BATCH, IDS_IN_A_FILE
from books.models import Book
from tests.documents import body_of, parsed, texts

SITE = "http://testserver"


class SitemapTestCase(TestCase):
    async def read(self, address: str, **headers: str) -> tuple[Any, bytes]:
        response = await self.async_client.get(address, headers=headers)
        assert response.status_code == 200, address
        return response, await body_of(response)

    async def index(self) -> list[str]:
        _, body = await self.read("/sitemap.xml")
        return [(found or "").removeprefix(SITE) for found in texts(parsed(body), "map:sitemap/map:loc")]

    async def addresses(self, file: str) -> list[str]:
        _, body = await self.read(file)
        return [(found or "").removeprefix(SITE) for found in texts(parsed(body), "map:url/map:loc")]


class Sitemap(SitemapTestCase):
    emma: Book

    @classmethod
    def setUpTestData(cls) -> None:
        given = {"authors": ["Jane Austen"], "series": "Novels", "topics": ["Novels", "小説"]}
        cls.emma = Book.objects.add({"title": "Emma", **given})

    async def test_its_files_name_every_book_author_series_and_topic(self) -> None:
        found = [address for file in await self.index() for address in await self.addresses(file)]
        author, series = await self.emma.authors.aget(), (await self.emma.bookseries_set.aget()).series_id
        assert [unquote(address) for address in found] == [
            f"/books/{self.emma.pk}/", f"/authors/{author.pk}/",
            f"/series/{series}/", "/topics/novels/", "/topics/小説/"
        ]  # fmt: skip

    def test_every_address_answers(self) -> None:
        for file in async_to_sync(self.index)():
            for address in async_to_sync(self.addresses)(file):
                assert self.client.get(address).status_code == 200, address

    async def test_a_book_has_the_time_of_its_last_change(self) -> None:
        _, body = await self.read((await self.index())[0])
        changed = self.emma.updated_at.isoformat(timespec="seconds")
        assert texts(parsed(body), "map:url/map:lastmod") == [changed]

    async def test_a_file_has_the_ids_of_one_range_and_empty_ones_are_not_named(self) -> None:
        await Book.objects.all().adelete()
        for pk in (IDS_IN_A_FILE, IDS_IN_A_FILE + 1, 7 * IDS_IN_A_FILE, 10**17):
            await Book.objects.acreate(pk=pk, title="x", title_key="x")
        files = [file for file in await self.index() if "books" in file]
        numbers = [1, 2, 7, 10**17 // IDS_IN_A_FILE]
        assert files == [f"/sitemap-books-{number}.xml" for number in numbers]
        assert [await self.addresses(file) for file in files] == [
            [f"/books/{pk}/"] for pk in (IDS_IN_A_FILE, IDS_IN_A_FILE + 1, 7 * IDS_IN_A_FILE, 10**17)
        ]

    async def test_a_file_has_as_many_rows_as_there_are_however_many_batches_they_make(self) -> None:
        await Book.objects.abulk_create(Book(title=str(n), title_key=str(n)) for n in range(2 * BATCH))
        found = [address for file in await self.index() if "books" in file for address in await self.addresses(file)]
        assert len(set(found)) == len(found) == 2 * BATCH + 1

    async def test_a_file_that_would_be_empty_is_404(self) -> None:
        for address in ("/sitemap-books-999.xml", "/sitemap-topics-99999999999999999.xml", "/sitemap-authors-0.xml"):
            assert (await self.async_client.get(address)).status_code == 404

    async def test_a_file_is_compressed_for_those_who_ask(self) -> None:
        file = (await self.index())[0]
        response, packed = await self.read(file, **{"accept-encoding": "gzip"})
        assert response["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == (await self.read(file))[1]

    def test_the_index_takes_two_queries_a_kind_and_no_count(self) -> None:
        with self.assertNumQueries(8):
            async_to_sync(self.async_client.get)("/sitemap.xml")

    def test_head_reads_no_rows_but_whether_there_are_any(self) -> None:
        with self.assertNumQueries(1):
            response = async_to_sync(self.async_client.head)("/sitemap-topics-1.xml")
        assert list(response.streaming_content) == []  # type: ignore[attr-defined]

    async def test_where_reading_is_for_accounts_so_is_the_sitemap(self) -> None:
        with override_settings(READ_REQUIRES_LOGIN=True):
            for address in ("/sitemap.xml", "/sitemap-books-1.xml"):
                assert (await self.async_client.get(address)).status_code == 401


class Empty(SitemapTestCase):
    async def test_an_empty_catalogue_has_no_sitemap(self) -> None:
        assert (await self.async_client.get("/sitemap.xml")).status_code == 404


class Robots(SitemapTestCase):
    async def lines(self) -> list[str]:
        response, body = await self.read("/robots.txt", accept="text/html")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        return body.decode().splitlines()

    async def test_robots_find_the_sitemap_and_do_not_try_every_filter(self) -> None:
        lines = await self.lines()
        assert f"Sitemap: {SITE}/sitemap.xml" in lines
        assert "Disallow: /*?" in lines
        assert "Disallow: /" not in lines

    @override_settings(READ_REQUIRES_LOGIN=True)
    async def test_where_reading_is_for_accounts_they_are_told_to_stay_away(self) -> None:
        assert await self.lines() == ["User-agent: *", "Disallow: /"]
