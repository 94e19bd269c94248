"""The invitation to create the first account. The server prints its secret once, and it works once."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction

from books.models.fields import digest_of


class NotInvited(Exception):
    """There is an account already, or a later secret was printed."""


class OwnerInvitationQuerySet(models.QuerySet["OwnerInvitation"]):
    def renew(self) -> str | None:
        """The secret of a new invitation; None once there is an account."""
        with transaction.atomic():
            if get_user_model().objects.exists():
                return None
            secret = secrets.token_urlsafe(24)
            self.update_or_create(pk=1, defaults={"digest": digest_of(secret)})
            return secret

    def for_secret(self, secret: str) -> models.QuerySet["OwnerInvitation"]:
        return self.filter(digest=digest_of(secret))

    def accept(self, secret: str, username: str, password: str) -> Any:
        """Create the owner's account. Raises NotInvited. Slow, since it hashes the password: call it in a thread."""
        with transaction.atomic():
            invited = self.for_secret(secret).select_for_update().first()
            if invited is None or get_user_model().objects.exists():
                raise NotInvited
            invited.delete()
            return get_user_model().objects.create_superuser(username, password=password)


class OwnerInvitation(models.Model):
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now=True)

    objects = OwnerInvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"printed {self.created_at}"
