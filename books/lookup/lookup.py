"""Looks up an ISBN in one source after the other. Each fills in fields that earlier ones left empty."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self, cast

from django.conf import settings

from books.lookup.client import InvalidResponse
from books.lookup.sources import catalogues
from books.metadata import record
from books.metadata.record import Record
from books.models.lookup import CachedLookup, LookupFailed
from books.web.serializers import json_value

WANTED = {"authors", "publisher", "published_year", "language", "pages", "description"}  # worth asking another source


class Outcome(StrEnum):
    FOUND = "found"
    NOTHING = "nothing"
    FAILED = "failed"


class SourceResult(NamedTuple):
    source: str
    outcome: Outcome
    reason: str = ""


@dataclass
class LookupResult:
    isbn13: str
    record: Record = field(default_factory=Record)
    origins: dict[str, str] = field(default_factory=dict)  # the source of each field of the record
    sources: list[SourceResult] = field(default_factory=list)
    seconds: int = 0  # until another attempt may succeed
    is_broken: bool = False  # whether a source sent an invalid response

    @property
    def outcome(self) -> Outcome:
        if self.record:
            return Outcome.FOUND
        return Outcome.NOTHING if self.is_complete else Outcome.FAILED

    @property
    def is_complete(self) -> bool:
        """Whether every source that was asked has responded."""
        return all(result.outcome != Outcome.FAILED for result in self.sources)

    @property
    def reasons(self) -> str:
        return " ".join(result.reason for result in self.sources if result.reason)

    @property
    def is_down(self) -> bool:
        """Whether another attempt may succeed."""
        return self.outcome == Outcome.FAILED and not self.is_broken

    def missing_in(self, book: Record) -> Record:
        """The fields found that are empty in the book. A title that only says the ISBN is none."""
        own = cast("dict[str, Any]", book)
        if own["isbn13"] and own["title"] == record.placeholder_title(own["isbn13"]):
            own = {**own, "title": ""}
        new = {name: value for name, value in self.record.items() if name in own and own[name] in ("", None, [])}
        if own["series"]:  # a number only belongs to its own series
            new.pop("series_number", None)
            new.pop("series_label", None)
        if str(new.get("subtitle", "")).casefold() in own["title"].casefold():
            new.pop("subtitle", None)
        return cast("Record", new)

    def serialized(self) -> dict[str, Any]:
        return {
            "isbn13": self.isbn13,
            "record": {name: json_value(value) for name, value in self.record.items()},
            "origins": self.origins,
            "sources": [result._asdict() for result in self.sources],
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        values, _ = record.clean(data["record"])
        sources = [SourceResult(one["source"], Outcome(one["outcome"]), one["reason"]) for one in data["sources"]]
        return cls(data["isbn13"], values, data["origins"], sources)

    def add(self, source: str, found: Record) -> None:
        """Fill in the fields that are still empty."""
        new = {name: value for name, value in found.items() if name not in self.record}
        self.record.update(cast("Record", new))
        self.origins |= dict.fromkeys(new, source)
        reason = "" if found else f"{source} has no book with this ISBN."
        self.sources.append(SourceResult(source, Outcome.FOUND if found else Outcome.NOTHING, reason))

    def add_failure(self, source: str, error: LookupFailed) -> None:
        self.sources.append(SourceResult(source, Outcome.FAILED, str(error)))
        self.seconds = min(self.seconds or error.seconds, error.seconds)
        self.is_broken = self.is_broken or isinstance(error, InvalidResponse)


async def alook_up(isbn13: str, max_wait: float | None = None) -> LookupResult:
    """Look up a canonical ISBN. Failures are not raised but part of the result, which is cached if there are none.

    `max_wait`: seconds for all sources together, by default LOOKUP_PATIENCE.
    """
    if cached := await CachedLookup.objects.aget_fresh(isbn13):
        return LookupResult.deserialize(cached)
    result = LookupResult(isbn13)
    deadline = asyncio.get_running_loop().time() + (max_wait or settings.LOOKUP_PATIENCE)
    for host, aread in catalogues():
        try:
            async with asyncio.timeout_at(deadline):
                result.add(host.name, await aread(host, isbn13, deadline))
        except TimeoutError:
            result.add_failure(host.name, LookupFailed(f"There was no time left for {host.name}."))
        except LookupFailed as error:
            result.add_failure(host.name, error)
        if result.record.keys() >= WANTED:
            break
    if result.is_complete:
        await CachedLookup.objects.aset(isbn13, result.serialized(), is_known=bool(result.record))
    return result
