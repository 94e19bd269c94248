from xml.etree.ElementTree import Element

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings

from books.models import Book
from tests.documents import parsed, texts

pytestmark = pytest.mark.once

KIND = "application/opensearchdescription+xml"


class OpenSearch(TestCase):
    async def described(self) -> Element:
        response = await self.async_client.get("/opensearch.xml")
        assert (response.status_code, response["Content-Type"]) == (200, f"{KIND};charset=utf-8")
        return parsed(response.content)

    async def templates(self) -> dict[str, str]:
        urls = (await self.described()).iter("{http://a9.com/-/spec/opensearch/1.1/}Url")
        return {url.get("type", ""): url.get("template", "") for url in urls}

    async def test_its_names_are_as_short_as_they_must_be(self) -> None:
        described = await self.described()
        [name], [about] = texts(described, "os:ShortName"), texts(described, "os:Description")
        assert len(name or "") <= 16
        assert len(about or "") <= 1024

    async def test_each_template_finds_a_book_in_its_own_format(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "Kokoro"})
        templates = await self.templates()
        assert len(templates) == 4
        for kind, template in templates.items():
            address = template.replace("{searchTerms}", "kokoro").replace("{atom:author?}", "")
            response = await self.async_client.get(address, headers={"accept": kind.partition(";")[0]})
            assert response.status_code == 200
            assert response["Content-Type"].startswith(kind)
            assert kind == KIND or "Kokoro" in response.content.decode()

    @override_settings(ALLOWED_HOSTS=["books.example"])
    def test_its_addresses_are_on_the_host_that_was_asked(self) -> None:
        body = self.client.get("/opensearch.xml", headers={"host": "books.example"}).content.decode()
        assert 'template="http://books.example/books/?q={searchTerms}"' in body
        assert "testserver" not in body

    def test_a_foreign_host_is_refused(self) -> None:
        assert self.client.get("/opensearch.xml", headers={"host": "evil.example"}).status_code == 400

    async def test_pages_tell_of_it(self) -> None:
        html = (await self.async_client.get("/", headers={"accept": "text/html"})).content.decode()
        assert f'<link rel="search" type="{KIND}" href="/opensearch.xml"' in html

    async def test_it_tells_no_book_and_so_is_for_all(self) -> None:
        with override_settings(READ_REQUIRES_LOGIN=True):
            assert await self.templates()
