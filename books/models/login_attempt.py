"""How often somebody may try a password: counted in the database, so that all workers count together."""

import hashlib
import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

WINDOW = timedelta(minutes=15)


class TooManyAttempts(Exception):
    """The limit is reached; `seconds` from now there will be another window."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LoginAttemptsQuerySet(models.QuerySet["LoginAttempts"]):
    def begin(self, limits: Mapping[str, int]) -> None:
        """Count one try under each key. Raises TooManyAttempts where a key has no try left; then none is counted.

        A try is counted before its password is looked at: of a thousand at once no more are looked at than allowed.
        """
        now = timezone.now()
        keys = {digest_of(key): limit for key, limit in limits.items()}
        self._raise_if_full(keys, now)  # a thousand refused tries are a thousand reads: they hold up no writer
        with transaction.atomic():
            self.filter(since__lte=now - WINDOW).delete()
            self.bulk_create([LoginAttempts(key=key, since=now) for key in sorted(keys)], ignore_conflicts=True)
            self.select_for_update()._raise_if_full(keys, now)
            self.filter(key__in=keys).update(count=F("count") + 1)

    def _raise_if_full(self, keys: Mapping[str, int], now: datetime) -> None:
        rows = self.filter(key__in=keys, since__gt=now - WINDOW).order_by("key")
        if waits := [row.since + WINDOW - now for row in rows if row.count >= keys[row.key]]:
            raise TooManyAttempts(max(1, math.ceil(max(waits).total_seconds())))

    def reset(self, *keys: str) -> None:
        """The try was right: it does not count."""
        self.filter(key__in=[digest_of(key) for key in keys], count__gt=0).update(count=F("count") - 1)


class LoginAttempts(models.Model):
    """Tries under one key (an account, an address) since the beginning of its window."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    objects = LoginAttemptsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "login attempts"

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"


def digest_of(key: str) -> str:
    """What people mistype into a user name's box may be a password: it is not kept as it is."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
