from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from books.models import Scope, Token
from books.models.token import LONGEST


class Command(BaseCommand):
    help = "Makes a token for a script of a user's; it is printed last, and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="may be given more than once")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--days", type=int, help="days until it expires; never if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}: python manage.py createsuperuser makes one.")
        if options["days"] is not None and not 1 <= options["days"] <= LONGEST:
            raise CommandError(f"--days: write a whole number from 1 to {LONGEST}.")
        scopes = options["scope"] or [Scope.READ.value]
        _, secret = Token.objects.issue(user, options["name"], scopes, options["days"])
        self.stdout.write(secret)
