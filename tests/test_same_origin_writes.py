from typing import Any

import pytest

from books.models import Book
from tests.people import LibrarianTestCase

pytestmark = pytest.mark.once

FRIEND = {"origin": "https://friend.example", "sec-fetch-site": "cross-site"}


class WritesFromAnotherSite(LibrarianTestCase):
    async def post(self, **headers: str) -> Any:
        return await self.async_client.post("/books/", {"title": "x"}, headers=headers)

    async def test_a_write_that_another_sites_page_sends_is_refused(self) -> None:
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://testserver.evil.example"},
            {"origin": "https://testserver"},
            {"origin": "http://testserver:8000"},
            {"origin": "http://[testserver"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site", "origin": "http://testserver"},
        ):
            with self.subTest(headers=headers):
                assert (await self.post(**headers)).status_code == 403
        assert not await Book.objects.aexists()

    async def test_a_write_from_our_own_pages_or_from_a_program_is_let_through(self) -> None:
        for headers in (
            {},
            {"origin": "http://testserver"},
            {"sec-fetch-site": "same-origin", "origin": "https://testserver"},
            {"sec-fetch-site": "none"},
        ):
            with self.subTest(headers=headers):
                assert (await self.post(**headers)).status_code == 303

    async def test_a_site_that_the_operator_trusts_may_write(self) -> None:
        with self.settings(CSRF_TRUSTED_ORIGINS=["https://friend.example"]):
            response = await self.post(**FRIEND)
        assert response.status_code == 303

    async def test_reading_is_open_to_links_from_anywhere(self) -> None:
        response = await self.async_client.get("/books/", headers={"sec-fetch-site": "cross-site"})
        assert response.status_code == 200

    async def test_a_browser_is_told_so_on_a_page(self) -> None:
        response = await self.post(origin="https://evil.example", accept="text/html")
        assert "another site" in response.content.decode()
