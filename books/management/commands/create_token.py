from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from books.models import Scope, Token
from books.models.token import MAX_DAYS
from django41_example.environment import COMMAND


class Command(BaseCommand):
    help = "Creates an API token for a user. It is printed last, and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="repeat it for several scopes (default: read)"
        )
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--days", type=int, help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}: create one with {COMMAND} createsuperuser.")
        if options["days"] is not None and not 1 <= options["days"] <= MAX_DAYS:
            raise CommandError(f"--days: write a whole number from 1 to {MAX_DAYS}.")
        scopes = options["scope"] or [Scope.READ.value]
        _, secret = Token.objects.issue(user, options["name"], scopes, options["days"])
        self.stdout.write(secret)
