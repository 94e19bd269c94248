"""XML made of elements. Whatever text is put in, what comes out can be parsed."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from xml.etree.ElementTree import Element, tostring

from django.http import HttpResponse

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 cannot even escape them


def element(name: str, attributes: Mapping[str, str] = NO_ATTRIBUTES, *inside: Element | str) -> Element:
    """An element with what is inside it: other elements, or one text."""
    made = Element(name, {key: _clean(value) for key, value in attributes.items()})
    for part in inside:
        if isinstance(part, str):
            made.text = _clean(part)
        else:
            made.append(part)
    return made


def texts(**named: str) -> list[Element]:
    """An element for each text that is not empty; dc_language is dc:language."""
    return [element(name.replace("_", ":"), NO_ATTRIBUTES, text) for name, text in named.items() if text]


def respond_xml(root: Element, content_type: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    body: bytes = tostring(root, "utf-8", xml_declaration=True)
    return HttpResponse(body, content_type=f"{content_type};charset=utf-8", headers=headers)


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
