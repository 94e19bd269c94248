"""What templates need beyond Django's own; built in, so no template loads it. Nothing queries the database."""

import re
from collections.abc import ItemsView, Mapping
from html import escape
from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import FilterExpression, Parser, Token
from django.templatetags import static
from django.urls import reverse
from django.utils.safestring import mark_safe

from books.metadata import covers, languages
from books.metadata.record import BY_NAME

register = template.Library()


class Constant(template.Node):
    """A node that is the same in every response: it is rendered once."""

    def __init__(self, node: template.Node) -> None:
        self.node, self.html = node, ""

    def render(self, context: template.Context) -> str:
        self.html = self.html or self.node.render(context)
        return self.html


def is_constant(expression: FilterExpression) -> bool:
    return isinstance(expression.var, str) and not expression.filters


@register.tag
def url(parser: Parser, token: Token) -> template.Node:
    """Django's; a page has a dozen of those without arguments, which took a third of its time."""
    node = defaulttags.url(parser, token)
    is_given_something = node.args or node.kwargs or node.asvar
    return Constant(node) if is_constant(node.view_name) and not is_given_something else node


@register.tag("static")
def static_file(parser: Parser, token: Token) -> template.Node:
    """Django's."""
    node = static.do_static(parser, token)
    return Constant(node) if is_constant(node.path) and not node.varname else node


@register.filter
def items(mapping: Mapping[str, Any]) -> ItemsView[str, Any]:
    """`mapping.items`, also where one of the keys is "items"."""
    return mapping.items()


@register.filter
def book_links(text: str) -> str:
    """The text, with the URLs of books as links."""
    url = re.escape(reverse("book_list"))
    return mark_safe(re.sub(rf"{url}\d+/", r'<a href="\g<0>">\g<0></a>', escape(text)))  # noqa: S308 # nosec


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


def small_cover(title: str, author_names: str) -> str:
    """For rows that Python renders; `_cover.html` draws large ones."""
    drawn = covers.thumbnail(title, author_names)
    return (
        f'<svg class="cover {drawn["classes"]}" viewBox="0 0 120 180" aria-hidden="true">'
        f'<use href="#ornament-{drawn["ornament"]}"/><text>{escape(drawn["initial"])}</text></svg>'
    )


@register.filter
def label(name: str) -> str:
    """The label of a book's field: Year for published_year."""
    return BY_NAME[name].label if name in BY_NAME else name
