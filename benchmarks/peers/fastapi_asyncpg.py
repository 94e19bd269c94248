"""FastAPI with asyncpg alone: no ORM, Pydantic models, Jinja templates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.templating import Jinja2Templates

from benchmarks.peers import pool
from benchmarks.peers.fastapi_sqlalchemy import Description, Listing
from benchmarks.peers.shelf import TEMPLATES, listing, wants_page


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with await pool.opened() as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)
templates = Jinja2Templates(TEMPLATES)


@app.get("/books/", response_model=Listing)
async def books(request: Request, after: int | None = None) -> Any:
    told = listing(*await pool.read(app.state.pool, after), after)
    if wants_page(request.headers.get("accept")):
        return templates.TemplateResponse(request, "books.html", told)
    return told


@app.patch("/books/{book_id}/")
async def describe(book_id: int, given: Description) -> Description:
    if not await pool.write(app.state.pool, book_id, given.description):
        raise HTTPException(404)
    return given
