"""The feeds for reading apps, in OPDS 1.2 (Atom) and OPDS 2.0 (JSON)."""

import re
from base64 import b64encode
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from books.feeds.xml import element, respond_xml
from books.metadata import languages
from books.models import Author, Book, Change, Token
from tests.documents import NAMES, links, parsed, texts
from tests.people import librarian

pytestmark = pytest.mark.once

CATALOG = "application/atom+xml;profile=opds-catalog"
NAVIGATION, ACQUISITION = f"{CATALOG};kind=navigation", f"{CATALOG};kind=acquisition"
ENTRY = "application/atom+xml;type=entry;profile=opds-catalog"
OPDS2, PUBLICATION = "application/opds+json", "application/opds-publication+json"
BORROW, FACET = "http://opds-spec.org/acquisition/borrow", "http://opds-spec.org/facet"
FULL: Any = {
    "title": "Kokoro", "subtitle": "A novel", "authors": ["夏目 漱石", "B"], "topics": ["Novels", "小説"],
    "isbn13": "9780306406157", "publisher": "Iwanami", "published_year": 1914, "language": "ja", "pages": 248,
    "description": "A <student> & his sensei ]]>", "series": "Sensei", "series_number": Decimal("2.50"),
    "more_series": ["Novels"],
}  # fmt: skip


class FeedTestCase(TestCase):
    emma: Book
    kokoro: Book
    republic: Book

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kokoro = Book.objects.add(FULL)
        cls.emma = Book.objects.add({"title": "Emma", "authors": ["Jane Austen"], "topics": ["Novels"]})
        cls.republic = Book.objects.add({"title": "Republic", "authors": ["Plato"], "published_year": -375})

    async def atom(self, address: str) -> Element:
        response = await self.async_client.get(address)
        assert response.status_code == 200, address
        return parsed(response.content)

    async def json(self, address: str) -> Any:
        response = await self.async_client.get(address)
        assert response.status_code == 200, address
        return response.json()

    async def titles(self, address: str) -> list[str | None]:
        """The titles on all pages of a feed, ten at most, which both versions give alike."""
        atom, json, page, page2 = [], [], f"/opds/{address}", f"/opds2/{address}"
        for _ in range(10):
            if page:
                feed = await self.atom(page)
                atom += texts(feed, "entry/title")
                page = links(feed).get("next", "")
            if page2:
                data = await self.json(page2)
                json += [book["metadata"]["title"] for book in data.get("publications", [])]
                json += [door["title"] for door in data.get("navigation", [])]
                page2 = next((link["href"] for link in data["links"] if link["rel"] == "next"), "")
        assert atom == json
        assert not page
        return atom


class Ways(FeedTestCase):
    async def test_the_start_leads_to_the_newest_the_books_the_authors_the_series_and_the_topics(self) -> None:
        assert await self.titles("") == ["Newest books", "All books", "Authors", "Series", "Topics"]

    async def test_every_link_of_either_version_leads_somewhere(self) -> None:
        todo, seen = ["/opds/", "/opds2/"], set[str]()
        while todo:
            seen.add(address := todo.pop())
            response = await self.async_client.get(address)
            assert response.status_code == 200, address
            found = []
            if response["Content-Type"].startswith(CATALOG.partition(";")[0]):
                found = [link.get("href", "") for link in parsed(response.content).iter(f"{{{NAMES['']}}}link")]
            elif response["Content-Type"] == OPDS2:
                data = response.json()
                every = [*data["links"], *data.get("navigation", []), *data.get("facets", [{"links": []}])[0]["links"]]
                every += [link for book in data.get("publications", []) for link in book["links"]]
                found = [link["href"] for link in every if "templated" not in link]
            everywhere = {urljoin(address, href) for href in found if not href.startswith(settings.STATIC_URL)}
            todo += everywhere - seen - set(todo)
        assert {"/opds2/topics/?size=100", "/opensearch.xml", "/books/?size=50", "/opds2/books/?topic=小説"} <= {
            *seen, *(address.replace("%E5%B0%8F%E8%AA%AC", "小説") for address in seen)
        }  # fmt: skip

    async def test_the_newest_are_known_by_their_relation(self) -> None:
        entry = (await self.atom("/opds/")).find("entry", NAMES)
        assert entry is not None
        assert links(entry) == {"http://opds-spec.org/sort/new": "/opds/books/?sort=-added&size=50"}

    async def test_the_type_says_which_kind_of_feed_it_is_whatever_is_accepted(self) -> None:
        kinds = {"": NAVIGATION, "authors/": NAVIGATION, "topics/": NAVIGATION, "books/": ACQUISITION}
        book = f"books/{self.emma.pk}/"
        addresses = {f"/opds/{address}": kind for address, kind in kinds.items()}
        addresses |= {f"/opds2/{address}": OPDS2 for address in kinds}
        for address, kind in (addresses | {f"/opds/{book}": ENTRY, f"/opds2/{book}": PUBLICATION}).items():
            response = await self.async_client.get(address, headers={"accept": "text/html"})
            assert response["Content-Type"].removesuffix(";charset=utf-8") == kind

    async def test_it_says_how_to_search(self) -> None:
        assert links(await self.atom("/opds/"))["search"] == "/opensearch.xml"
        search = {"rel": "search", "href": "/opds2/books/{?query,author}", "type": OPDS2, "templated": True}
        assert search in (await self.json("/opds2/"))["links"]

    async def test_the_authors_come_by_name_with_the_number_of_their_books(self) -> None:
        assert await self.titles("authors/?size=1") == ["Jane Austen", "B", "Plato", "夏目 漱石"]
        door = (await self.json("/opds2/authors/?q=austen"))["navigation"][0]
        assert door["properties"] == {"numberOfItems": 1}
        assert texts(await self.atom("/opds/authors/?q=austen"), "entry/content") == ["1 book"]

    async def test_an_authors_books_are_counted_as_they_are_listed_without_those_translated(self) -> None:
        translated: Any = {"title": "Faust", "authors": ["Goethe"], "contributors": ["Jane Austen (translator)"]}
        await sync_to_async(Book.objects.add)(translated)
        door = (await self.json("/opds2/authors/?q=austen"))["navigation"][0]
        listed = (await self.json(door["href"]))["metadata"]["numberOfItems"]
        assert (door["properties"]["numberOfItems"], listed) == (1, 1)

    async def test_the_topics_come_page_by_page(self) -> None:
        assert await self.titles("topics/?size=1") == ["Novels", "小説"]
        assert (await self.json("/opds2/topics/?size=1"))["metadata"]["numberOfItems"] == 2

    async def test_a_feed_is_as_new_as_the_last_change(self) -> None:
        at = timezone.now() + timedelta(days=1)
        await Change.objects.filter(book_id=self.republic.pk).aupdate(at=at)
        assert texts(await self.atom("/opds/"), "updated") == [at.isoformat()]
        await Change.objects.all().adelete()
        assert texts(await self.atom("/opds/"), "updated") == ["1970-01-01T00:00:00+00:00"]


class Books(FeedTestCase):
    async def test_they_come_in_the_order_and_by_the_filters_of_the_list_on_as_many_pages_as_it_takes(self) -> None:
        assert await self.titles("books/?size=1") == ["Emma", "Kokoro", "Republic"]
        assert await self.titles("books/?size=1&sort=-added") == ["Republic", "Emma", "Kokoro"]
        assert await self.titles("books/?topic=novels") == ["Emma", "Kokoro"]
        author = await Author.objects.aget(name="Plato")
        assert await self.titles(f"books/?author={author.pk}") == ["Republic"]
        assert await self.titles("books/?q=夏目") == ["Kokoro"]
        assert await self.titles("books/?q=nothing+like+it") == []

    async def test_a_search_may_be_called_query_as_opds_2_calls_it(self) -> None:
        assert await self.titles("books/?query=夏目&author=") == ["Kokoro"]
        assert await self.titles("books/?query=&author=plato") == ["Republic"]

    async def test_the_title_says_what_they_have_in_common(self) -> None:
        author = await Author.objects.aget(name="Jane Austen")
        for query, title in {
            "": "All books",
            "?sort=-added&size=5": "Newest books",
            f"?author={author.pk}&topic=novels": "Books: Jane Austen, Novels",
            "?author=999999&topic=none": "Books: 999999, none",
            "?q=<b>&year=1900": "Books: <b>, 1900",
        }.items():
            feed = await self.json(f"/opds2/books/{query}")
            assert feed["metadata"]["title"] == title
            assert texts(await self.atom(f"/opds/books/{query}"), "title") == [title]

    async def test_one_goes_back_too_and_up(self) -> None:
        second = links(await self.atom(links(await self.atom("/opds/books/?size=1"))["next"]))
        assert texts(await self.atom(second["previous"]), "entry/title") == ["Emma"]
        assert (second["first"], second["up"], second["start"]) == ("/opds/books/?size=1", "/opds/", "/opds/")
        assert texts(await self.atom(second["self"]), "entry/title") == ["Kokoro"]

    async def test_it_says_how_many_there_are(self) -> None:
        metadata = (await self.json("/opds2/books/?size=2"))["metadata"]
        assert (metadata["numberOfItems"], metadata["itemsPerPage"]) == (3, 2)
        feed = await self.atom("/opds/books/?size=2")
        assert texts(feed, "os:totalResults") + texts(feed, "os:itemsPerPage") == ["3", "2"]

    async def test_the_orders_are_facets_of_which_one_is_in_force(self) -> None:
        feed = await self.atom("/opds/books/?q=a&sort=year")
        facets = [link for link in feed.findall("link", NAMES) if link.get("rel") == FACET]
        active = [facet.get("title") for facet in facets if facet.get(f"{{{NAMES['opds']}}}activeFacet") == "true"]
        assert (len(facets), active) == (9, ["Oldest first"])
        facets = (await self.json("/opds2/books/?sort=year"))["facets"][0]["links"]
        assert [facet["title"] for facet in facets if facet.get("rel") == "self"] == ["Oldest first"]

    async def test_a_bad_parameter_is_refused_with_the_reason(self) -> None:
        for address in ("/opds/books/?size=0", "/opds2/authors/?after=x", "/opds/topics/?size=x"):
            response = await self.async_client.get(address)
            assert response.status_code == 400
            assert response.json()["errors"]

    async def test_an_unknown_book_is_404(self) -> None:
        for address in ("/opds/books/999999/", "/opds2/books/999999/"):
            assert (await self.async_client.get(address)).status_code == 404

    def test_a_page_takes_as_many_queries_however_many_books_it_has(self) -> None:
        queries = []
        for address in ("/opds2/books/?size=1", "/opds2/books/?size=3"):
            with CaptureQueriesContext(connection) as captured:
                async_to_sync(self.async_client.get)(address)
            queries.append(len(captured))
        assert queries[0] == queries[1] <= 5


class ABook(FeedTestCase):
    async def test_in_atom_it_has_all_that_the_catalogue_knows(self) -> None:
        entry = await self.atom(f"/opds/books/{self.kokoro.pk}/")
        page = f"http://testserver/books/{self.kokoro.pk}/"
        assert texts(entry, "id") == [page]
        assert texts(entry, "title") + texts(entry, "dc:alternative") == ["Kokoro", "A novel"]
        assert texts(entry, "author/name") == ["夏目 漱石", "B"]
        assert [(each.get("term"), each.get("label")) for each in entry.findall("category", NAMES)] == [
            ("novels", "Novels"),
            ("小説", "小説"),
        ]
        assert texts(entry, "updated") == [self.kokoro.updated_at.isoformat()]
        assert texts(entry, "published") == [self.kokoro.created_at.isoformat()]
        dublin_core = ("identifier", "issued", "language", "publisher", "extent", "isPartOf")
        assert [texts(entry, f"dc:{name}")[0] for name in dublin_core] == [
            "urn:isbn:9780306406157", "1914", "ja", "Iwanami", "248 pages", "Sensei (2.5)"
        ]  # fmt: skip
        assert texts(entry, "summary") == ["A <student> & his sensei ]]>"]

    async def test_in_json_too(self) -> None:
        in_series = lambda name: [{"href": f"/opds2/books/?series={name}", "type": OPDS2}]  # noqa: E731
        links = lambda slug: [{"href": f"/opds2/books/?topic={slug}", "type": OPDS2}]  # noqa: E731
        assert (await self.json(f"/opds2/books/{self.kokoro.pk}/"))["metadata"] == {
            "@type": "http://schema.org/Book",
            "identifier": "urn:isbn:9780306406157",
            "title": "Kokoro",
            "subtitle": "A novel",
            "author": [{"name": "夏目 漱石"}, {"name": "B"}],
            "language": "ja",
            "publisher": "Iwanami",
            "published": "1914-01-01",
            "modified": self.kokoro.updated_at.isoformat().replace("+00:00", "Z"),
            "numberOfPages": 248,
            "description": "A <student> & his sensei ]]>",
            "subject": [
                {"name": "Novels", "code": "novels", "links": links("novels")},
                {"name": "小説", "code": "小説", "links": links("%E5%B0%8F%E8%AA%AC")},
            ],
            "belongsTo": {
                "series": [
                    {"name": "Sensei", "position": 2.5, "links": in_series("Sensei")},
                    {"name": "Novels", "links": in_series("Novels")},
                ]
            },
        }

    async def test_what_is_not_known_is_left_out(self) -> None:
        metadata = (await self.json(f"/opds2/books/{self.republic.pk}/"))["metadata"]
        assert metadata.keys() == {"@type", "identifier", "title", "author", "modified"}
        assert metadata["identifier"] == f"http://testserver/books/{self.republic.pk}/"
        entry = await self.atom(f"/opds/books/{self.republic.pk}/")
        assert entry.findall("dc:issued", NAMES) == []  # a date before our era has no form there

    async def test_it_is_borrowed_on_its_page(self) -> None:
        page = f"/books/{self.emma.pk}/"
        entry = await self.atom(f"/opds/books/{self.emma.pk}/")
        kinds = {link.get("rel"): link.get("type") for link in entry.findall("link", NAMES)}
        assert (links(entry)[BORROW], kinds[BORROW]) == (page, "text/html")
        book = await self.json(f"/opds2/books/{self.emma.pk}/")
        assert {"rel": BORROW, "href": page, "type": "text/html"} in book["links"]

    async def test_it_is_the_same_in_a_feed_and_alone(self) -> None:
        [listed] = (await self.json("/opds2/books/?q=emma"))["publications"]
        alone = await self.json(next(link["href"] for link in listed["links"] if link["rel"] == "self"))
        assert listed == alone
        [entry] = (await self.atom("/opds/books/?q=emma")).findall("entry", NAMES)
        alone = await self.atom(links(entry)["self"])
        assert [(part.tag, part.text, part.attrib) for part in entry] == [
            (part.tag, part.text, part.attrib) for part in alone
        ]

    async def test_it_has_a_picture_that_is_there(self) -> None:
        [image] = (await self.json(f"/opds2/books/{self.emma.pk}/"))["images"]
        assert image["type"] == "image/png"
        assert finders.find(image["href"].removeprefix(settings.STATIC_URL))
        entry = await self.atom(f"/opds/books/{self.emma.pk}/")
        assert links(entry)["http://opds-spec.org/image"] == image["href"]


class Access(FeedTestCase):
    @override_settings(READ_REQUIRES_LOGIN=True)
    async def test_where_reading_is_for_accounts_so_are_the_feeds(self) -> None:
        for address in ("/opds/", "/opds2/books/", f"/opds/books/{self.emma.pk}/"):
            assert (await self.async_client.get(address)).status_code == 401

    @override_settings(READ_REQUIRES_LOGIN=True)
    async def test_reading_apps_are_asked_by_http_basic_and_give_a_token_as_the_password(self) -> None:
        asked = await self.async_client.get("/opds/", headers={"accept": "text/html"})
        assert (asked.status_code, asked["WWW-Authenticate"].startswith("Basic realm=")) == (401, True)
        _, secret = await sync_to_async(Token.objects.issue)(await sync_to_async(librarian)(), "app", ["read"], None)
        for password, status in ((secret, 200), ("wrong", 401)):
            value = b64encode(f"anybody:{password}".encode()).decode()
            answer = await self.async_client.get("/opds/", headers={"authorization": f"Basic {value}"})
            assert answer.status_code == status
        assert (await self.async_client.get("/opds/", headers={"authorization": "Basic é!"})).status_code == 401

    async def test_what_a_reading_app_leaves_of_a_template_is_no_filter(self) -> None:
        feed = await self.atom("/opds/books/?q=emma&author=%7Batom:author?%7D")
        assert [entry.findtext("title", namespaces=NAMES) for entry in feed.findall("entry", NAMES)] == ["Emma"]

    async def test_an_apostrophe_is_written_so_that_every_parser_reads_it(self) -> None:
        await Book.objects.filter(pk=self.emma.pk).aupdate(title='Emma\'s "A"')
        assert '<title>Emma\'s "A"</title>' in (await self.async_client.get("/opds/books/?q=emma")).content.decode()

    async def test_a_feed_has_a_search_link_that_is_a_template_for_librera(self) -> None:
        found = [link for link in (await self.atom("/opds/")).findall("link", NAMES) if link.get("rel") == "search"]
        template = {"rel": "search", "type": "application/atom+xml", "href": "/opds/books/?q={searchTerms}"}
        assert found[0].attrib == template

    async def test_the_feed_is_there_without_its_last_slash_too(self) -> None:
        for path in ("/opds", "/opds2"):
            with_slash, without = await self.async_client.get(f"{path}/"), await self.async_client.get(path)
            assert (without.status_code, without.content) == (200, with_slash.content)

    async def test_the_first_search_template_has_only_the_search_terms(self) -> None:
        found = re.findall(r'template="([^"]*)"', (await self.async_client.get("/opensearch.xml")).content.decode())
        feeds = [template for template in found if "/opds/" in template]
        assert feeds[0] == "http://testserver/opds/books/?q={searchTerms}"

    async def test_every_page_tells_reading_apps_of_them(self) -> None:
        html = (await self.async_client.get("/books/", headers={"accept": "text/html"})).content.decode()
        assert f'<link rel="alternate" type="{CATALOG}" href="/opds/"' in html
        assert f'<link rel="alternate" type="{OPDS2}" href="/opds2/"' in html

    async def test_a_language_is_one_that_feeds_may_name(self) -> None:
        await Book.objects.filter(pk=self.emma.pk).aupdate(language=languages.canonical("pt_BR"))
        assert (await self.json(f"/opds2/books/{self.emma.pk}/"))["metadata"]["language"] == "pt-br"


@given(st.text(st.characters() | st.sampled_from("<>&\"'\x00\x1b\ufffe\ud800\r\n")))
def test_any_text_becomes_xml_that_can_be_parsed(text: str) -> None:
    root = parsed(respond_xml(element("a", {"b": text}, element("c", {}, text)), "x/y").content)
    said = (root.findtext("c") or "", root.get("b", ""))
    assert all(character in text for found in said for character in found if character not in "\n ")
    kept = [character for character in text if character in "<&>" or (character.isalnum() and character.isascii())]
    assert all(character in said[0] for character in kept)
