from io import BytesIO

from asgiref.sync import async_to_sync
from django.test import TestCase

from books.history.rename import edit
from books.importing.importer import import_file
from books.models import Author, Book
from books.models.change import COMMAND


class Authors(TestCase):
    austen: Author

    @classmethod
    def setUpTestData(cls) -> None:
        Book.objects.add({"title": "Emma", "authors": ["Jane Austen"]})
        Book.objects.add({"title": "Persuasion", "authors": ["Jane Austen", "Émile Zola"]})
        cls.austen = Author.objects.get(name="Jane Austen")

    def test_they_come_by_sort_name_each_with_the_number_of_books(self) -> None:
        with self.assertNumQueries(1):
            data = (async_to_sync(self.async_client.get)("/authors/")).json()
        assert [(a["name"], a["books"]) for a in data["authors"]] == [("Jane Austen", 2), ("Émile Zola", 1)]
        assert [a["sort_name"] for a in data["authors"]] == ["Austen, Jane", "Zola, Émile"]
        assert data["count"] == 2

    async def test_one_finds_them_by_words_of_the_name_without_accents(self) -> None:
        data = (await self.async_client.get("/authors/?q=zola+emile")).json()
        assert [a["name"] for a in data["authors"]] == ["Émile Zola"]

    async def test_the_list_has_pages(self) -> None:
        first = (await self.async_client.get("/authors/?size=1")).json()
        second = (await self.async_client.get(first["next"])).json()
        assert [a["name"] for a in second["authors"]] == ["Émile Zola"]

    def test_a_sort_name_that_was_given_is_followed_by_the_authors_books(self) -> None:
        Author.objects.filter(pk=self.austen.pk).update(sort_name="Zzyzx", sort_key="zzyzx")
        emma = Book.objects.get(title="Emma")
        Book.objects.change(emma.pk, {"publisher": "Murray"})
        Book.objects.add({"title": "Nana", "authors": ["Émile Zola"]})
        emma.refresh_from_db()
        assert emma.author_key == "zzyzx"
        data = (async_to_sync(self.async_client.get)("/books/?sort=author&size=2")).json()
        assert [book["title"] for book in data["books"]] == ["Persuasion", "Nana"]

    def test_an_import_leaves_books_where_the_sort_name_puts_them(self) -> None:
        edit(self.austen, {"sort_name": "Zzyzx"}, COMMAND)
        for _ in import_file(BytesIO(b"title,authors,publisher\nEmma,Jane Austen,Murray\n")):
            pass
        emma = Book.objects.get(title="Emma")
        assert (emma.publisher, emma.author_key) == ("Murray", "zzyzx")

    async def test_a_bad_parameter_is_refused(self) -> None:
        assert (await self.async_client.get("/authors/?size=0")).json()["errors"].keys() == {"size"}

    async def test_an_author_has_a_page_with_the_books_in_the_same_form_as_the_list(self) -> None:
        data = (await self.async_client.get(f"/authors/{self.austen.pk}/?sort=-title")).json()
        assert (data["name"], data["count"]) == ("Jane Austen", 2)
        assert [book["title"] for book in data["books"]] == ["Persuasion", "Emma"]

    async def test_an_authors_books_can_be_searched_and_paged(self) -> None:
        data = (await self.async_client.get(f"/authors/{self.austen.pk}/?size=1")).json()
        assert data["next"].startswith(f"/authors/{self.austen.pk}/?size=1&after=")
        assert (await self.async_client.get(f"/authors/{self.austen.pk}/?q=emma")).json()["count"] == 1

    async def test_an_unknown_author_is_404(self) -> None:
        assert (await self.async_client.get("/authors/999999/")).status_code == 404
