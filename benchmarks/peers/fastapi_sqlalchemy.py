"""FastAPI with SQLAlchemy's async ORM: aiosqlite or asyncpg, Pydantic models, Jinja templates."""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.peers.shelf import CAP, POOL, SIZE, TEMPLATES, page, wants_page

DATABASE_URL = os.environ["DATABASE_URL"]


class Base(DeclarativeBase):
    pass


class BookRow(Base):
    __tablename__ = "books_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_names: Mapped[str]
    isbn13: Mapped[str | None]
    published_year: Mapped[int | None]
    language: Mapped[str]
    description: Mapped[str] = mapped_column(deferred=True)
    version: Mapped[int] = mapped_column(deferred=True)

    @property
    def url(self) -> str:
        return f"/books/{self.id}/"

    @property
    def authors(self) -> list[str]:
        return self.author_names.split("\n") if self.author_names else []


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


def engine() -> AsyncEngine:
    if DATABASE_URL.startswith("sqlite"):
        url = DATABASE_URL.replace("sqlite", "sqlite+aiosqlite", 1)
        return create_async_engine(url, connect_args={"timeout": 20}, pool_size=POOL, max_overflow=0)
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(DATABASE_URL), pool_size=POOL, max_overflow=0
    )


app = FastAPI()
templates = Jinja2Templates(TEMPLATES)
new_session = async_sessionmaker(engine(), expire_on_commit=False)
COUNT = select(func.count()).select_from(select(BookRow.id).limit(CAP + 1).subquery()).scalar_subquery()
NEWEST = select(BookRow, COUNT).order_by(BookRow.id.desc()).limit(SIZE + 1)


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/books/", response_model=Listing)
async def books(request: Request, session: Session, after: int | None = None) -> Any:
    found = (await session.execute(NEWEST if after is None else NEWEST.where(BookRow.id < after))).all()
    told = page([book for book, _ in found], found[0][1] if found else 0, after)
    if wants_page(request.headers.get("accept")):
        return templates.TemplateResponse(request, "books.html", told)
    return told


@app.patch("/books/{book_id}/")
async def describe(book_id: int, description: Annotated[str, Body(embed=True)], session: Session) -> dict[str, str]:
    changed = {"description": description, "version": BookRow.version + 1}
    done = await session.execute(update(BookRow).where(BookRow.id == book_id).values(changed))
    await session.commit()
    if done.rowcount != 1:
        raise HTTPException(404)
    return {"description": description}
