"""Links for people who have lost their password. An owner sends one; it works once, within PASSWORD_RESET_TIMEOUT.

The secret is Django's own password reset token: nothing is stored, and it ends with a sign-in or a new password.
"""

import re

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import models, transaction

from books.models.errors import Refused


class LinkEnded(Refused):
    status, detail = 404, "This link was used already or is too old. Ask an owner of this catalogue for a new one."


def secret_for(user: User) -> str:
    return f"{user.pk}.{default_token_generator.make_token(user)}"


def account_for(secret: str, users: models.QuerySet[User] | None = None) -> User:
    """The account whose password the secret resets. Raises LinkEnded."""
    pk, _, token = secret.partition(".")
    found = re.fullmatch("[1-9][0-9]{0,17}", pk, re.ASCII) and (users or User.objects.all()).filter(pk=int(pk)).first()
    if not (
        settings.PASSWORD_SIGN_IN and found and found.is_active and default_token_generator.check_token(found, token)
    ):
        raise LinkEnded
    return found


def set_password(secret: str, password: str) -> User:
    """Set the password, which ends all sessions of the account. Raises LinkEnded.

    Slow, since it hashes the password: call it in a thread.
    """
    hashed = make_password(password)
    with transaction.atomic():
        user = account_for(secret, User.objects.select_for_update())
        user.password = hashed
        user.save(update_fields=["password"])
        return user
