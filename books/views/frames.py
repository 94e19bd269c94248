"""Pages rendered once per version of the catalogue, with holes for the parts that differ between requests."""

import re
from collections.abc import Awaitable, Callable, Hashable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from books.cache import per_version
from books.cache.catalogue import Known
from books.views.base import CatalogueView
from books.web import negotiation
from django41_example.server.threads import in_thread

Context = Mapping[str, Any]


async def render_with_holes(
    view: CatalogueView,
    template: str,
    context: Context | Callable[[], Awaitable[Context]],
    *key: Hashable,
    holes: Mapping[str, bytes],
) -> HttpResponse:
    """The rendered template, shared by all anonymous requests with this key.

    `holes`: the template variables that differ between them, as HTML. The request's URL is always one.
    """
    address = view.request.get_full_path()
    filled = {**holes, "address": escape(address).encode(), "quoted": quote(address).encode(), "": b""}

    async def arender() -> list[tuple[str, bytes]]:
        return await in_thread(render, await context() if callable(context) else context)

    def render(shown: Context) -> list[tuple[str, bytes]]:
        """The page in pieces, each after the name of its hole. NUL marks a hole, as no parameter may contain it."""
        marked = {name: f"\x00{name}\x00" if html else "" for name, html in filled.items()}
        page = negotiation.page(view.request, template, {**shown, **marked}).rendered().content.decode()
        first, *rest = re.split(f"\x00({'|'.join(filled)})\x00|%00address%00", page)
        named = zip(rest[::2], rest[1::2], strict=True)
        return [("", first.encode()), *((name or "quoted", html.encode()) for name, html in named)]

    if view.user.account is None:
        frame = await per_version.get_or_make((template, Known.name, *key, *map(bool, holes.values())), arender)
    else:
        frame = await arender()
    return HttpResponse(b"".join([piece for name, html in frame for piece in (filled[name], html)]))
