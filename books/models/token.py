"""API tokens: shown once, stored as a digest, limited in scope and time."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from books.models.fields import digest_of

PREFIX = "books_"  # scanners for leaked secrets recognise it
USE_NOTED_EVERY = timedelta(minutes=1)  # not each time, which would be a write for each request
MAX_DAYS = 3650


class Scope(models.TextChoices):
    READ = "read", "Read the catalogue"
    WRITE = "write", "Add, edit and delete books"
    JOBS = "jobs", "Start and cancel jobs"


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
        """The token with this secret, with its user, if it is valid now; its use is noted."""
        now = timezone.now()
        token = await self.select_related("user").filter(digest=digest_of(secret)).afirst()
        if token is None or not token.is_valid(now):
            return None
        if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
            await self.filter(pk=token.pk).aupdate(last_used_at=now)
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

    def is_valid(self, now: Any) -> bool:
        unexpired = self.expires_at is None or self.expires_at > now
        return unexpired and self.revoked_at is None and self.user.is_active
