"""Feeds as OPDS 2.0, which is JSON based on Readium's Web Publication Manifest: https://drafts.opds.io/opds-2.0"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from books.feeds.feed import BORROW, COVER_KIND, Feed, NavigationLink, with_query
from books.metadata import roles
from books.metadata.series import Place
from books.web.negotiation import as_json
from books.web.serializers import number

START = f"{settings.SCRIPT_NAME}/opds2/"
KIND, PUBLICATION = "application/opds+json", "application/opds-publication+json"
MEDIA_TYPES: tuple[str, ...] = (KIND, PUBLICATION)
SEARCH = {"rel": "search", "href": f"{START}books/{{?query,author}}", "type": KIND, "templated": True}
ROLES = {role: roles.LABELS[role] for role in ("trl", "ill", "edt", "nrt", "art", "clr", "ink", "ltr")}

Plain = dict[str, Any]


def write_feed(feed: Feed, origin: str) -> HttpResponse:
    relations = {"self": feed.path, "start": "", **feed.relations}
    metadata = {"title": feed.title, "modified": feed.updated, "numberOfItems": feed.count, "itemsPerPage": feed.size}
    written: Plain = {
        "metadata": _given(metadata),
        "links": [
            *({"rel": rel, "href": START + path, "type": KIND} for rel, path in relations.items() if path is not None),
            SEARCH,
            {"rel": "alternate", "href": feed.page, "type": "text/html"},
        ],
    }
    if feed.orders:
        written["facets"] = [{"metadata": {"title": "Order"}, "links": [_link(order) for order in feed.orders]}]
    if feed.navigation is not None:
        written["navigation"] = [_link(link) for link in feed.navigation]
    if feed.books is not None:
        written["publications"] = [_publication(book, origin) for book in feed.books]
    return HttpResponse(as_json(written), content_type=KIND)


def write_book(book: Mapping[str, Any], origin: str) -> HttpResponse:
    return HttpResponse(as_json(_publication(book, origin)), content_type=PUBLICATION)


def _publication(book: Mapping[str, Any], origin: str) -> Plain:
    series = [_place(place) for place in book["places"]]
    contributors = roles.by_property(book["contributors"], ROLES, "contributor")
    metadata = {
        "@type": "http://schema.org/Book",
        "identifier": book["urn"] or origin + book["url"],
        "title": book["title"],
        "subtitle": book["subtitle"],
        "author": [{"name": name} for name in book["authors"]],
        **{name: [{"name": each} for each in names] for name, names in contributors.items()},
        "language": book["language"],
        "publisher": book["publisher"],
        "published": f"{book['year']}-01-01" if book["year"] else "",  # the format only has full dates
        "modified": book["updated_at"],
        "numberOfPages": book["pages"],
        "description": book["description"],
        "subject": [_subject(slug, name) for slug, name in book["topics"]],
        "belongsTo": {"series": series if len(series) > 1 else series[0]} if series else None,
    }
    return {
        "metadata": _given(metadata),
        "links": [
            {"rel": "self", "href": START + book["path"], "type": PUBLICATION},
            {"rel": BORROW, "href": book["url"], "type": "text/html"},
            {"rel": "alternate", "href": book["url"], "type": "text/html"},
        ],
        "images": [{"href": book["cover"], "type": COVER_KIND}],
    }


def _place(place: Place) -> Plain:
    href = START + with_query("books/", {"series": place.series})
    return _given({"name": place.series, "position": number(place.number), "links": [{"href": href, "type": KIND}]})


def _subject(slug: str, name: str) -> Plain:
    href = START + with_query("books/", {"topic": slug})
    return {"name": name, "code": slug, "links": [{"href": href, "type": KIND}]}


def _link(link: NavigationLink) -> Plain:
    rel = "self" if link.is_current else link.rel
    count = None if link.books is None else {"numberOfItems": link.books}
    return _given({"rel": rel, "href": START + link.path, "type": KIND, "title": link.title, "properties": count})


def _given(values: Mapping[str, Any]) -> Plain:
    """The values that are not empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}
