"""Who may do what: one table for all addresses, and the one function that asks it.

An address or method that the table does not name is refused.
"""

from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest

from books.models import Scope
from books.web.authentication import CHALLENGE, RequestUser
from books.web.negotiation import HTTPError


class Rule(NamedTuple):
    scope: Scope | None  # what a token must be good for; None: no token will do
    permission: str | None = None  # Django's name of the permission that the account must have


ANYBODY = Rule(Scope.READ, "")
READ = Rule(Scope.READ)  # anonymous users too, unless READ_REQUIRES_LOGIN
ADD = Rule(Scope.WRITE, "books.add_book")
CHANGE = Rule(Scope.WRITE, "books.change_book")
DELETE = Rule(Scope.WRITE, "books.delete_book")
OWN_ACCOUNT = Rule(None)
SEE_JOBS = Rule(Scope.JOBS, "books.view_job")
START_JOB = Rule(Scope.JOBS, "books.add_job")  # each kind may need more: see books.jobs.kinds
CHANGE_JOB = Rule(Scope.JOBS, "books.change_job")

_LIST = {"GET": READ}
RULES: dict[str, dict[str, Rule]] = {
    "home": _LIST,
    "book_list": {"GET": READ, "POST": ADD},
    "book_new": {"GET": ADD, "POST": ADD},
    "book_detail": {"GET": READ, "PUT": CHANGE, "PATCH": CHANGE, "DELETE": DELETE},
    "book_edit": {"GET": CHANGE, "POST": CHANGE},
    "book_delete": {"GET": DELETE, "POST": DELETE},
    "book_history": _LIST,
    "change_undo": {"POST": CHANGE},
    "duplicate_list": {"GET": CHANGE},
    "duplicate_detail": {"GET": CHANGE, "POST": CHANGE},  # to merge takes the right to delete books too
    "duplicate_dismiss": {"POST": CHANGE},
    "export_csv": _LIST,
    "export_jsonl": _LIST,
    "author_list": _LIST,
    "author_detail": _LIST,
    "topic_list": _LIST,
    "topic_detail": _LIST,
    "refresh": {"GET": READ, "POST": READ},
    "lookup": {"GET": ADD},  # a door to the outside: not for everybody to knock at through us
    "job_list": {"GET": SEE_JOBS, "POST": START_JOB},
    "job_detail": {"GET": SEE_JOBS, "POST": START_JOB, "DELETE": CHANGE_JOB},
    "job_cancel": {"POST": CHANGE_JOB},
    "job_retry": {"POST": CHANGE_JOB},
    "job_file": {"GET": SEE_JOBS},
    "job_events": {"GET": SEE_JOBS},
    "all_job_events": {"GET": SEE_JOBS},
    "health_check": {"GET": ANYBODY},
    "health_check_live": {"GET": ANYBODY},
    "openapi": {"GET": ANYBODY},
    "opensearch": {"GET": ANYBODY},
    "robots": {"GET": ANYBODY},
    **dict.fromkeys(["opds", "opds_books", "opds_book", "opds_authors", "opds_topics"], _LIST),
    **dict.fromkeys(["opds2", "opds2_books", "opds2_book", "opds2_authors", "opds2_topics"], _LIST),
    **dict.fromkeys(["sitemap", "sitemap_books", "sitemap_authors", "sitemap_topics"], _LIST),
    "lab": _LIST,
    "lab_way": _LIST,
    "login": {"GET": ANYBODY, "POST": ANYBODY},
    "logout": {"POST": ANYBODY},
    "first_account": {"GET": ANYBODY, "POST": ANYBODY},
    "password_change": {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT},
    "token_list": {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT},
    "token_detail": {"DELETE": OWN_ACCOUNT},
    "token_revoke": {"POST": OWN_ACCOUNT},
}


class LoginRequired(HTTPError):
    """Nobody in particular asks for what only accounts may have."""

    def __init__(self) -> None:
        detail = "Sign in at /accounts/login/, or send a token: Authorization: Bearer …."
        super().__init__(401, detail, headers={"WWW-Authenticate": CHALLENGE})


async def aauthorize(request: HttpRequest, user: RequestUser) -> None:
    """Let the user pass or raise: 401 to who is not known yet, 403 with the reason to who may not."""
    method = "GET" if request.method == "HEAD" else request.method or ""
    rule = RULES.get(request.resolver_match.url_name or "", {}).get(method)  # type: ignore[union-attr]
    if rule is None:
        raise HTTPError(403, "Nobody may do this.")
    if rule is ANYBODY or (rule is READ and not settings.READ_REQUIRES_LOGIN):
        return
    if user.account is None:
        raise LoginRequired
    if user.token and rule.scope not in user.token.scopes.split():
        raise _lacking(rule)
    if rule.permission and not await user.account.ahas_perm(rule.permission):
        raise HTTPError(403, f"Your account lacks the permission {rule.permission}: ask an administrator for it.")


def _lacking(rule: Rule) -> HTTPError:
    if rule.scope is None:
        return HTTPError(403, "A token cannot do this: sign in with your password.")
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{rule.scope}"'
    return HTTPError(403, f"This token lacks the scope {rule.scope}.", headers={"WWW-Authenticate": challenge})
