"""Limits on password attempts, counted in the database, so that all workers count together.

Each address and each account has a limit. So anyone who knows a user name can keep its owner from signing in, for a
quarter of an hour at a time. We accept that: guessing passwords from many addresses at once would be worse, and
sessions and tokens keep working. An administrator can lift a limit by deleting its row in the admin.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from books.models.errors import Refused
from books.models.fields import digest_of
from django41_example.server.forwarded import network_of

WINDOW = timedelta(minutes=15)
PER_ADDRESS, PER_ACCOUNT = 20, 5  # attempts in one window


class TooManyAttempts(Refused):
    """A limit is reached; the next window begins in `seconds`."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again in {math.ceil(seconds / 60)} minutes.")
        self.headers = {"Retry-After": str(seconds)}


def account_key(username: str) -> str:
    """A digest, because people sometimes type their password into the box for the user name."""
    return digest_of(f"account {username.casefold()}")


def address_key(address: str) -> str:
    return digest_of(f"address {network_of(address)}")


class LoginAttemptsQuerySet(models.QuerySet["LoginAttempts"]):
    def begin(self, username: str, address: str) -> None:
        """Count an attempt. If the account or the address has none left, count nothing and raise TooManyAttempts.

        This comes before the password is checked: of a thousand attempts at once, only the allowed number is checked.
        """
        now = timezone.now()
        limits = {account_key(username): PER_ACCOUNT, address_key(address): PER_ADDRESS}
        self._check(limits, now)  # outside the transaction, so that refused attempts delay no writer
        with transaction.atomic():
            self.filter(Q(since__lte=now - WINDOW) | Q(since__gt=now + WINDOW)).delete()  # or the clock was set back
            self.bulk_create([LoginAttempts(key=key, since=now) for key in sorted(limits)], ignore_conflicts=True)
            self.select_for_update()._check(limits, now)
            self.filter(key__in=limits).update(count=F("count") + 1)

    def _check(self, limits: Mapping[str, int], now: datetime) -> None:
        rows = self.filter(key__in=limits, since__gt=now - WINDOW, since__lte=now + WINDOW).order_by("key")
        if waits := [row.since + WINDOW - now for row in rows if row.count >= limits[row.key]]:
            raise TooManyAttempts(max(1, math.ceil(max(waits).total_seconds())))

    def reset(self, username: str, address: str) -> None:
        """Forget the account's attempts after a sign-in, but only one attempt of the address.

        Otherwise anyone with an account could guess other people's passwords forever by signing in now and then.
        """
        with transaction.atomic():
            self.filter(key=account_key(username)).delete()
            self.filter(key=address_key(address), count__gt=0).update(count=F("count") - 1)


class LoginAttempts(models.Model):
    """The attempts of one account or address since its window began."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    objects = LoginAttemptsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "login attempts"

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"
