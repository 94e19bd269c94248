"""Filters that templates need beyond Django's own; built in, so no template loads them. None queries the database."""

from collections.abc import ItemsView, Mapping
from typing import Any

from django import template

from books.metadata import covers, languages
from books.metadata.record import BY_NAME

register = template.Library()


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
def label(name: str) -> str:
    """The label of a book's field: Year for published_year."""
    return BY_NAME[name].label if name in BY_NAME else name
