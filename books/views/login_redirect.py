"""Sends people to the sign-in page and back without losing a form that they have filled in."""

from typing import Any
from urllib.parse import quote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from books.forms.accounts import LoginForm
from books.web import HTTPError, SeeOther, page, parsing
from books.web.authentication import remote_user
from books.web.permissions import LoginRequired

TEMPLATE = "accounts/login.html"
PENDING_FORM = "typed"  # the field and the key in the session of a form sent before signing in, urlencoded
LONGEST_PENDING = 60_000  # bytes of that field, below the limit of the sign-in form, UNCHECKED_BODY


def redirect_to_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page. If a form was sent, respond with that page at once, which carries the form along.

    Raises HTTPError if the form is too large for that.
    """
    if "receive_body" in getattr(request, "scope", {}):  # it was not received
        raise too_long_to_carry()
    if request.method == "POST" and request.content_type in parsing.FORMS:
        is_new = request.path == reverse("book_list")
        here = reverse("book_new") if is_new else settings.SCRIPT_NAME + _nearest_page(request.path_info)
        typed = parsing.form_with_files(request).urlencode()
        if len(quote_plus(typed)) > LONGEST_PENDING:
            raise too_long_to_carry()
        return login_page(request, here, typed, status=401)
    return SeeOther(reverse("login", query={"next": request.get_full_path()}))


def too_long_to_carry() -> HTTPError:
    return LoginRequired(
        f"Sign in at {reverse('login')} in another window. Then go back to your form in this one, and send it again."
    )


def _nearest_page(path: str) -> str:
    """The path itself if it has a page, or else the nearest one above: some paths only accept forms."""
    while not _has_page(path):
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
    return path


def _has_page(path: str) -> bool:
    try:
        return hasattr(resolve(path).func.view_class, "get")  # type: ignore[attr-defined]
    except Resolver404:
        return False


def login_page(
    request: HttpRequest, next_url: str, pending_form: str = "", failure: str = "", **how: Any
) -> HttpResponse:
    """The sign-in page. After a `failure` of another way to sign in, it does not lead back to that."""
    context = {
        "form": LoginForm(),
        "next": safe_next_url(request, next_url),
        "typed": pending_form,
        **sign_in_options(request),
    }
    if failure:
        context |= {"failure": failure, "address": reverse("login"), "path": reverse("login")}
    return page(request, TEMPLATE, context, **how)


def sign_in_options(request: HttpRequest) -> dict[str, Any]:
    """The ways to sign in, for pages."""
    return {
        "is_closed": settings.READ_REQUIRES_LOGIN,
        "has_passwords": settings.PASSWORD_SIGN_IN,
        "provider": settings.OIDC_ISSUER and settings.OIDC_NAME,
        "remote_user": remote_user(request),
    }


def safe_next_url(request: HttpRequest, url: str) -> str:
    """The URL if it is on this site, or else the home page."""
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_ours and url.startswith("/") else reverse("home")


async def asave_pending_form(request: HttpRequest, url: str, pending_form: str) -> None:
    await request.session.aset(PENDING_FORM, [url, pending_form])


async def apop_pending_form(request: HttpRequest) -> QueryDict | None:
    """The input of this page's form before signing in; returned only once."""
    url, pending_form = await request.session.aget(PENDING_FORM) or ["", ""]
    if url != request.path:
        return None
    await request.session.apop(PENDING_FORM)
    return QueryDict(pending_form)
