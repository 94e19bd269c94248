"""Invitations to create an account: secret links that work once. The server itself issues the first, to the owner."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from books.models.errors import Refused
from books.models.fields import digest_of

VALID_FOR = timedelta(days=7)
FIRST_LOCK = 14  # of PostgreSQL's advisory locks


class Role(models.TextChoices):
    """The role of an account."""

    READER = "reader"
    LIBRARIAN = "librarian"
    OWNER = "owner"


class NotInvited(Refused):
    status = 404
    detail = (
        "This link has been used, has expired or was withdrawn: ask whoever sent it for a new one. The link for the "
        "first account is printed anew at each start of the server: look for it in the server's log."
    )


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def invite(self, role: Role, by: Any) -> tuple["Invitation", str]:
        """A new invitation and its secret, which is not stored."""
        secret = secrets.token_urlsafe(24)
        expires_at = timezone.now() + VALID_FOR
        return self.create(digest=digest_of(secret), role=role, invited_by=by, expires_at=expires_at), secret

    def renew_first(self) -> str | None:
        """The secret of a new invitation to create the owner's account, the first; None if there is any account."""
        with transaction.atomic():
            if connection.vendor == "postgresql":  # two servers that start at once don't see each other's link
                connection.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_LOCK])
            if get_user_model().objects.exists():
                return None
            self.filter(invited_by=None).delete()
            invitation, secret = self.invite(Role.OWNER, None)
            self.filter(pk=invitation.pk).update(expires_at=None)
            return secret

    def open(self) -> "InvitationQuerySet":
        """Those that can be accepted now."""
        unexpired = self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
        return unexpired.filter(~Q(invited_by=None) | Q(~models.Exists(get_user_model().objects.all())))

    def for_secret(self, secret: str) -> "InvitationQuerySet":
        return self.open().filter(digest=digest_of(secret))

    def take(self, secret: str) -> "Invitation":
        """The invitation with this secret, deleted, in the caller's transaction. Raises NotInvited."""
        invitation = self.for_secret(secret).select_for_update().first()
        if invitation is None:
            raise NotInvited
        invitation.delete()
        return invitation


class Invitation(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="invitations")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)  # None: never, for the first account

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"for a {self.role}, of {self.created_at}"
