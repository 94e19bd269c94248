import re

from asgiref.sync import async_to_sync
from django.test import TestCase

from books.models import Book, Topic


class Topics(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Book.objects.add({"title": "Emma", "topics": ["Novels"]})
        Book.objects.add({"title": "心", "topics": ["Novels", "小説"]})

    def test_they_are_listed_with_the_number_of_books(self) -> None:
        with self.assertNumQueries(1):
            data = (async_to_sync(self.async_client.get)("/topics/")).json()
        assert data == {
            "topics": [
                {"slug": "novels", "url": "/topics/novels/", "name": "Novels", "books": 2},
                {"slug": "小説", "url": "/topics/%E5%B0%8F%E8%AA%AC/", "name": "小説", "books": 1},
            ]
        }

    def test_a_topic_has_a_page_with_its_books(self) -> None:
        data = self.client.get("/topics/%E5%B0%8F%E8%AA%AC/").json()
        assert (data["name"], data["count"], data["books"][0]["title"]) == ("小説", 1, "心")

    async def test_an_unknown_topic_is_404(self) -> None:
        response = await self.async_client.get("/topics/nothing/")
        assert (response.status_code, "/topics/" in response.json()["detail"]) == (404, True)

    def test_many_have_letters_that_lead_to_the_first_of_each_in_the_order_of_the_alphabet(self) -> None:
        Topic.objects.bulk_create([Topic.of(name) for name in ("Élan", "Zoo", *(f"Dogs {n}" for n in range(60)))])
        page = self.client.get("/topics/", headers={"accept": "text/html"}).content.decode()
        assert re.findall(r'href="#(.)" rel="nofollow">(.)</a>', page) == [(each, each) for each in "DENZ一"]
        assert re.findall(r'<li(?: id="(.)")?><a href="[^"]*" dir="auto">([^<]*)</a>', page)[-4:] == [
            ("E", "Élan"),
            ("N", "Novels"),
            ("Z", "Zoo"),
            ("一", "小説"),
        ]
