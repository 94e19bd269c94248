"""Litestar with asyncpg alone: no ORM, its pool and two statements, msgspec structs, Jinja templates."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from litestar import Litestar, Request, get, patch
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Template
from litestar.template.config import TemplateConfig
from msgspec import Struct

from benchmarks.peers.shelf import CAP, COLUMNS, POOL, SIZE, TEMPLATES, entry, page, wants_page

COUNT = f"(SELECT count(*) FROM (SELECT 1 FROM books_book LIMIT {CAP + 1}) AS capped) AS count"
NEWEST = f"SELECT {', '.join(COLUMNS)}, {COUNT} FROM books_book WHERE id < $1 ORDER BY id DESC LIMIT {SIZE + 1}"
DESCRIBE = "UPDATE books_book SET description = $2, version = version + 1 WHERE id = $1"
BEYOND_ALL = 2**63 - 1


class Book(Struct):
    id: int
    url: str
    title: str
    authors: list[str]
    isbn13: str | None
    published_year: int | None
    language: str


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=POOL, max_size=POOL) as app.state.pool:
        yield


@get("/books/")
async def books(request: Request[Any, Any, Any], state: State, after: int | None = None) -> dict[str, Any] | Template:
    found = await state.pool.fetch(NEWEST, BEYOND_ALL if after is None else after)
    told = page([Book(**entry(row)) for row in found], found[0]["count"] if found else 0, after)
    if wants_page(request.headers.get("accept")):
        return Template("books.html", context=told)
    return told


@patch("/books/{book_id:int}/")
async def describe(book_id: int, data: dict[str, str], state: State) -> dict[str, str]:
    if await state.pool.execute(DESCRIBE, book_id, data["description"]) != "UPDATE 1":
        raise NotFoundException
    return data


template_config = TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine)
app = Litestar([books, describe], lifespan=[lifespan], template_config=template_config, openapi_config=None)
