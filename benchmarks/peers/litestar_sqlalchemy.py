"""Litestar with SQLAlchemy's async ORM: aiosqlite or asyncpg, msgspec structs, Jinja templates."""

from collections.abc import AsyncIterator

from litestar import Litestar, Request, get, patch
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.response import Template
from litestar.template.config import TemplateConfig
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.peers import tables
from benchmarks.peers.shelf import TEMPLATES, page, wants_page

new_session = tables.sessions()
template_config = TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine)


class Book(Struct):
    id: int
    url: str
    title: str
    authors: list[str]
    isbn13: str | None
    published_year: int | None
    language: str


class Listing(Struct):
    books: list[Book]
    count: int
    count_is_exact: bool
    next: str | None
    previous: str | None


class Description(Struct):
    description: str


async def open_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


def as_book(row: tables.Book) -> Book:
    return Book(row.id, row.url, row.title, row.authors, row.isbn13, row.published_year, row.language)


@get("/books/")
async def books(request: Request, session: AsyncSession, after: int | None = None) -> Listing | Template:
    found, count = await tables.read(session, after)
    told = page([as_book(row) for row in found], count, after)
    if wants_page(request.headers.get("accept")):
        return Template("books.html", context=told)
    return Listing(**told)


@patch("/books/{book_id:int}/")
async def describe(book_id: int, data: Description, session: AsyncSession) -> Description:
    if not await tables.write(session, book_id, data.description):
        raise NotFoundException
    return data


app = Litestar(
    [books, describe],
    dependencies={"session": Provide(open_session)},
    template_config=template_config,
    openapi_config=None,
)
