"""django-ninja: async operations on Django's own handler, Pydantic schemas, Django's templates."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.project"

from django.core.asgi import get_asgi_application

application = get_asgi_application()

from typing import Any

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest
from django.shortcuts import render
from django.urls import path
from ninja import NinjaAPI, Schema

from benchmarks.peers import orm
from benchmarks.peers.shelf import wants_page

api = NinjaAPI()


class Book(Schema):
    id: int
    url: str
    title: str
    authors: list[str]
    isbn13: str | None
    published_year: int | None
    language: str


class Listing(Schema):
    books: list[Book]
    count: int
    count_is_exact: bool
    next: str | None
    previous: str | None


class Description(Schema):
    description: str


@api.get("/books/", response=Listing)
async def books(request: HttpRequest, after: int | None = None) -> Any:
    told = await sync_to_async(orm.read)(after)
    if wants_page(request.headers.get("Accept")):
        return render(request, "books.html", told)
    return told


@api.patch("/books/{book_id}/", response=Description)
async def describe(request: HttpRequest, book_id: int, given: Description) -> Any:
    if not await sync_to_async(orm.write)(book_id, given.description):
        raise Http404
    return given


urlpatterns = [path("", api.urls)]
