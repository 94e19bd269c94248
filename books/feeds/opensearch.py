"""How a browser or a reading app searches here: https://github.com/dewitt/opensearch"""

from django.conf import settings
from django.urls import reverse

from books.feeds import opds
from books.feeds.xml import Xml, element, texts

NAME = "http://a9.com/-/spec/opensearch/1.1/"
SHORT, LONG = 16, 48  # characters that the format allows
TEMPLATES = {
    "text/html": f"{settings.SCRIPT_NAME}/books/?q={{searchTerms}}",
    opds.ACQUISITION: f"{opds.START}books/?q={{searchTerms}}&author={{atom:author?}}",
    "application/json": f"{settings.SCRIPT_NAME}/books/?q={{searchTerms}}",
}


def description(origin: str, name: str) -> Xml:
    return element(
        "OpenSearchDescription",
        {"xmlns": NAME, "xmlns:atom": opds.NAMES["xmlns"]},
        *texts(ShortName=name[:SHORT], LongName=name[:LONG], Description="Finds books by title, author, ISBN."),
        element(
            "Url",
            {"type": opds.OPENSEARCH, "rel": "self", "template": origin + reverse("opensearch")},
        ),
        *(element("Url", {"type": kind, "template": origin + path}) for kind, path in TEMPLATES.items()),
        *texts(InputEncoding="UTF-8", OutputEncoding="UTF-8"),
    )
