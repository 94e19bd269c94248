"""Asking somebody to sign in, and keeping what they had typed until they have."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from books.forms.accounts import LoginForm
from books.web import parsing
from books.web.negotiation import SeeOther, page

TYPED = "typed"  # a form that somebody sent before they were signed in, urlencoded


def redirect_to_login(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; for a form that was sent, at once, with what was typed."""
    if request.method == "POST" and request.content_type in parsing.FORMS:
        here = reverse("book_new") if request.path == reverse("book_list") else page_before(request)
        return ask(request, LoginForm(), here, parsing.form(request).urlencode(), status=401)
    return SeeOther(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")


def page_before(request: HttpRequest) -> str:
    """The page of a form: its own address, or the nearest above it that is a page."""
    path = request.path
    while not is_page(path):
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
    return path


def is_page(path: str) -> bool:
    try:
        return hasattr(resolve(path).func.view_class, "get")  # type: ignore[attr-defined]
    except Resolver404:
        return False


def ask(  # noqa: PLR0913 - what a sign-in page shows
    request: HttpRequest,
    form: LoginForm,
    next_page: str,
    typed: str = "",
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    context = {"form": form, "next": safe_next_url(request, next_page), "typed": typed}
    return page(request, "accounts/login.html", context, status=status, headers=headers)


def safe_next_url(request: HttpRequest, next_page: str) -> str:
    """The page to go on to: on this site, or the home page."""
    is_ours = url_has_allowed_host_and_scheme(next_page, {request.get_host()}, request.is_secure())
    return next_page if is_ours and next_page.startswith("/") else reverse("home")


async def asave_pending_form(request: HttpRequest, next_page: str, typed: str) -> None:
    await request.session.aset(TYPED, [next_page, typed])


async def apop_pending_form(request: HttpRequest) -> QueryDict | None:
    """What was typed into this page's form before signing in; given once."""
    here, typed = await request.session.aget(TYPED) or ["", ""]
    if here != request.path:
        return None
    await request.session.apop(TYPED)
    return QueryDict(typed)
