"""The outside catalogues as all workers of all hosts know them together: how often each may be asked, whether it is
to be left alone for now, and what they said of an ISBN."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

BURST = 4  # questions that may go out at once after a pause
FAILURES = 5  # in a row, after which a source is left alone
REST = timedelta(seconds=30)
PROBE = timedelta(seconds=10)  # that others wait for the one who asks first after a rest

KNOWN = timedelta(days=30)  # that a found book is remembered
UNKNOWN = timedelta(days=1)  # ... and that there was none


class NotNow(Exception):
    """A source may not be asked at the moment; in so many seconds it may. `rests`: it, not we, needs the pause."""

    def __init__(self, seconds: float, *, rests: bool) -> None:
        super().__init__(seconds, rests)
        self.seconds, self.rests = seconds, rests


class SourceQuerySet(models.QuerySet["Source"]):
    def admit(self, name: str, patience: float) -> float:
        """Book the next free moment at which the source may be asked; gives the seconds until then.

        Raises NotNow if that is later than `patience` seconds from now. One short transaction, on the database's
        clock: whoever books next, on any host, gets a later moment.
        """
        with transaction.atomic():
            source = self._held(name)
            now, spacing = source.now, timedelta(seconds=1 / settings.LOOKUP_RATE)  # type: ignore[attr-defined]
            if source.rests_until and source.rests_until > now:
                raise NotNow((source.rests_until - now).total_seconds(), rests=True)
            earliest = now - (BURST - 1) * spacing
            moment = max(source.free_at or earliest, earliest)
            wait: float = max((moment - now).total_seconds(), 0.0)
            if wait > patience:
                raise NotNow(wait, rests=False)
            source.free_at = moment + spacing
            # The first to ask after a rest finds out how it goes; until then the rest lasts for the others.
            source.rests_until = now + PROBE if source.failures >= FAILURES else None
            source.save(update_fields=["free_at", "rests_until"])
            return wait

    def _held(self, name: str) -> "Source":
        """The source's row, which no other booking changes before this transaction ends."""
        rows = self.select_for_update().annotate(now=Now()).filter(name=name)
        if (source := rows.first()) is None:
            self.bulk_create([Source(name=name)], ignore_conflicts=True)
            source = rows.get()
        return source

    async def afailed(self, name: str) -> None:
        """It gave nothing usable; when that has happened too often, let it rest."""
        is_enough = When(failures__gte=FAILURES - 1, then=Now() + REST)
        rest = Case(is_enough, default=F("rests_until"), output_field=models.DateTimeField())
        await self.filter(name=name).aupdate(failures=F("failures") + 1, rests_until=rest)

    async def arest(self, name: str, seconds: float) -> None:
        """It has asked to be left alone for so long."""
        await self.filter(name=name).aupdate(rests_until=Now() + timedelta(seconds=seconds))

    async def aworked(self, name: str) -> None:
        await self.filter(name=name, failures__gt=0).aupdate(failures=0, rests_until=None)


class Source(models.Model):
    """A server outside that all our workers ask, one after the other."""

    name = models.CharField(max_length=50, unique=True)
    free_at = models.DateTimeField(null=True)  # the first moment that nobody has booked
    failures = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True)

    objects = SourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class CachedLookupQuerySet(models.QuerySet["CachedLookup"]):
    def fresh(self) -> "CachedLookupQuerySet":
        known = Q(is_known=True, at__gt=Now() - KNOWN)
        return self.filter(known | Q(is_known=False, at__gt=Now() - UNKNOWN))

    async def arecall(self, isbn13: str) -> dict[str, Any] | None:
        return await self.fresh().filter(isbn13=isbn13).values_list("answer", flat=True).afirst()

    async def akeep(self, isbn13: str, answer: Mapping[str, Any], *, is_known: bool) -> None:
        """Remember it from now on: one statement, whether or not there was something before."""
        finding = CachedLookup(isbn13=isbn13, answer=answer, is_known=is_known)
        await self.abulk_create(
            [finding], update_conflicts=True, unique_fields=["isbn13"], update_fields=["answer", "is_known", "at"]
        )


class CachedLookup(models.Model):
    """What the outside catalogues said of an ISBN."""

    isbn13 = models.CharField(max_length=13, unique=True)
    answer = models.JSONField()
    is_known = models.BooleanField()
    at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = CachedLookupQuerySet.as_manager()

    def __str__(self) -> str:
        return self.isbn13
