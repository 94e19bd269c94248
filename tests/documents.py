"""XML answers as tests read them."""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

NAMES = {
    "": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/terms/",
    "opds": "http://opds-spec.org/2010/catalog",
    "os": "http://a9.com/-/spec/opensearch/1.1/",
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
}


def parsed(body: bytes) -> Element:
    return fromstring(body)  # noqa: S314  it is our own


def texts(element: Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path, NAMES)]


def links(element: Element) -> dict[str, str]:
    """The addresses by relation."""
    return {link.get("rel", ""): link.get("href", "") for link in element.findall("link", NAMES)}


async def body_of(response: Any) -> bytes:
    if response.streaming:
        return b"".join([part async for part in response.streaming_content])
    body: bytes = response.content
    return body
