"""Walking through lists page by page, and who writes meanwhile."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import chain
from typing import Any

from django.test import AsyncClient

from books.models import Book

UNSETTLED = 10  # the books whose ids this divides may move or go
MOST_ADDED = 500  # books of the writer's own that are there at once
WORDS = "the life history of Straße война мир 心 夜 銀河 中国 العالم a zoo 한국".split()
LISTS = [  # as people ask for them
    "sort=title",
    "sort=-title",
    "sort=year",
    "sort=-year",
    "sort=added",
    "sort=-added",
    "q=the",
    "q=history",
    "language=de&sort=title",
    "topic=novels&sort=-year",
]
Pages = list[list[int]]


async def nothing() -> None:
    """What happens between two pages where others write by themselves."""


async def walked(query: str, size: int, between: Callable[[], Awaitable[None]] = nothing) -> tuple[Pages, Pages]:
    """The ids on each page, as `next` leads from the first to the last, and `previous` from there to the first."""
    client = AsyncClient(headers={"accept": "application/json"})

    async def get(url: str) -> dict[str, Any]:
        response = await client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        answer: dict[str, Any] = response.json()
        return answer

    page = following = await get(f"/books/?{query}&size={size}")
    there = [_ids(page)]
    while following["next"]:
        await between()
        following = await get(following["next"])
        if following["books"]:  # else what was behind the page is gone
            page = following
            there.append(_ids(page))
    back = [there[-1]]
    while page["previous"]:
        await between()
        page = await get(page["previous"])
        back.append(_ids(page))
    return there, back


def _ids(page: dict[str, Any]) -> list[int]:
    return [book["id"] for book in page["books"]]


def astray(pages: list[list[int]], settled: Collection[int]) -> tuple[int, int]:
    """How many of these books are on no page, and how many are there more than once."""
    seen = Counter(chain.from_iterable(pages))
    return sum(not seen[pk] for pk in settled), sum(seen[pk] > 1 for pk in settled)


class Writer:
    """Who adds, moves and removes books; those that are settled stay where they are."""

    def __init__(self, pks: Iterable[int], seed: int = 1) -> None:
        self.chance, self.added = random.Random(seed), list[int]()
        self.settled: list[int] = []
        self.unsettled: list[int] = []
        for pk in pks:
            (self.settled if pk % UNSETTLED else self.unsettled).append(pk)

    def write(self) -> None:
        chance = self.chance
        values: Any = {
            "title": " ".join(chance.choices(WORDS, k=4)),
            "published_year": chance.choice([None, chance.randint(1850, 2026)]),
        }
        kind = chance.choice(["add", "add", "move", "touch", "remove"])
        if kind == "add" and len(self.added) < MOST_ADDED:
            more = {"authors": ["Some Writer"], "topics": ["Novels"], "language": chance.choice(["de", "en", "ja"])}
            self.added.append(Book.objects.add(values | more).pk)
        elif kind == "touch":
            Book.objects.change(chance.choice(self.settled), {"pages": chance.randint(1, 900)})
        elif kind == "move":
            Book.objects.change(chance.choice(self.unsettled), values)
        else:
            among = self.added if self.added and chance.random() < 0.8 else self.unsettled
            Book.objects.remove(among.pop(chance.randrange(len(among))))
