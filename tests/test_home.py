import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, TestCase

from books.models import Book, Worker
from tests.caching import Queries, queries, subscribed  # noqa: F401
from tests.people import librarian

pytestmark = pytest.mark.once


class Home(TestCase):
    def test_a_program_gets_an_index_of_addresses_without_a_query(self) -> None:
        with self.assertNumQueries(0):
            data = (async_to_sync(self.async_client.get)("/")).json()
        assert data["topics"] == "/topics/"
        assert data["books"].startswith("/books/")

    async def test_every_address_of_the_index_answers_a_librarian(self) -> None:
        await Worker.objects.asee("somebody")
        await self.async_client.aforce_login(await sync_to_async(librarian)())
        for address in (await self.async_client.get("/")).json().values():
            with self.subTest(address=address):
                assert (await self.async_client.get(address.partition("{")[0])).status_code == 200

    async def test_a_browser_sees_the_newest_books_first(self) -> None:
        for number in range(13):
            await Book.objects.acreate(title=f"Book number {number}", title_key=str(number))
        page = (await self.async_client.get("/", headers={"accept": "text/html"})).content.decode()
        assert page.index("Book number 12") < page.index("Book number 11")
        assert "Book number 0" not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("subscribed")
async def test_the_page_is_made_once_for_each_version_of_the_catalogue(queries: Queries) -> None:  # noqa: F811
    client, html = AsyncClient(), {"accept": "text/html"}
    await sync_to_async(Book.objects.add)({"title": "Emma"})
    first = (await client.get("/?from=a", headers=html)).content.decode()
    queries.count = 0
    again = (await client.get("/?from=b", headers=html)).content.decode()
    assert (queries.count, again) == (0, first.replace("from=a", "from=b").replace("from%3Da", "from%3Db"))
    await sync_to_async(Book.objects.add)({"title": "Persuasion"})
    assert "Persuasion" in (await client.get("/", headers=html)).content.decode()
