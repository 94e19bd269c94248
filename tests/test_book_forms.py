import re
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import sync_to_async

from books.history.merge import merge
from books.metadata import record
from books.models import Actor, Book, Channel
from tests.people import LibrarianTestCase

pytestmark = pytest.mark.once

HTML = {"accept": "text/html"}


class EditForm(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"], "pages": 200})
        self.url = f"/books/{self.book.pk}/edit/"

    async def post(self, **fields: Any) -> Any:
        return await self.async_client.post(self.url, {"title": "Kokoro", **fields}, headers=HTML)

    async def test_the_form_shows_the_book(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert 'value="Kokoro"' in page
        assert "夏目 漱石</textarea>" in page
        assert 'name="version" value="1"' in page

    async def test_saving_leads_to_the_book_as_typed(self) -> None:
        response = await self.post(title="心", pages="", authors="", version="1")
        assert (response.status_code, response["Location"]) == (303, f"/books/{self.book.pk}/")
        saved = await Book.objects.aget()
        assert (saved.title, saved.pages, saved.author_names) == ("心", None, "")

    async def test_a_field_that_is_not_sent_stays_as_it_is(self) -> None:
        assert (await self.post(title="心", version="1")).status_code == 303
        saved = await Book.objects.aget()
        assert (saved.title, saved.pages, saved.author_names) == ("心", 200, "夏目 漱石")

    async def test_every_field_of_a_book_stands_in_the_form(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert [name for name in record.EDITABLE if f'name="{name}"' not in page] == []

    async def test_names_of_the_catalogue_are_offered_without_scripts_where_they_are_few(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        offered = re.compile(
            r'<noscript>.*name="add_authors" list="(.*?)".*<datalist id="\1"><option value="夏目 漱石">'
        )
        assert offered.search(page)
        added = {"add_authors": "Edwin", "add_topics": "Novels"}
        await self.post(authors="夏目 漱石", series="S", topics="", **added, version="1")
        saved = await Book.objects.aget()
        assert (saved.author_names, saved.topic_names) == ("夏目 漱石\nEdwin", "Novels")
        page = (await self.async_client.get("/books/new/", headers=HTML)).content.decode()
        assert re.search(r'name="series"[^>]* list="(.*?)"[^>]*>\s*<datalist id="\1"><option value="S">', page)
        page = (await self.async_client.get("/topics/novels/edit/", headers=HTML)).content.decode()
        assert '<option value="Novels">' in page
        with mock.patch("books.views.names.MAX_OFFERED", 1):
            await self.post(title="心", version="2")  # what was offered is made anew
            page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert ('<option value="Edwin">' in page, '<option value="Novels">' in page) == (False, True)

    async def test_a_new_name_with_a_comma_is_asked_about(self) -> None:
        names = "Tolkien, J. R. R.\n夏目 漱石"
        response = await self.post(authors=names, version="1")
        page = response.content.decode()
        assert response.status_code == 409
        assert "One person or several?" in page
        assert '<li dir="auto">Tolkien, J. R. R.</li>' in page
        assert (await Book.objects.aget()).version == 1
        for commas, saved in (("split", "Tolkien\nJ. R. R.\n夏目 漱石"), ("keep", names)):
            with self.subTest(commas):
                version = (await Book.objects.aget()).version
                assert (await self.post(authors=names, commas=commas, version=str(version))).status_code == 303
                assert (await Book.objects.aget()).author_names == saved

    async def test_a_new_contributor_with_a_comma_is_asked_about_too_and_parts_keep_the_role(self) -> None:
        sent = {"contributors": "Birnbaum, Al (translator)\nXu、Li (editor)"}
        asked = await self.async_client.post(self.url, {"title": "心", **sent, "version": "1"})
        assert (asked.status_code, list(asked.json()["errors"])) == (409, ["contributors"])
        assert (await self.post(**sent, commas="split", version="1")).status_code == 303
        assert (await Book.objects.aget()).contributors.split("\n") == [
            "Birnbaum (translator)",
            "Al (translator)",
            "Xu (editor)",
            "Li (editor)",
        ]

    async def test_several_names_stand_between_semicolons_lines_and_commas(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "x", "authors": ["Kept, Jr."], "topics": ["Love, war"]})
        sent = {"authors": "A; B\nC、D;Kept, Jr.", "topics": "Novels, Poetry，詩、Love; Love, war"}
        assert (await self.post(**sent, version="1")).status_code == 303
        saved = await Book.objects.aget(pk=self.book.pk)
        assert saved.author_names.split("\n") == ["A", "B", "C", "D", "Kept, Jr."]
        assert sorted(saved.topic_names.split("\n")) == ["Love", "Love, war", "Novels", "Poetry", "詩"]

    async def test_a_mistake_is_shown_with_what_was_typed(self) -> None:
        response = await self.post(title="心", pages="many")
        assert response.status_code == 422
        page = response.content.decode()
        assert 'value="many"' in page
        assert 'value="心"' in page

    async def test_a_field_that_is_sent_twice_is_refused(self) -> None:
        response = await self.post(title="心", authors=["A", "B"])
        assert response.status_code == 422
        assert "Send this once" in response.content.decode()
        assert (await Book.objects.aget()).author_names == "夏目 漱石"

    async def test_a_stale_form_shows_both_texts_and_changes_nothing(self) -> None:
        await self.post(title="theirs", version="1")
        response = await self.post(title="mine", version="1")
        assert response.status_code == 412
        page = response.content.decode()
        assert 'value="mine"' in page
        assert "theirs" in page
        assert (await Book.objects.aget()).title == "theirs"

    async def test_a_stale_form_takes_over_what_only_others_have_changed(self) -> None:
        await self.post(pages="210", authors="夏目漱石", version="1")
        await self.post(pages="220", authors="夏目漱石", version="2")
        page = (await self.post(title="mine", pages="200", authors="Sōseki", version="1")).content.decode()
        assert 'value="220"' in page
        assert "from the saved version" in page
        assert re.findall('id="id_([a-z]+)-theirs"', page) == ["authors"]
        assert 'value="mine"' in page

    async def test_a_stale_form_sent_again_is_about_the_version_it_has_shown(self) -> None:
        await self.post(title="theirs", version="1")
        page = (await self.post(title="mine", version="1")).content.decode()
        assert 'name="version" value="2"' in page
        assert (await self.post(title="mine", version="2")).status_code == 303

    async def test_the_text_for_a_book_deleted_meanwhile_is_offered_as_a_new_book(self) -> None:
        await Book.objects.all().adelete()
        for others in ({}, {"authors": "Tolkien, J. R. R."}, {"pages": "many"}):
            response = await self.post(title="typed", version="1", **others)
            assert response.status_code == 404
            page = response.content.decode()
            assert 'value="typed"' in page
            assert 'action="/books/new/"' in page

    async def test_the_text_for_a_book_merged_meanwhile_is_kept_with_the_book_that_it_is_now(self) -> None:
        kept = await sync_to_async(Book.objects.add)({"title": "Kokoro"})
        await sync_to_async(merge)({kept.pk: 1, self.book.pk: 1}, kept.pk, {}, Actor(Channel.PAGE))
        response = await self.post(title="typed", version="1")
        assert response.status_code == 404
        page = response.content.decode()
        assert 'value="typed"' in page
        assert f"merged into /books/{kept.pk}/ while you were editing" in page

    async def test_an_isbn_of_another_book_is_an_error_at_the_field(self) -> None:
        await Book.objects.acreate(title="other", isbn13="9780306406157")
        response = await self.post(isbn13="0306406152", version="1")
        assert response.status_code == 409
        assert "Another book has this ISBN" in response.content.decode()

    async def test_a_program_gets_its_errors_as_json(self) -> None:
        response = await self.async_client.post(self.url, {"title": ""})
        assert (response.status_code, response.json()) == (422, {"errors": {"title": ["A book needs a title."]}})

    async def test_a_form_is_for_browsers_only(self) -> None:
        for url in (self.url, "/books/new/", f"/books/{self.book.pk}/delete/"):
            assert (await self.async_client.get(url, headers={"accept": "application/json"})).status_code == 406
            assert (await self.async_client.get(url)).status_code == 200


class DeleteForm(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add({"title": "Kokoro"})
        self.url = f"/books/{self.book.pk}/delete/"

    async def test_it_asks_first(self) -> None:
        page = (await self.async_client.get(self.url, headers=HTML)).content.decode()
        assert "Kokoro" in page
        assert await Book.objects.aexists()

    async def test_confirmed_it_deletes_and_leads_to_where_it_can_be_undone(self) -> None:
        response = await self.async_client.post(self.url, {"version": "1"}, headers=HTML)
        assert (response.status_code, response["Location"]) == (303, f"/books/{self.book.pk}/history/")
        assert not await Book.objects.aexists()

    async def test_a_book_changed_meanwhile_is_shown_again_instead(self) -> None:
        await Book.objects.aupdate(version=2)
        response = await self.async_client.post(self.url, {"version": "1"}, headers=HTML)
        assert response.status_code == 412
        assert 'name="version" value="2"' in response.content.decode()
        assert await Book.objects.aexists()

    async def test_a_program_is_told_so_as_json(self) -> None:
        await Book.objects.aupdate(version=2)
        response = await self.async_client.post(self.url, {"version": "1"})
        assert (response.status_code, list(response.json())) == (412, ["detail"])

    async def test_a_broken_version_is_refused(self) -> None:
        assert (await self.async_client.post(self.url, {"version": "x"})).status_code == 422
        assert await Book.objects.aexists()

    async def test_deleting_twice_says_that_it_is_gone(self) -> None:
        await self.async_client.post(self.url, {"version": "1"})
        assert (await self.async_client.post(self.url, {"version": "1"})).status_code == 404
