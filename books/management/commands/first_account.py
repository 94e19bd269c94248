from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from books.models import OwnerInvitation
from django41_example import environment


class Command(BaseCommand):
    help = "Prints the link by which the first account is made; nothing if somebody has an account."

    def handle(self, *args: Any, **options: Any) -> None:
        if secret := OwnerInvitation.objects.renew():
            link = f"{address()}{reverse('first_account')}?secret={secret}"
            self.stdout.write(f"Nobody has an account yet. Make yours, the owner's, here: {link}")


def address() -> str:
    """Where the server is reached, as far as its settings tell."""
    if settings.PRODUCTION:
        return f"https://{settings.ALLOWED_HOSTS[0]}"
    return f"http://127.0.0.1:{environment.integer('PORT', 8000, low=1, high=65535)}"
