"""Accounts and their roles: owners are Django's superusers, librarians the members of a group."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from books.models.errors import Refused
from books.models.invitation import Invitation, Role
from books.models.token import Token
from books.search.pagination import Ordering, PagedQuerySet

LIBRARIANS = "Librarians"  # the group that a migration creates, with its permissions
SIGN_IN_NOTED_EVERY = timedelta(days=1)  # with PROXY_USER_HEADER, where every request signs in
_noted: dict[int, datetime] = {}  # when this process last noted a sign-in, by account


class LastOwner(Refused):
    detail = "This is the last owner. Make somebody else an owner first."


class AccountQuerySet(PagedQuerySet[User]):
    ORDERINGS = {"added": Ordering("added", ("id",))}
    COLUMNS = ("id", "username", "is_superuser", "is_librarian", "is_active", "date_joined", "last_login")

    def change(self, pk: int, role: Role | None = None, *, is_active: bool | None = None) -> None:
        """Give an account another role, close or reopen it, in one transaction. Raises User.DoesNotExist, LastOwner.

        Closing an account ends its sessions, tokens and open invitations; its changes keep its name. Reopening ends
        them once more, since somebody may have signed in just as it was closed.
        """
        with transaction.atomic():
            owners = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
            is_last = [owner.pk for owner in owners] == [pk]
            user = User.objects.select_for_update().get(pk=pk)
            if is_last and (is_active is False or (role or Role.OWNER) != Role.OWNER):
                raise LastOwner
            if role:
                give(user, role)
            if is_active not in (None, user.is_active):
                user.is_active = is_active
                user.save(update_fields=["is_active"])
                end_sessions(user)
                Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
            if not (user.is_active and user.is_superuser):
                Invitation.objects.filter(invited_by=user).delete()


def accounts() -> AccountQuerySet:
    group = User.groups.through.objects.filter(user=models.OuterRef("pk"), group__name=LIBRARIANS)
    return AccountQuerySet(User).annotate(is_librarian=models.Exists(group))


def role_of(row: dict[str, Any]) -> Role:
    """The role of an account, from a row with its COLUMNS."""
    if row["is_superuser"]:
        return Role.OWNER
    return Role.LIBRARIAN if row["is_librarian"] else Role.READER


def give(user: User, role: Role) -> None:
    user.is_superuser = user.is_staff = role == Role.OWNER
    user.save(update_fields=["is_superuser", "is_staff"])
    librarians, _ = Group.objects.get_or_create(name=LIBRARIANS)
    if role == Role.LIBRARIAN:
        user.groups.add(librarians)
    else:
        user.groups.remove(librarians)


def end_sessions(user: User) -> None:
    """End all sessions of an account. They must all be decoded: only the encoded data says whose a session is."""
    for session in Session.objects.filter(expire_date__gt=Now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


class NameTaken(Refused):
    detail = "Another account has this name. Choose another one."


def accounts_named(username: str) -> models.QuerySet[User]:
    """The accounts with this name, ignoring case. On SQLite, iexact would ignore only the case of ASCII letters."""
    return User.objects.filter(username__iregex=f"^{re.escape(username)}$")


def accept(secret: str, username: str, password: str) -> User:
    """Create the account for an invitation. Raises NotInvited, NameTaken.

    Slow, since it hashes the password: call it in a thread.
    """
    hashed = make_password(password)
    with transaction.atomic():
        invitation = Invitation.objects.take(secret)
        return create_account(username, Role(invitation.role), hashed)


def create_account(username: str, role: Role, hashed: str = "") -> User:
    """Create an account in the caller's transaction. Without a hash it has no password. Raises NameTaken."""
    lock_owners()
    if accounts_named(username).exists():
        raise NameTaken
    user = User.objects.create(username=username, password=hashed or make_password(None))
    give(user, role)
    return user


def remote_account(username: str) -> User | None:
    """The active account of a user whom a proxy signed in; None if there is none and none may be created.

    A new account is a reader's. Call it in a thread: it may take several statements.
    """
    user = find_or_join(username) if is_username(username) else None
    if user is None or not user.is_active:
        return None
    now = timezone.now()
    latest = max(filter(None, (user.last_login, _noted.get(user.pk))), default=None)
    if latest is None or now - latest > SIGN_IN_NOTED_EVERY:
        _noted[user.pk] = now  # first, so that only one of many concurrent requests writes
        User.objects.filter(pk=user.pk).update(last_login=now)
    return user


def find_or_join(username: str) -> User | None:
    """The account with this name, else the only one whose name differs just in case, else a new reader's account."""
    if user := User.objects.filter(username=username).first():
        return user
    alike = in_other_capitals(username) or join(username)
    return alike[0] if len(alike) == 1 else None


def in_other_capitals(username: str) -> list[User]:
    return [user for user in accounts_named(username) if user.username.lower() == username.lower()]  # not ı for i


@transaction.atomic
def join(username: str) -> list[User]:
    """A new reader's account; none if sign-up is closed or there is no owner yet."""
    if not (settings.SIGN_UP and lock_owners()):
        return []
    return in_other_capitals(username) or [User.objects.create(username=username, password=make_password(None))]


def lock_owners() -> bool:
    """Lock the owners, so that no other transaction creates an account before this one ends. Whether there are any."""
    return bool(User.objects.select_for_update(no_key=True).filter(is_superuser=True).order_by("pk"))


def is_username(username: str) -> bool:
    """Whether an account may have this name. Full-width letters may not be used: they look like the plain ones."""
    try:
        User._meta.get_field("username").run_validators(username)
    except ValidationError:
        return False
    return username == User.normalize_username(username)
