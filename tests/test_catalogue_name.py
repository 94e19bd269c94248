"""The catalogue's name: its owner gives it, and every page and feed shows it at once."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client, TestCase

from books.models import Book
from books.models.catalogue import change_catalogue
from tests.caching import subscribed  # noqa: F401
from tests.people import LibrarianTestCase, owner

HTML = {"accept": "text/html"}


class Named(TestCase):
    def setUp(self) -> None:
        self.client.force_login(owner())

    def test_it_stands_on_pages_and_in_feeds(self) -> None:
        self.client.post("/settings/", {"name": "Village & School Library"}, headers=HTML)
        for path in ("/", "/books/", "/accounts/login/"):
            page = self.client.get(path, headers=HTML).content.decode()
            assert "· Village &amp; School Library</title>" in page
            assert "<bdi>Village &amp; School Library</bdi>" in page
        atom = self.client.get("/opds/").content.decode()
        assert "<title>Village &amp; School Library</title>" in atom
        assert "<name>Village &amp; School Library</name>" in self.client.get("/opds/books/").content.decode()
        assert self.client.get("/opds2/").json()["metadata"]["title"] == "Village & School Library"

    def test_search_boxes_get_as_much_of_it_as_their_format_allows(self) -> None:
        self.client.post("/settings/", {"name": "Village Library of Somewhere on the River beyond the Hills"})
        description = self.client.get("/opensearch.xml").content.decode()
        assert "<ShortName>Village Library </ShortName>" in description
        assert "<LongName>Village Library of Somewhere on the River beyond</LongName>" in description

    def test_what_is_no_text_is_no_name(self) -> None:
        for sent in ({"name": ["Ours"]}, {"name": True}, {"nme": "Ours"}):
            answer = self.client.post("/settings/", json.dumps(sent), "application/json")
            assert (answer.status_code, answer.json()["errors"].keys()) == (422, sent.keys())

    def test_programs_give_it_too_and_an_empty_one_is_the_old_one(self) -> None:
        answer = self.client.post("/settings/", json.dumps({"name": "  Ours "}), "application/json")
        assert answer.json() == {"name": "Ours"}
        assert self.client.post("/settings/", {"samples": "keep"}).json() == {"name": "Ours"}
        assert self.client.post("/settings/", {"name": ""}).json() == {"name": "Book catalogue"}

    def test_one_that_is_too_long_is_refused_with_what_was_typed(self) -> None:
        answer = self.client.post("/settings/", {"name": "x" * 61}, headers=HTML)
        assert (answer.status_code, "x" * 61 in answer.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("subscribed")
async def test_pages_that_are_rendered_once_change_with_it() -> None:
    await sync_to_async(Book.objects.add)({"title": "Emma"})
    client = AsyncClient()
    assert "Book catalogue" in (await client.get("/books/", headers=HTML)).content.decode()
    await sync_to_async(change_catalogue)(name="Ours")
    page = (await client.get("/books/", headers=HTML)).content.decode()
    assert ("Ours" in page, "Book catalogue" in page) == (True, False)


class Said(LibrarianTestCase):
    """What a page says once of what was just done."""

    def test_an_added_book_is_said_once_and_the_next_one_offered(self) -> None:
        added = self.client.post("/books/new/", {"title": "Emma", "version": ""}, headers=HTML)
        page = self.client.get(added["Location"], headers=HTML).content.decode()
        assert "“Emma” was added." in page
        assert 'href="/books/new/">Add another</a>' in page
        assert "was added" not in self.client.get(added["Location"], headers=HTML).content.decode()

    def test_what_was_said_to_somebody_is_not_on_the_page_of_others(self) -> None:
        added = self.client.post("/books/new/", {"title": "Emma", "version": ""}, headers=HTML)
        nobody = Client(headers=HTML)
        nobody.cookies["messages"] = self.client.cookies["messages"].value
        for page in (added["Location"], "/books/", "/"):
            assert "was added" not in nobody.get(page).content.decode()
