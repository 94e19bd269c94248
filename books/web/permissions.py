"""Permissions: the rules that views declare, and the one function that applies them."""

from collections.abc import Mapping
from copy import copy
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

from books.models import Scope
from books.web.authentication import CHALLENGE, RequestUser, aauthenticate
from books.web.negotiation import HTTPError


class Rule(NamedTuple):
    scope: Scope | None  # required of a token; None: no token is accepted
    permission: str | None = None  # required of the account


ANYBODY = Rule(Scope.READ, "")
READ = Rule(Scope.READ)  # also for anonymous users, unless READ_REQUIRES_LOGIN
ADD = Rule(Scope.WRITE, "books.add_book")
CHANGE = Rule(Scope.WRITE, "books.change_book")
DELETE = Rule(Scope.WRITE, "books.delete_book")
PURGE = Rule(Scope.WRITE, "books.delete_change")  # owners have it, librarians do not
OWN_ACCOUNT = Rule(None)
PEOPLE = Rule(None, "auth.change_user")  # with it people can make owners, as in Django's admin
SETTINGS = Rule(None, "books.change_catalogue")
SEE_JOBS = Rule(Scope.JOBS, "books.view_job")
START_JOB = Rule(Scope.JOBS, "books.add_job")  # kinds that write books require more: see books.jobs.kinds
BACKUP = Rule(Scope.JOBS, PEOPLE.permission)
BACKUP_FILE = PEOPLE  # as it contains accounts with the hashes of their passwords
CHANGE_JOB = Rule(Scope.JOBS, "books.change_job")


OF_OWNERS = {
    PURGE.permission: "purge a history",
    PEOPLE.permission: "manage accounts and backups",
    SETTINGS.permission: "change its settings",
}


class LoginRequired(HTTPError):
    """An anonymous request for something that requires an account."""

    def __init__(self, detail: str = "") -> None:
        detail = detail or f"Sign in at {reverse('login')}, or send a token: Authorization: Bearer …."
        super().__init__(401, detail, headers={"WWW-Authenticate": CHALLENGE})


class LibrarianRequired(HTTPError):
    """An account that lacks the permission, such as `books.add_book`."""

    def __init__(self, permission: str) -> None:
        action, _, model = permission.removeprefix("books.").partition("_")
        detail = f"Only librarians can {action} {model}s. Ask the owner of this catalogue to make you one."
        if task := OF_OWNERS.get(permission):
            detail = f"Only an owner of this catalogue can {task}."
        super().__init__(403, detail)


async def aauthorize(request: HttpRequest, rules: Mapping[str, Rule]) -> None:
    """Raise 401 without an account, or 403 without the permission. Without a rule there is no access."""
    rule = rules.get("GET" if request.method == "HEAD" else request.method or "")
    user: RequestUser = request.request_user  # type: ignore[attr-defined]
    if rule is None:
        raise HTTPError(403, "Not allowed.")
    if is_open(rule):
        return
    if user.account is None:
        raise LoginRequired
    await arequire(user, rule)


async def arequire(user: RequestUser, rule: Rule) -> None:
    """Raise 403 unless the token has the scope and the account has the permission."""
    if user.token and rule.scope not in user.token.scopes.split():
        if rule.scope is None:
            raise HTTPError(403, "A token cannot do this: sign in with your password.")
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{rule.scope}"'
        detail = f"This token lacks the scope {rule.scope}."
        raise HTTPError(403, detail, headers={"WWW-Authenticate": challenge})
    if rule.permission and not await user.ahas_perm(rule.permission):
        raise LibrarianRequired(rule.permission)


async def amay(user: RequestUser, rule: Rule) -> bool:
    """Whether the user has an account with this permission."""
    try:
        await arequire(user, rule)
    except HTTPError:
        return False
    return user.account is not None


async def ais_still_allowed(request: HttpRequest, rules: Mapping[str, Rule]) -> bool:
    """Whether the request would still be allowed. Reads its session or token, account and permissions again."""
    again: Any = copy(request)
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    again.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    try:
        again.request_user = await aauthenticate(again)
        await aauthorize(again, rules)
    except HTTPError:
        return False
    return True


def is_open(rule: Rule) -> bool:
    """Whether the rule currently requires no account."""
    return rule is ANYBODY or (rule is READ and not settings.READ_REQUIRES_LOGIN)
