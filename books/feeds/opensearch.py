"""Tells browsers and reading apps how to search here: https://github.com/dewitt/opensearch"""

from django.urls import reverse

from books.feeds import opds
from books.feeds.xml import Xml, element, texts

NAME = "http://a9.com/-/spec/opensearch/1.1/"
SHORT, LONG = 16, 48  # characters, the format's limit


def description(origin: str, name: str) -> Xml:
    pages, feeds = (f"{reverse(view)}?q={{searchTerms}}" for view in ("book_list", "opds_books"))
    templates = (
        ("text/html", pages),
        (opds.ACQUISITION, feeds),  # KOReader uses the first and only fills in {searchTerms}
        (opds.ACQUISITION, f"{feeds}&author={{atom:author?}}"),
        ("application/json", pages),
    )
    return element(
        "OpenSearchDescription",
        {"xmlns": NAME, "xmlns:atom": opds.NAMES["xmlns"]},
        *texts(ShortName=name[:SHORT], LongName=name[:LONG], Description="Finds books by title, author, ISBN."),
        element("Url", {"type": opds.OPENSEARCH, "rel": "self", "template": origin + reverse("opensearch")}),
        *(element("Url", {"type": kind, "template": origin + path}) for kind, path in templates),
        *texts(InputEncoding="UTF-8", OutputEncoding="UTF-8"),
    )
