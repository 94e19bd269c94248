from asgiref.sync import async_to_sync
from django.test import TestCase

from books.models import Book


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
