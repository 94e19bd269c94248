"""Litestar with asyncpg alone: no ORM, msgspec structs, Jinja templates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, get, patch
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Template

from benchmarks.peers import pool
from benchmarks.peers.litestar_sqlalchemy import Book, Description, Listing, template_config
from benchmarks.peers.shelf import entry, page, wants_page


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    async with await pool.opened() as app.state.pool:
        yield


@get("/books/")
async def books(request: Request[Any, Any, Any], state: State, after: int | None = None) -> Listing | Template:
    found, count = await pool.read(state.pool, after)
    told = page([Book(**entry(row)) for row in found], count, after)
    if wants_page(request.headers.get("accept")):
        return Template("books.html", context=told)
    return Listing(**told)


@patch("/books/{book_id:int}/")
async def describe(book_id: int, data: Description, state: State) -> Description:
    if not await pool.write(state.pool, book_id, data.description):
        raise NotFoundException
    return data


app = Litestar([books, describe], lifespan=[lifespan], template_config=template_config, openapi_config=None)
