"""The rate limits and cached responses of outside catalogues, shared by all workers."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

BURST = 4  # requests at once after a pause
FAILURES = 5  # consecutive ones that open the circuit
OPEN_FOR = timedelta(seconds=30)
PROBE = timedelta(seconds=10)  # how long other requests wait for the first one after that
LONGEST = timedelta(hours=1)  # of a pause: one that ends later was set before the clock was set back

FOUND_FOR, MISSED_FOR = timedelta(days=30), timedelta(days=1)  # how long results and misses are cached


class LookupFailed(Exception):
    """A source sent nothing usable; the message says why. Another attempt makes sense after `seconds`."""

    def __init__(self, reason: str, seconds: float = 10) -> None:
        super().__init__(reason)
        self.seconds = max(1, math.ceil(seconds))


class CircuitOpen(LookupFailed):
    """The source asked for a pause, or failed too often."""


class RateLimited(LookupFailed):
    """Our own limit: LOOKUP_RATE allows no request so soon."""


class SourceQuerySet(models.QuerySet["Source"]):
    def reserve(self, name: str, max_wait: float) -> float:
        """Reserve the next free moment for a request to the source, and return the seconds until then.

        Raises CircuitOpen, and RateLimited if that is more than `max_wait`. It is one short transaction by the clock of
        the database, so no two hosts get the same moment.
        """
        with transaction.atomic():
            source = self._get_for_update(name)
            now, spacing = source.now, timedelta(seconds=1 / settings.LOOKUP_RATE)  # type: ignore[attr-defined]
            if source.rests_until and now < source.rests_until <= now + LONGEST:
                reason = f"{name} is not being asked at the moment: it asked for a pause, or failed too often."
                raise CircuitOpen(reason, (source.rests_until - now).total_seconds())
            earliest = now - (BURST - 1) * spacing
            free_at = source.free_at or earliest
            moment = max(free_at, earliest) if free_at <= now + LONGEST else earliest
            wait: float = max((moment - now).total_seconds(), 0.0)
            if wait > max_wait:
                raise RateLimited(f"{name} has been asked as often as allowed.", wait - max_wait)
            source.free_at = moment + spacing
            # The first request after a pause is a probe: until it is answered, the circuit stays open for others.
            source.rests_until = now + PROBE if source.failures >= FAILURES else None
            source.save(update_fields=["free_at", "rests_until"])
            return wait

    def _get_for_update(self, name: str) -> "Source":
        rows = self.select_for_update().annotate(now=Now()).filter(name=name)
        if (source := rows.first()) is None:
            self.bulk_create([Source(name=name)], ignore_conflicts=True)
            source = rows.get()
        return source

    async def acount_failure(self, name: str) -> None:
        """Count a failure; after FAILURES of them, open the circuit."""
        is_enough = When(failures__gte=FAILURES - 1, then=Now() + OPEN_FOR)
        until = Case(is_enough, default=F("rests_until"), output_field=models.DateTimeField())
        await self.filter(name=name).aupdate(failures=F("failures") + 1, rests_until=until)

    async def apause(self, name: str, seconds: float) -> None:
        await self.filter(name=name).aupdate(rests_until=Now() + timedelta(seconds=seconds))

    async def areset_failures(self, name: str) -> None:
        await self.filter(name=name, failures__gt=0).aupdate(failures=0, rests_until=None)


class Source(models.Model):
    """An outside server, with the limits that all workers share."""

    name = models.CharField(max_length=50, unique=True)
    free_at = models.DateTimeField(null=True)  # the first unreserved moment
    failures = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True)  # until then the circuit is open

    objects = SourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class CachedLookupQuerySet(models.QuerySet["CachedLookup"]):
    def fresh(self) -> "CachedLookupQuerySet":
        return self.filter(Q(is_known=True, at__gt=Now() - FOUND_FOR) | Q(is_known=False, at__gt=Now() - MISSED_FOR))

    async def aget_fresh(self, isbn13: str) -> dict[str, Any] | None:
        return await self.fresh().filter(isbn13=isbn13).values_list("answer", flat=True).afirst()

    async def aset(self, isbn13: str, answer: Mapping[str, Any], *, is_known: bool) -> None:
        row = CachedLookup(isbn13=isbn13, answer=answer, is_known=is_known)
        await self.abulk_create(
            [row], update_conflicts=True, unique_fields=["isbn13"], update_fields=["answer", "is_known", "at"]
        )


class CachedLookup(models.Model):
    """The response of the outside catalogues for an ISBN."""

    isbn13 = models.CharField(max_length=13, unique=True)
    answer = models.JSONField()
    is_known = models.BooleanField()
    at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = CachedLookupQuerySet.as_manager()

    def __str__(self) -> str:
        return self.isbn13
