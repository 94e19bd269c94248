"""What is known outside of an ISBN: the catalogues asked in order, each filling what the ones before left empty."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self, cast

from django.conf import settings

from books.lookup.client import Unanswered, Unusable
from books.lookup.sources import Catalogue, catalogues
from books.metadata import record
from books.metadata.record import Record
from books.models.lookup import CachedLookup
from books.web.serializers import number

WORTH_ASKING_FOR = {"authors", "publisher", "published_year", "language", "pages", "description"}


class Outcome(StrEnum):
    FOUND = "found"
    NOTHING = "nothing"
    FAILED = "failed"


class Said(NamedTuple):
    """What became of asking one source, and why it has nothing."""

    source: str
    outcome: Outcome
    reason: str = ""


@dataclass
class Answer:
    isbn13: str
    record: Record = field(default_factory=Record)
    origins: dict[str, str] = field(default_factory=dict)  # the source of each field of the record
    said: list[Said] = field(default_factory=list)
    seconds: int = 0  # after which it may be worth asking again
    is_broken: bool = False  # whether a source gave what nobody can use, rather than nothing in time

    @property
    def outcome(self) -> Outcome:
        if self.record:
            return Outcome.FOUND
        failed = any(said.outcome == Outcome.FAILED for said in self.said)
        return Outcome.FAILED if failed else Outcome.NOTHING

    @property
    def is_whole(self) -> bool:
        """Whether every source that was asked has answered."""
        return all(said.outcome != Outcome.FAILED for said in self.said)

    @property
    def reasons(self) -> str:
        return " ".join(said.reason for said in self.said if said.reason)

    def as_data(self) -> dict[str, Any]:
        """As plain values, for JSON and for the memory."""
        found = cast("dict[str, Any]", dict(self.record))
        if "series_number" in found:
            found["series_number"] = number(found["series_number"])
        return {
            "isbn13": self.isbn13,
            "record": found,
            "origins": self.origins,
            "sources": [dict(said._asdict()) for said in self.said],
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        values, _ = record.clean(data["record"])
        said = [Said(one["source"], Outcome(one["outcome"]), one["reason"]) for one in data["sources"]]
        return cls(data["isbn13"], values, data["origins"], said)

    def take(self, source: str, found: Record) -> None:
        """Fill with what a source knows what the ones before have left empty."""
        new = {name: value for name, value in found.items() if name not in self.record}
        self.record.update(cast("Record", new))
        self.origins |= dict.fromkeys(new, source)
        reason = "" if found else f"{source} has no book with this ISBN."
        self.said.append(Said(source, Outcome.FOUND if found else Outcome.NOTHING, reason))

    def miss(self, source: str, error: Unanswered) -> None:
        self.said.append(Said(source, Outcome.FAILED, str(error)))
        self.seconds = min(self.seconds or error.seconds, error.seconds)
        self.is_broken = self.is_broken or isinstance(error, Unusable)


async def alook_up(isbn13: str, patience: float | None = None) -> Answer:
    """What is known of a canonical ISBN; remembered if every source has answered. Failures are told, not raised.

    `patience`: seconds that somebody waits for it.
    """
    if kept := await CachedLookup.objects.arecall(isbn13):
        return Answer.from_data(kept)
    answer = Answer(isbn13)
    until = asyncio.get_running_loop().time() + (patience or settings.LOOKUP_PATIENCE)
    for catalogue in catalogues():
        await _ask(catalogue, answer, until)
        if answer.record.keys() >= WORTH_ASKING_FOR:
            break
    if answer.is_whole:
        await CachedLookup.objects.akeep(isbn13, answer.as_data(), is_known=bool(answer.record))
    return answer


async def _ask(catalogue: Catalogue, answer: Answer, until: float) -> None:
    name = catalogue.site.name
    try:
        async with asyncio.timeout_at(until):
            answer.take(name, await catalogue.aread(catalogue.site, answer.isbn13, until))
    except TimeoutError:
        answer.miss(name, Unanswered(f"There was no time left for {name}."))
    except Unanswered as error:
        answer.miss(name, error)
