"""What every page owes its readers, and what a page must not do."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Manager, Model, QuerySet
from django.template.loader import render_to_string
from django.test import AsyncClient

from books.models import Author, Book
from books.web import negotiation
from tests.people import LibrarianTestCase

pytestmark = pytest.mark.once

HTML = {"accept": "text/html"}
NASTY = """<script>alert("1")</script>'"&</title>"""
FULL = {
    "title": "Kokoro",
    "subtitle": "A Novel",
    "authors": ["Natsume Sōseki", "Edwin McClellan"],
    "isbn13": "9780895267153",
    "publisher": "Regnery",
    "published_year": 1957,
    "language": "en",
    "pages": 248,
    "description": "Friendship and guilt.\n\nIn three parts.",
    "topics": ["Novels"],
    "series": "Library of Japan",
    "series_number": 2,
}


def test_no_page_names_a_command_that_only_a_checkout_has() -> None:
    pages = (Path(__file__).resolve().parents[1] / "templates").rglob("*.html")
    assert [page.name for page in pages if "manage.py" in page.read_text()] == []


class Elements(HTMLParser):
    """All elements of a page with their attributes, and the text in each <script> and <style>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.code: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.all and self.all[-1][0] in {"script", "style"} and data.strip():
            self.code.append((self.all[-1][1], data))

    def named(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.all if name == tag and wanted.items() <= attrs.items()]

    def field(self, name: str) -> dict[str, str | None]:
        [found] = [attrs for tag, attrs in self.all if tag in {"input", "textarea"} and attrs.get("name") == name]
        return found


def plain_values(value: Any) -> Iterator[Any]:
    """All that stands in nested dicts and lists; a generator would be more than a plain value."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for inner in value:
            yield from plain_values(inner)
    else:
        yield value


def own_code(page: str) -> list[str]:
    """The scripts, styles and event handlers in the page itself, which our Content-Security-Policy would refuse."""
    elements = Elements(page)
    attributes = [name for _, attrs in elements.all for name in attrs if name == "style" or name.startswith("on")]
    return attributes + [text for attrs, text in elements.code if attrs.get("type") != "application/ld+json"]


class PageCase(LibrarianTestCase):
    async def page(self, url: str, status: int = 200) -> str:
        response = await self.async_client.get(url, headers=HTML)
        assert response.status_code == status, url
        return str(response.content.decode())

    async def sent(self, url: str, status: int, **fields: Any) -> str:
        response = await self.async_client.post(url, fields, headers=HTML)
        assert response.status_code == status, response.content.decode()
        return str(response.content.decode())


class EveryPage(PageCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add(FULL)  # type: ignore[arg-type]
        here = f"/books/{self.book.pk}/"
        author = Author.objects.earliest("pk").get_absolute_url()
        self.reading = ["/", "/books/", "/books/?q=kokoro&sort=year", here, "/authors/", author, "/topics/"]
        self.reading += ["/topics/novels/", "/books/?q=nothing", "/books/1234567/", "/books/?size=none", "/nowhere/"]
        self.writing = {"/books/new/": "/books/", f"{here}edit/": here, f"{here}delete/": here}

    async def pages(self) -> list[tuple[str, str]]:
        urls = [*self.reading, *self.writing]
        return [(url, (await self.async_client.get(url, headers=HTML)).content.decode()) for url in urls]

    async def test_it_has_one_heading_a_main_part_a_title_and_a_language(self) -> None:
        for url, page in await self.pages():
            elements = Elements(page)
            for tag in ("h1", "main", "title", "footer"):
                assert len([name for name, _ in elements.all if name == tag]) == 1, (url, tag)
            assert elements.named("html", lang="en"), url

    async def test_it_links_its_json_twin(self) -> None:
        for url, page in await self.pages():
            [twin] = Elements(page).named("link", rel="alternate", type="application/json")
            assert twin["href"] == self.writing.get(url, url)

    async def test_the_twin_answers_as_json(self) -> None:
        for url in [*self.reading, *self.writing.values()]:
            response = await self.async_client.get(url, headers={"accept": "application/json"})
            assert response["Content-Type"] == "application/json", url

    async def test_it_holds_no_script_style_or_event_handler_of_its_own(self) -> None:
        for url, page in await self.pages():
            assert not own_code(page), url

    async def test_headings_leave_out_no_level(self) -> None:
        for url, page in await self.pages():
            levels = [int(tag[1]) for tag, _ in Elements(page).all if re.fullmatch("h[1-6]", tag)]
            assert levels[0] == 1, url
            assert all(after <= before + 1 for before, after in pairwise(levels)), url

    async def test_ids_are_unique_and_what_refers_to_one_finds_it(self) -> None:
        for url, page in await self.pages():
            elements = Elements(page)
            ids = [attrs["id"] for _, attrs in elements.all if "id" in attrs]
            assert len(ids) == len(set(ids)), url
            for _, attrs in elements.all:
                for name in ("for", "aria-describedby", "aria-labelledby", "list"):
                    assert set((attrs.get(name) or "").split()) <= set(ids), (url, name)

    async def test_every_box_has_a_label(self) -> None:
        for url, page in await self.pages():
            elements = Elements(page)
            labelled = {attrs["for"] for attrs in elements.named("label")}
            for tag, attrs in elements.all:
                if tag in {"input", "textarea"} and attrs.get("type") != "hidden":
                    assert attrs.get("id") in labelled or "aria-labelledby" in attrs, (url, attrs)

    async def test_its_template_gets_plain_values_that_cannot_ask_the_database(self) -> None:
        with mock.patch.object(negotiation, "render_to_string", return_value="A page") as render:
            await self.pages()
        contexts = [call.args[1] for call in render.call_args_list]
        assert len(contexts) == len(self.reading) + len(self.writing)
        for value in plain_values(contexts):
            assert not isinstance(value, Model | QuerySet | Manager), value


class Queries(PageCase):
    """The queries of each page, with the one for the catalogue's name: they do not grow with its rows."""

    def setUp(self) -> None:
        super().setUp()
        for number in range(5):
            Book.objects.add({**FULL, "isbn13": None, "title": f"Volume {number}"})
        self.book, self.author = Book.objects.earliest("pk"), Author.objects.earliest("pk")

    def test_each_page_asks_a_fixed_number(self) -> None:
        for url, queries in {
            "/": 3,
            "/books/": 4,
            "/books/?language=en&topic=novels": 6,
            self.book.get_absolute_url(): 8,  # its series with the books beside it, and three rows of others
            "/authors/": 2,
            self.author.get_absolute_url(): 8,  # the other roles are counted too
            "/topics/": 2,
            "/topics/novels/": 8,
            "/nowhere/": 0,
        }.items():
            with self.subTest(url), self.assertNumQueries(queries):
                async_to_sync(AsyncClient().get)(url, headers=HTML)

    def test_who_is_signed_in_costs_four_more(self) -> None:
        """The session, the account, and its permissions: its own and its groups'. Forms propose names besides."""
        here = self.book.get_absolute_url()
        for url, queries in {"/books/new/": 5 + 3, f"{here}edit/": 6 + 3, f"{here}delete/": 6}.items():
            with self.subTest(url), self.assertNumQueries(queries):
                async_to_sync(self.async_client.get)(url, headers=HTML)


class BookPage(PageCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add(FULL)  # type: ignore[arg-type]
        self.url = self.book.get_absolute_url()

    async def test_it_shows_every_field(self) -> None:
        page = await self.page(self.url)
        for text in ("Kokoro", "A Novel", "Natsume Sōseki", "Edwin McClellan", "978-0-89526-715-3", "Regnery", "1957"):
            assert text in page
        for text in ("English", "248", "Friendship and guilt.", "Novels", "Library of Japan</a>, 2<"):
            assert text in page

    async def test_it_leads_to_its_authors_and_topics_and_to_its_forms(self) -> None:
        page = await self.page(self.url)
        async for author in Author.objects.all():
            assert f'href="{author.get_absolute_url()}"' in page
        for url in ("/topics/novels/", f"{self.url}edit/", f"{self.url}delete/"):
            assert f'href="{url}"' in page

    async def test_it_tells_search_engines_what_it_is_about(self) -> None:
        [(_, facts)] = Elements(await self.page(self.url)).code
        assert json.loads(facts)["name"] == "Kokoro"

    async def test_the_title_is_in_the_books_language(self) -> None:
        book = await Book.objects.acreate(title="こころ", title_key="x", language="ja")
        assert '<h1 lang="ja" dir="auto">こころ</h1>' in await self.page(book.get_absolute_url())

    async def test_a_year_before_our_era_is_written_as_such(self) -> None:
        await Book.objects.aupdate(published_year=-375)
        assert ">375 BC<" in await self.page(self.url)


class NastyText(PageCase):
    """A title of markup and quotes stays text wherever it stands."""

    def setUp(self) -> None:
        super().setUp()
        values = {"title": NASTY, "authors": [NASTY], "topics": [NASTY], "description": NASTY, "series": NASTY}
        self.book = Book.objects.add(values)  # type: ignore[arg-type]
        self.url = self.book.get_absolute_url()

    async def test_it_is_escaped_on_every_page(self) -> None:
        topic = await self.book.topics.aget()
        author = await Author.objects.aget()
        pages = ["/", "/books/", self.url, f"{self.url}edit/", f"{self.url}delete/", "/authors/", "/topics/"]
        for url in [*pages, author.get_absolute_url(), topic.get_absolute_url()]:
            page = await self.page(url)
            assert "alert" in page, url
            assert "<script>" not in page, url
            assert page.count("</title>") == 1, url

    async def test_it_is_escaped_where_a_query_is_repeated(self) -> None:
        for path in ("/books/", "/authors/"):
            response = await self.async_client.get(path, {"q": NASTY}, headers=HTML)
            page = response.content.decode()
            assert "alert" in page
            assert "<script>" not in page

    async def test_it_comes_through_the_json_ld_unharmed(self) -> None:
        [(_, facts)] = Elements(await self.page(self.url)).code
        assert json.loads(facts)["name"] == NASTY
        assert not set(facts) & set("<>&")

    async def test_it_is_escaped_beside_what_another_editor_wrote(self) -> None:
        page = await self.sent(f"{self.url}edit/", 412, title="mine", version="7")
        assert "&lt;script&gt;" in page
        assert "<script>" not in page

    async def test_a_field_that_is_called_items_breaks_no_error_page(self) -> None:
        response = await self.async_client.post("/books/", {"items": 1}, "application/json", headers=HTML)
        assert response.status_code == 406
        page = render_to_string("error.html", {"errors": {"items": ["No such field."]}, "path": "/"})
        assert "<code>items</code>: No such field." in page


class Forms(PageCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add({"title": "Kokoro", "publisher": "Old"})
        self.edit = f"{self.book.get_absolute_url()}edit/"

    async def test_a_mistake_stands_by_its_field(self) -> None:
        page = await self.sent("/books/new/", 422, title="心", pages="many")
        box = Elements(page).field("pages")
        assert box["aria-invalid"] == "true"
        assert "id_pages-error" in (box["aria-describedby"] or "").split()
        assert re.search(r'id="id_pages-error">Enter a whole number', page)

    async def test_a_field_without_a_mistake_has_no_mark(self) -> None:
        elements = Elements(await self.sent("/books/new/", 422, title="心", pages="many"))
        assert "aria-invalid" not in elements.field("title")

    async def test_the_summary_takes_the_focus_and_links_to_each_wrong_field(self) -> None:
        elements = Elements(await self.sent("/books/new/", 422, pages="many"))
        [summary] = elements.named("div", role="alert")
        assert "autofocus" in summary
        assert elements.named("a", href="#id_title")
        assert elements.named("a", href="#id_pages")

    async def test_all_that_was_typed_is_kept(self) -> None:
        typed = {name: f"{name} & more" for name in FULL} | {"title": ""}
        page = await self.sent("/books/new/", 422, **typed)
        for name, text in typed.items():
            shown = text.replace("&", "&amp;")
            assert f'value="{shown}"' in page or f"\n{shown}</textarea>" in page, name

    async def test_empty_lines_at_the_beginning_are_kept_too(self) -> None:
        assert ">\n\r\n\r\ntext</textarea>" in await self.sent("/books/new/", 422, description="\r\n\r\ntext")

    async def test_a_second_click_after_a_mistake_is_still_known(self) -> None:
        page = await self.sent("/books/new/", 422, idempotency_key="abc")
        assert Elements(page).field("idempotency_key")["value"] == "abc"

    async def test_a_stale_form_shows_what_the_catalogue_has_beside_what_was_typed(self) -> None:
        page = await self.sent(self.edit, 412, title="Kokoro", publisher="Mine", version="7")
        assert re.search(r'id="id_publisher-theirs">.*<p dir="auto">Old</p>', page)
        box = Elements(page).field("publisher")
        assert box["value"] == "Mine"
        assert "id_publisher-theirs" in (box["aria-describedby"] or "").split()

    async def test_a_stale_form_leaves_the_fields_alone_that_agree(self) -> None:
        assert "id_title-theirs" not in await self.sent(self.edit, 412, title="Kokoro", version="7")

    async def test_a_stale_form_says_that_nothing_is_saved_even_if_both_wrote_the_same(self) -> None:
        page = await self.sent(self.edit, 412, title="Kokoro", publisher="Old", version="7")
        assert "This book</span> was changed while you were editing" in page

    async def test_a_form_that_was_not_sent_has_nothing_to_lose(self) -> None:
        [form] = Elements(await self.page("/books/new/")).named("form", method="post", action="/books/new/")
        assert "data-unsaved" not in form

    async def test_a_form_with_mistakes_has(self) -> None:
        [form] = Elements(await self.sent("/books/new/", 422)).named("form", method="post", action="/books/new/")
        assert "data-unsaved" in form


class Lists(PageCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(3):
            record = {"title": f"Volume {number}", "language": "ja", "topics": ["Prose"], "authors": ["A. Writer"]}
            Book.objects.add(record)  # type: ignore[arg-type]

    async def test_the_query_stays_in_its_box(self) -> None:
        assert Elements(await self.page("/books/?q=volume")).named("input", id="q", value="volume")

    async def test_searching_anew_keeps_the_other_filters(self) -> None:
        assert Elements(await self.page("/books/?q=volume&language=ja")).named("input", name="language", value="ja")

    async def test_each_filter_in_force_can_be_removed(self) -> None:
        elements = Elements(await self.page("/books/?q=volume&language=ja"))
        assert elements.named("a", **{"class": "chip"}) == [
            {"class": "chip", "href": "/books/?language=ja"},
            {"class": "chip", "href": "/books/?q=volume"},
        ]

    async def test_choices_are_offered_with_the_number_of_their_books(self) -> None:
        page = await self.page("/books/")
        assert '<a href="/books/?language=ja#narrow">Japanese</a> <span class="number">3</span>' in page
        assert '<a href="/books/?topic=prose#narrow" dir="auto">Prose</a> <span class="number">3</span>' in page

    async def test_the_order_in_force_is_marked(self) -> None:
        [current] = Elements(await self.page("/books/?sort=-year")).named("a", **{"aria-current": "true"})
        assert current["href"] == "/books/?sort=-year"

    async def test_pages_are_linked_for_people_and_for_browsers(self) -> None:
        elements = Elements(await self.page("/books/?size=2"))
        [link], [anchor] = elements.named("link", rel="next"), elements.named("a", rel="next")
        assert link["href"] == anchor["href"]
        after = Elements(await self.page(str(anchor["href"])))
        assert after.named("a", rel="prev")
        assert after.named("link", rel="prev")

    async def test_exports_carry_the_same_filters(self) -> None:
        elements = Elements(await self.page("/books/?language=ja&q=volume"))
        for name in ("csv", "xlsx", "jsonl", "goodreads.csv", "marc.xml", "ris", "bib", "csl.json"):
            assert elements.named("a", href=f"/books.{name}?language=ja&q=volume") or elements.named(
                "a", href=f"/books.{name}?q=volume&language=ja"
            )

    async def test_exports_from_an_author_or_a_topic_are_of_its_books(self) -> None:
        author = await Author.objects.aget()
        for url, query in {author.get_absolute_url(): f"author={author.pk}", "/topics/prose/": "topic=prose"}.items():
            assert Elements(await self.page(url)).named("a", href=f"/books.csv?{query}")

    async def test_a_count_that_is_not_exact_says_so(self) -> None:
        with mock.patch("books.search.results.COUNT_CAP", 2), mock.patch("books.search.facets.EXACT", 2):
            assert ">2+ books</h2>" in await self.page("/books/?q=volume")

    async def test_titles_and_authors_carry_their_language_and_direction(self) -> None:
        assert '<li lang="ja">' in await self.page("/books/")
        assert Elements(await self.page("/books/")).named("span", **{"class": "by", "dir": "auto"})


class Nothing(PageCase):
    async def test_a_catalogue_without_books_says_how_to_get_some(self) -> None:
        for url in ("/", "/books/", "/authors/"):
            page = await self.page(url)
            assert Elements(page).named("a", href="/jobs/")
            assert not own_code(page)
            assert Elements(page).named("a", href="/books/new/")

    async def test_without_topics_it_says_where_they_come_from(self) -> None:
        assert "There are no topics yet." in await self.page("/topics/")

    async def test_a_search_that_finds_nothing_says_what_to_try(self) -> None:
        page = await self.page("/books/?q=zzzz")
        assert "No books match." in page
        assert "Remove one of the filters" in page

    async def test_an_author_not_found_can_be_looked_for_among_the_books(self) -> None:
        assert Elements(await self.page("/authors/?q=zz+z")).named("a", href="/books/?q=zz%20z")

    async def test_an_error_says_what_is_wrong_and_what_to_do_next(self) -> None:
        page = await self.page("/books/77/", 404)
        assert "There is no book with this id." in page
        assert "What you can do" in page
        assert Elements(page).named("a", href="/books/")

    async def test_a_page_that_does_not_exist_takes_nobody_for_signed_out(self) -> None:
        page = await self.page("/nothing-here/", 404)
        assert ">Sign in<" not in page

    async def test_a_query_with_mistakes_names_each(self) -> None:
        page = await self.page("/books/?size=0&year=soon", 400)
        assert "<code>size</code>: Write a whole number from 1 to 100." in page
        assert "<code>year</code>:" in page
