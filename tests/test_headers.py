"""What a browser may do with our answers, said on every one of them."""

import pytest
from django.test import TestCase

pytestmark = pytest.mark.once

EXPECTED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ADDRESSES = ["/", "/books/", "/books.csv", "/nowhere/", "/books/?size=x", "/books", "/accounts/login/", "/admin/login/"]


class EveryAnswer(TestCase):
    async def test_it_carries_all_of_them_pages_data_streams_errors_and_redirects_alike(self) -> None:
        for address in ADDRESSES:
            for accept in ("text/html", "application/json"):
                response = await self.async_client.get(address, headers={"accept": accept})
                with self.subTest(address=address, accept=accept):
                    assert EXPECTED.items() <= response.headers.items()
                    assert "camera=()" in response["Permissions-Policy"]
                    assert "default-src 'none'" in response["Content-Security-Policy"]

    async def test_no_script_and_no_style_may_stand_in_a_page(self) -> None:
        policy = (await self.async_client.get("/"))["Content-Security-Policy"]
        assert "unsafe" not in policy

    async def test_a_reader_without_an_account_gets_no_cookie(self) -> None:
        for address in ADDRESSES:
            response = await self.async_client.get(address, headers={"accept": "text/html"})
            assert not response.cookies, address


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_refused_write_carries_them_too(client: object, method: str, db: None) -> None:
    response = getattr(client, method)("/books/", headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    assert EXPECTED.items() <= response.headers.items()
