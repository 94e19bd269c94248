"""The invitation to make the first account: its secret is printed once by the server, and good once."""

import hashlib
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction


class NotInvited(Exception):
    """Somebody has an account already, or the secret is not the last one that was printed."""


class OwnerInvitationQuerySet(models.QuerySet["OwnerInvitation"]):
    def renew(self) -> str | None:
        """A secret for a new invitation; none once anybody has an account."""
        with transaction.atomic():
            if get_user_model().objects.exists():
                return None
            secret = secrets.token_urlsafe(24)
            self.update_or_create(pk=1, defaults={"digest": digest_of(secret)})
            return secret

    def invites(self, secret: str) -> models.QuerySet["OwnerInvitation"]:
        return self.filter(digest=digest_of(secret))

    def accept(self, secret: str, username: str, password: str) -> Any:
        """Make the owner's account. Raises NotInvited. Hashes the password: for a thread."""
        with transaction.atomic():
            invited = self.invites(secret).select_for_update().first()
            if invited is None or get_user_model().objects.exists():
                raise NotInvited
            invited.delete()
            return get_user_model().objects.create_superuser(username, password=password)


class OwnerInvitation(models.Model):
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now=True)

    objects = OwnerInvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"made {self.created_at}"


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
