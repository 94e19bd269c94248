"""The base classes of lists and pages of authors, topics and series."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.lists import NamesQuery
from books.models import Channel, Named
from books.models.links import MODELS
from books.views.base import CatalogueView
from books.views.letters import aletters_of_names
from books.views.lists import BooksView, serialize_page
from books.views.names import FORMS, NameView, achanges, aheading, shown
from books.web import CHANGE, HTML, JSON, READ, TEXT, HTTPError, json_response, parsing, valid
from django41_example.server.threads import in_thread

MAX_SHOWN = 3  # the latest changes
READ_ONLY = {"id", "url", "slug"}  # read-only properties that clients may send back

Entries = list[dict[str, Any]]


class NameList(CatalogueView):
    """Names with the number of their books: a page of authors or series, where ?q= searches; or all topics."""

    rules = {"GET": READ}
    is_public = True
    kind = ""
    columns: tuple[str, ...]

    async def get(self, request: HttpRequest) -> HttpResponse:
        query, model = valid(NamesQuery(request.GET)), MODELS[self.kind]
        named: Any = model._default_manager.named(query.cleaned_data.get("q", ""))  # type: ignore[attr-defined]
        page = await named.with_counts().apage([*self.columns, "books_count"], query.page)
        entries, links = await in_thread(self.entries, page.rows), page.links(request.path, query.urlencoded)
        data = serialize_page(model.PLURAL, entries, page, links)
        letters = await aletters_of_names(self, model, page, query.parameters())
        return self.respond_with_names(data, entries, letters, query=query.parameters())

    def respond_with_names(
        self, data: Mapping[str, Any], rows: Entries, letters: Entries, **context: Any
    ) -> HttpResponse:
        context |= {"kind": self.kind, "list": MODELS[self.kind].PLURAL, "rows": rows, "letters": letters}
        return self.respond(data, "books/name_list.html", context=context)

    def entries(self, rows: Iterable[Mapping[str, Any]]) -> Entries:
        """Call it in a thread."""
        raise NotImplementedError


class NameDetail(BooksView, NameView):
    """An author, topic or series with its books. PATCH changes its data, renames it, or merges it into another."""

    offers = {"GET": (JSON, HTML, TEXT), "PATCH": (JSON,)}
    rules = {"GET": READ, "PATCH": CHANGE}
    is_public = True

    channel = Channel.API

    async def get(self, request: HttpRequest, **key: Any) -> HttpResponse:
        named = await self.aget_named(**key)
        about = await in_thread(self.about, named)
        page: dict[str, Any] = {"kind": self.kind, "list_url": reverse(f"{self.kind}_list"), "list": named.PLURAL}
        if self.media_type == HTML and "can_change_books" in self.user.rights:
            page["changes"] = await achanges(named, MAX_SHOWN)
        within = {self.kind: getattr(named, named.ADDRESS)}
        return await self.respond_with_books(f"books/{self.kind}_detail.html", about, page, **within)

    async def patch(self, request: HttpRequest, **key: Any) -> HttpResponse:
        """Apply the changes in a JSON object; `merge` is true or absent."""
        named, form_class = await self.aget_named(**key), FORMS[self.kind]
        body = await in_thread(parsing.json_object, request)
        sent = {name: value for name, value in body.items() if name not in READ_ONLY}
        if unknown := sent.keys() - form_class.base_fields.keys():
            raise HTTPError(422, errors={parsing.printable(name): ["There is no such field."] for name in unknown})
        if not isinstance(sent.get("merge", False), bool):
            raise HTTPError(422, errors={"merge": ["Send true or false."]})
        form = form_class(sent)
        await in_thread(form.full_clean)
        return await self.awrite(named, form, parsing.if_match(request))

    async def adone(self, kept: Named) -> HttpResponse:
        data = {**await aheading(kept), **await in_thread(shown, kept)}
        data["undo_url"] = reverse("name_undo", args=[kept.change_id]) if kept.change_id else None
        return json_response(data, headers={"ETag": f'"{kept.version}"'})

    def about(self, named: Named) -> dict[str, Any]:
        """Its data besides its books. Call it in a thread."""
        return shown(named)
