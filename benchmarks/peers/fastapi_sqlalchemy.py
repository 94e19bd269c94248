"""FastAPI with SQLAlchemy's async ORM: aiosqlite or asyncpg, Pydantic models, Jinja templates."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.peers import tables
from benchmarks.peers.shelf import TEMPLATES, page, wants_page

app = FastAPI()
templates = Jinja2Templates(TEMPLATES)
new_session = tables.sessions()


class Book(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    url: str
    title: str
    authors: list[str]
    isbn13: str | None
    published_year: int | None
    language: str


class Listing(BaseModel):
    books: list[Book]
    count: int
    count_is_exact: bool
    next: str | None
    previous: str | None


class Description(BaseModel):
    description: str


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/books/", response_model=Listing)
async def books(request: Request, session: Session, after: int | None = None) -> Any:
    found, count = await tables.read(session, after)
    told = page(found, count, after)
    if wants_page(request.headers.get("accept")):
        return templates.TemplateResponse(request, "books.html", told)
    return told


@app.patch("/books/{book_id}/")
async def describe(book_id: int, given: Description, session: Session) -> Description:
    if not await tables.write(session, book_id, given.description):
        raise HTTPException(404)
    return given
