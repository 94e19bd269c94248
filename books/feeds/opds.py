"""Feeds as OPDS 1.2, which is Atom with additional link relations: https://specs.opds.io/opds-1.2"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from books.feeds.feed import BORROW, COVER_KIND, Feed, NavigationLink
from books.feeds.xml import NO_ATTRIBUTES, Xml, element, respond_xml, texts
from books.metadata.series import Place

START = f"{settings.SCRIPT_NAME}/opds/"
MEDIA_TYPES: tuple[str, ...] = ("application/atom+xml",)
CATALOG = "application/atom+xml;profile=opds-catalog"
NAVIGATION, ACQUISITION = f"{CATALOG};kind=navigation", f"{CATALOG};kind=acquisition"
ENTRY = "application/atom+xml;type=entry;profile=opds-catalog"
OPENSEARCH = "application/opensearchdescription+xml"
IMAGE = "http://opds-spec.org/image"
NAMES = {
    "xmlns": "http://www.w3.org/2005/Atom",
    "xmlns:dc": "http://purl.org/dc/terms/",
    "xmlns:opds": "http://opds-spec.org/2010/catalog",
    "xmlns:opensearch": "http://a9.com/-/spec/opensearch/1.1/",
}


def write_feed(feed: Feed, origin: str) -> HttpResponse:
    relations = {"self": feed.path, "start": "", **feed.relations}
    root = element(
        "feed",
        NAMES,
        *texts(id=origin + START + feed.path, title=feed.title, updated=feed.updated.isoformat()),
        element("author", NO_ATTRIBUTES, *texts(name=feed.catalogue, uri=origin + reverse("home"))),
        *texts(opensearch_totalResults=_written(feed.count), opensearch_itemsPerPage=_written(feed.size)),
        *(_link(rel, START + path, _kind(path)) for rel, path in relations.items() if path is not None),
        _link("search", f"{START}books/?q={{searchTerms}}", MEDIA_TYPES[0]),  # for Librera
        _link("search", reverse("opensearch"), OPENSEARCH),
        _link("alternate", feed.page, "text/html"),
        *(_facet(order) for order in feed.orders),
        *(_navigation_entry(link, feed, origin) for link in feed.navigation or ()),
        *(_entry(book, origin) for book in feed.books or ()),
    )
    return respond_xml(root, _kind(feed.path))


def write_book(book: Mapping[str, Any], origin: str) -> HttpResponse:
    return respond_xml(_entry(book, origin, NAMES), ENTRY)


def _entry(book: Mapping[str, Any], origin: str, attributes: Mapping[str, str] = NO_ATTRIBUTES) -> Xml:
    topics = origin + reverse("topic_list")
    return element(
        "entry",
        attributes,
        *texts(id=origin + book["url"], title=book["title"]),
        *texts(updated=book["updated_at"].isoformat(), published=book["created_at"].isoformat()),
        *(element("author", NO_ATTRIBUTES, *texts(name=name)) for name in book["authors"]),
        *(element("contributor", NO_ATTRIBUTES, *texts(name=each)) for each in book["contributors"]),
        *(element("category", {"scheme": topics, "term": slug, "label": name}) for slug, name in book["topics"]),
        *texts(
            dc_alternative=book["subtitle"],
            dc_identifier=book["urn"],
            dc_language=book["language"],
            dc_issued=book["year"],
            dc_publisher=book["publisher"],
            dc_extent=f"{book['pages']} pages" if book["pages"] else "",
            summary=book["description"],
        ),
        *(found for place in book["places"] for found in texts(dc_isPartOf=_in_series(place))),
        _link(BORROW, book["url"], "text/html"),
        _link("alternate", book["url"], "text/html"),
        _link("self", START + book["path"], ENTRY),
        _link(IMAGE, book["cover"], COVER_KIND),
        _link(f"{IMAGE}/thumbnail", book["cover"], COVER_KIND),
    )


def _in_series(place: Place) -> str:
    return f"{place.series} ({place.written})" if place.written else place.series


def _navigation_entry(link: NavigationLink, feed: Feed, origin: str) -> Xml:
    """An entry that links to another feed. It counts as changed whenever the catalogue has changed."""
    books = f"{link.books or 0:,} book{'' if link.books == 1 else 's'}"
    return element(
        "entry",
        NO_ATTRIBUTES,
        *texts(id=origin + START + link.path, title=link.title, updated=feed.updated.isoformat()),
        element("content", {"type": "text"}, link.summary or books),
        _link(link.rel, START + link.path, _kind(link.path)),
    )


def _facet(order: NavigationLink) -> Xml:
    is_current = {"opds:activeFacet": "true"} if order.is_current else {}
    about = {"title": order.title, "opds:facetGroup": "Order", **is_current}
    return _link("http://opds-spec.org/facet", START + order.path, ACQUISITION, about)


def _link(rel: str, href: str, kind: str, about: Mapping[str, str] = NO_ATTRIBUTES) -> Xml:
    return element("link", {"rel": rel, "href": href, "type": kind, **about})


def _kind(path: str) -> str:
    return ACQUISITION if path.startswith("books/") else NAVIGATION


def _written(number: int | None) -> str:
    return "" if number is None else str(number)
