"""django-bolt: Django's ORM and templates under its own server in Rust, msgspec structs."""

from typing import Any

from django.template.loader import render_to_string
from django_bolt import BoltAPI, Request
from django_bolt.concurrency import run_in_orm_executor
from django_bolt.exceptions import NotFound
from django_bolt.responses import HTML
from msgspec import Struct

from benchmarks.peers import orm
from benchmarks.peers.shelf import wants_page

api = BoltAPI(trailing_slash="keep")
urlpatterns: list[Any] = []


class Description(Struct):
    description: str


# Bolt's own pool of threads for the ORM: one visit a request, connections kept.
@api.get("/books/")
async def books(request: Request, after: int | None = None) -> Any:
    told = await run_in_orm_executor(orm.read, after)
    if wants_page(request.headers.get("accept")):
        return HTML(render_to_string("books.html", told))
    return told


@api.patch("/books/{book_id}/")
async def describe(book_id: int, given: Description) -> Description:
    if not await run_in_orm_executor(orm.write, book_id, given.description):
        raise NotFound
    return given
