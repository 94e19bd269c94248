"""What an account is here: roles are Django's own superusers and its group of librarians."""

from typing import Any

from django.db import models

LIBRARIANS = "Librarians"  # the group that a migration makes, with its permissions


class Role(models.TextChoices):
    READER = "reader"
    LIBRARIAN = "librarian"
    OWNER = "owner"


def role_of(user: Any) -> Role:
    if user.is_superuser:
        return Role.OWNER
    return Role.LIBRARIAN if any(group.name == LIBRARIANS for group in user.groups.all()) else Role.READER
