"""How a browser or a reading app searches here: https://github.com/dewitt/opensearch"""

from django.conf import settings
from django.urls import reverse

from books.feeds import opds
from books.feeds.xml import Xml, element, texts

NAME = "http://a9.com/-/spec/opensearch/1.1/"
SHORT, LONG = 16, 48  # characters that the format allows
BOOKS = f"{opds.START}books/?q={{searchTerms}}"
TEMPLATES = (
    ("text/html", f"{settings.SCRIPT_NAME}/books/?q={{searchTerms}}"),
    (opds.ACQUISITION, BOOKS),  # the first is the one that KOReader takes, which fills in {searchTerms} alone
    (opds.ACQUISITION, f"{BOOKS}&author={{atom:author?}}"),
    ("application/json", f"{settings.SCRIPT_NAME}/books/?q={{searchTerms}}"),
)


def description(origin: str, name: str) -> Xml:
    return element(
        "OpenSearchDescription",
        {"xmlns": NAME, "xmlns:atom": opds.NAMES["xmlns"]},
        *texts(ShortName=name[:SHORT], LongName=name[:LONG], Description="Finds books by title, author, ISBN."),
        element("Url", {"type": opds.OPENSEARCH, "rel": "self", "template": origin + reverse("opensearch")}),
        *(element("Url", {"type": kind, "template": origin + path}) for kind, path in TEMPLATES),
        *texts(InputEncoding="UTF-8", OutputEncoding="UTF-8"),
    )
