"""Identities of OpenID Connect: an issuer, its name for a person (the subject), and that person's account here.

An account is found only by these two. Names and e-mail addresses prove nothing, since a provider may let people choose
them.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction

from books.models.account import create_account, is_username, lock_owners
from books.models.errors import Refused
from books.models.invitation import Invitation, Role


class NoAccount(Refused):
    """This identity has no account, and may not create one."""

    status = 403


class IdentityQuerySet(models.QuerySet["Identity"]):
    @transaction.atomic
    def sign_in(self, claims: Mapping[str, Any], invitation: str = "") -> User:
        """The account for this identity, created if it is new. Raises NoAccount, NameTaken, NotInvited."""
        known = self.of(claims).select_related("user")
        if identity := known.first():
            return identity.user
        has_owner = lock_owners()
        if identity := known.first():  # the same person has just signed in from another window
            return identity.user
        user = create_account(username_in(claims), self._role(invitation, has_owner=has_owner))
        self.create(issuer=claims["iss"], subject=claims["sub"], user=user)
        return user

    def _role(self, invitation: str, *, has_owner: bool) -> Role:
        if invitation:
            return Role(Invitation.objects.take(invitation).role)
        if not settings.SIGN_UP:
            raise NoAccount(
                "No account here is connected to you. If you have one, sign in with its password and connect it on the "
                "page “Account”. If not, ask the owner of this catalogue for an invitation."
            )
        if not has_owner:
            raise NoAccount("This catalogue has no owner yet. Open the link that the server's log shows.")
        return Role.READER

    def connect(self, claims: Mapping[str, Any], user: User) -> None:
        """Connect an identity to this account. Raises NoAccount if it belongs to another account."""
        identity, _ = self.get_or_create(issuer=claims["iss"], subject=claims["sub"], defaults={"user": user})
        if identity.user_id != user.pk:
            raise NoAccount("Another account here is connected to you already.")

    def of(self, claims: Mapping[str, Any]) -> "IdentityQuerySet":
        return self.filter(issuer=claims["iss"], subject=claims["sub"])


def username_in(claims: Mapping[str, Any]) -> str:
    """A user name for a new account. Others see it, so an e-mail address is the last choice. Raises NoAccount."""
    for claim in ("preferred_username", "nickname", "name", "email"):
        name = claims.get(claim)
        if isinstance(name, str) and is_username(name := ".".join(User.normalize_username(name).split())):
            return name
    raise NoAccount("You were signed in, but without a name that an account can have: letters, digits and @ . + - _")


class Identity(models.Model):
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identities_once")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
