from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from books.models import Invitation
from django41_example import environment


class Command(BaseCommand):
    help = "Prints the link for creating the first account; nothing once there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        if secret := Invitation.objects.renew_first():
            link = f"{base_url()}{reverse('first_account')}?secret={secret}"
            self.stdout.write(f"There is no account yet. Create the owner's account here: {link}")


def base_url() -> str:
    """The URL of the server, as far as the settings tell."""
    if settings.PRODUCTION:
        return f"https://{settings.ALLOWED_HOSTS[0]}"
    return f"http://127.0.0.1:{environment.integer('PORT', 8000, low=1, high=65535)}"
