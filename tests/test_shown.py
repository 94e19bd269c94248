"""Nobody is shown what they may not do: every link and form of every page leads where its reader may go."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client, TestCase
from django.urls import Resolver404, resolve

from books.models import Book
from books.views.base import CatalogueView
from books.web.permissions import OWN_ACCOUNT, is_open
from tests.people import librarian, owner, reader
from tests.test_pages import Elements

pytestmark = pytest.mark.once

HTML = {"accept": "text/html"}
PAGES = [
    *(
        "/",
        "/books/",
        "/books/?q=nothing",
        "/books/{}/",
        "/books/{}/merge/",
        "/books/{}/history/",
        "/authors/",
        "/series/",
        "/topics/",
    ),
    *(
        "/topics/novels/",
        "/jobs/",
        "/duplicates/",
        "/duplicates/authors/",
        "/activity/",
        "/settings/",
        "/accounts/people/",
        "/accounts/",
        "/accounts/tokens/",
        "/accounts/login/",
    ),
    *("/books/999/", "/nowhere/", "/lab/"),
]


def ways(page: str) -> Iterator[tuple[str, str]]:
    """The method and path of each link and form."""
    elements = Elements(page)
    for attributes in elements.named("a"):
        yield "GET", str(attributes["href"])
    for attributes in elements.named("form"):
        yield str(attributes.get("method") or "get").upper(), str(attributes["action"])


def may(user: Any, method: str, path: str) -> bool:
    try:
        view = resolve(path).func.view_class  # type: ignore[attr-defined]
    except (Resolver404, AttributeError):  # the admin's
        return bool(user.is_staff) if path.startswith("/admin/") else True
    if not issubclass(view, CatalogueView):
        return True
    rule = view.rules[method]
    if is_open(rule) or rule is OWN_ACCOUNT:
        return is_open(rule) or user.is_authenticated
    return bool(user.has_perm(rule.permission))


class ShownTests(TestCase):
    book: Book
    people: dict[str, User | AnonymousUser]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.book = Book.objects.add({"title": "Kokoro", "isbn13": "9780895267153", "topics": ["Novels"]})
        for name in ("Natsume Sōseki", "Soseki, Natsume"):
            Book.objects.add({"title": "Botchan", "authors": [name]})
        cls.people = {"nobody": AnonymousUser(), "reader": reader(), "librarian": librarian(), "owner": owner()}

    def page(self, path: str, user: Any) -> str:
        client = Client(headers=HTML)
        if user.is_authenticated:
            client.force_login(user)
        return client.get(path.format(self.book.pk)).content.decode()

    def test_every_link_and_form_is_for_its_reader(self) -> None:
        wrong = [
            (name, path, method, url)
            for name, user in self.people.items()
            for path in PAGES
            for method, url in ways(self.page(path, user))
            if url.startswith("/") and not may(user, method, url.partition("?")[0].partition("#")[0])
        ]
        assert wrong == []

    def test_who_keeps_the_books_finds_the_tools(self) -> None:
        expected = {"nobody": False, "reader": False, "librarian": True, "owner": True}
        for tool in ("Tools", "Duplicates", "Add a book"):
            assert {name: tool in self.page("/", user) for name, user in self.people.items()} == expected

    def test_what_is_missing_is_said_with_who_can_help(self) -> None:
        Book.objects.all().delete()
        said = {
            "nobody": "Are you a librarian?",
            "reader": "Ask the owner of this catalogue",
            "librarian": "Add the first book",
            "owner": "Add the first book",
        }
        for name, words in said.items():
            assert words in self.page("/books/", self.people[name])

    def test_the_current_page_is_marked_in_the_menu(self) -> None:
        for path in ("/books/", "/duplicates/", "/accounts/tokens/"):
            marked = Elements(self.page(path, self.people["owner"])).named("a", href=path, **{"aria-current": "page"})
            assert len(marked) == 1, path
