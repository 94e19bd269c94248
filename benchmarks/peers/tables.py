"""The catalogue's books for SQLAlchemy: the table, the engine, and the statements of a list and of a write."""

from typing import Any

from sqlalchemy import URL, Select, Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.peers.shelf import CAP, SIZE, database

POOL = 8  # connections of a worker, as many as this catalogue's


class Base(DeclarativeBase):
    pass


class Book(Base):
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


def sessions() -> async_sessionmaker[AsyncSession]:
    place: dict[str, Any] = database()
    if path := place.get("path"):
        url, options = URL.create("sqlite+aiosqlite", database=path), {"timeout": 20}
    else:
        host = place.pop("host", None)
        port = int(place.pop("port", 0)) or None
        user = place.pop("user", None)
        url = URL.create("postgresql+asyncpg", user, place.get("password"), host, port, place["database"])
        options = {}
        if host and host.startswith("/"):  # a socket's folder
            url, options = url.set(host=None), {"host": host}
    engine = create_async_engine(url, connect_args=options, pool_size=POOL, max_overflow=0)
    return async_sessionmaker(engine, expire_on_commit=False)


COUNT = select(func.count()).select_from(select(Book.id).limit(CAP + 1).subquery()).scalar_subquery()


def newest(after: int | None) -> Select[tuple[Book, int]]:
    statement = select(Book, COUNT).order_by(Book.id.desc()).limit(SIZE + 1)
    return statement if after is None else statement.where(Book.id < after)


def describe(book_id: int, text: str) -> Update:
    return update(Book).where(Book.id == book_id).values(description=text, version=Book.version + 1)


async def read(session: AsyncSession, after: int | None) -> tuple[list[Book], int]:
    """The books of a page and one more, and the count."""
    rows = (await session.execute(newest(after))).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


async def write(session: AsyncSession, book_id: int, text: str) -> bool:
    """Whether there is such a book; then it has this description."""
    done = await session.execute(describe(book_id, text))
    await session.commit()
    return done.rowcount == 1
