"""What templates need beyond Django's own tags; built in, so no template loads it. None of it asks the database."""

from collections.abc import ItemsView, Mapping
from typing import Any

import orjson
from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString

from books.metadata import covers, languages
from books.metadata.record import BY_NAME

register = template.Library()

MEMOS = 2000  # renderings that one {% memo %} remembers


@register.filter
def items(mapping: Mapping[str, Any]) -> ItemsView[str, Any]:
    """`mapping.items`, also where one of the keys is "items"."""
    return mapping.items()


@register.filter
def plain(value: object) -> str:
    """A field's value as a line of text; nothing for what is empty."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


@register.filter
def year(number: int | None) -> str:
    """1914; -375 is 375 BC."""
    if number is None:
        return ""
    return str(number) if number > 0 else f"{-number} BC"


@register.filter
def language_name(code: str) -> str:
    return languages.name(code) if code else ""


@register.filter
def cover(book: Mapping[str, Any]) -> dict[str, Any]:
    return covers.cover(book["title"], book["authors"])


@register.filter
def thumbnail(book: Mapping[str, Any]) -> dict[str, str]:
    return covers.thumbnail(book["title"], book["authors"])


@register.filter
def label(name: str) -> str:
    """The label of a book's field: Year for published_year."""
    return BY_NAME[name].label if name in BY_NAME else name


class MemoNode(template.Node):
    def __init__(self, names: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.names, self.nodelist = names, nodelist
        self.rendered: dict[tuple[bool, bytes], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        values = orjson.dumps({name: value.resolve(context) for name, value in self.names.items()})
        key = context.autoescape, values
        rendered = self.rendered.pop(key, None)
        if rendered is None:
            rendered = self.nodelist.render(context.new(orjson.loads(values)))
            if len(self.rendered) == MEMOS:
                del self.rendered[next(iter(self.rendered))]  # the one not asked for the longest
        self.rendered[key] = rendered
        return rendered


@register.tag
def memo(parser: Parser, token: Token) -> MemoNode:
    """`{% memo book %}...{% endmemo %}` is rendered once for each value of `book`, and remembered.

    Inside there is nothing but the values named, which are plain data: so what is remembered cannot be out of date.
    """
    names = {name: parser.compile_filter(name) for name in token.split_contents()[1:]}
    nodelist = parser.parse(("endmemo",))
    parser.delete_first_token()
    return MemoNode(names, nodelist)
