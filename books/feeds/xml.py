"""Writes XML quickly, and well-formed whatever the text."""

from collections.abc import Mapping
from types import MappingProxyType

from django.http import HttpResponse

from books.exporting.base import xml_text

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Xml(str):
    """Text that is XML already. Only this module creates it."""

    __slots__ = ()


def element(name: str, attributes: Mapping[str, str] = NO_ATTRIBUTES, *inside: str) -> Xml:
    """An element with its content: elements unchanged, text escaped."""
    named = "".join(f' {key}="{xml_text(value).replace('"', "&quot;")}"' for key, value in attributes.items())
    content = "".join(part if isinstance(part, Xml) else xml_text(part) for part in inside)
    return Xml(f"<{name}{named}>{content}</{name}>" if content else f"<{name}{named}/>")


def texts(**named: str) -> list[Xml]:
    """An element for each text that is not empty. dc_language becomes dc:language."""
    return [element(name.replace("_", ":"), NO_ATTRIBUTES, text) for name, text in named.items() if text]


def respond_xml(root: Xml, content_type: str) -> HttpResponse:
    document = f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'
    return HttpResponse(document, content_type=f"{content_type};charset=utf-8")
