"""API tokens: shown once, stored as a digest, limited in scope and time."""

import asyncio
import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, models, transaction
from django.db.models import Q
from django.utils import timezone

from books.models.fields import digest_of
from django41_example.server.threads import PoolTimeout, release

PREFIX = "books_"  # lets scanners for leaked secrets recognise it
USE_NOTED_EVERY = timedelta(minutes=1)  # noting every use would be a write per request
PAUSE = 1.0  # seconds between two saves
MAX_DAYS = 3650

log = logging.getLogger(__name__)


class Scope(models.TextChoices):
    READ = "read", "Read the catalogue"
    WRITE = "write", "Add, edit and delete books"
    JOBS = "jobs", "Start and cancel jobs"


uses: dict[int, datetime] = {}  # when tokens were last used, as far as it is not saved yet


async def keep_saving_uses() -> None:
    """A background task, so that a request that only reads waits for no writer.

    If it fails, the token's next use is noted again.
    """
    while True:
        await asyncio.sleep(PAUSE)
        if uses:
            await asave_uses()


async def asave_uses() -> None:
    noted = {**uses}
    uses.clear()
    try:
        await sync_to_async(_save)(noted)
    except (Error, PoolTimeout) as error:
        log.info("The last uses of tokens are not saved: %s", error)
    release()


@transaction.atomic
def _save(noted: Mapping[int, datetime]) -> None:
    for pk, now in noted.items():
        Token.objects.filter(pk=pk).update(last_used_at=now)


class TokenQuerySet(models.QuerySet["Token"]):
    def issue(self, user: Any, name: str, scopes: Iterable[str], days: int | None) -> tuple["Token", str]:
        """A new token and its secret, which is not stored. It expires after `days`; None: never."""
        secret = PREFIX + secrets.token_urlsafe(32)
        expires_at = timezone.now() + timedelta(days=days) if days else None
        token = self.create(
            user=user, name=name, digest=digest_of(secret), scopes=" ".join(sorted(set(scopes))), expires_at=expires_at
        )
        return token, secret

    async def afind(self, secret: str) -> "Token | None":
        """The valid token with this secret, with its user. Its use is noted and saved later."""
        now = timezone.now()
        valid = self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, user__is_active=True)
        token = await valid.select_related("user").filter(digest=digest_of(secret)).afirst()
        if token and (token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY):
            uses[token.pk] = now
        return token


class Token(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256: the secret is long and random
    scopes = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"
