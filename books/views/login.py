import asyncio
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.contrib.auth import aauthenticate, alogin, alogout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.accounts import devices
from books.forms.accounts import LoginForm
from books.models import LoginAttempts, TooManyAttempts
from books.views.base import CatalogueView
from books.views.login_redirect import TYPED, asave_pending_form, ask, safe_next_url
from books.web import parsing
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, errors_of, preferred
from books.web.permissions import ANYBODY

TRIES_AN_ADDRESS, TRIES_AN_ACCOUNT = 20, 5  # in the quarter of an hour that Tries counts


class Login(CatalogueView):
    offers = {"GET": (HTML,), "POST": (JSON, HTML)}
    rules = {"GET": ANYBODY, "POST": ANYBODY}

    async def get(self, request: HttpRequest) -> HttpResponse:
        preferred(request, HTML)
        return ask(request, LoginForm(), request.GET.get("next", ""))

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(parsing.form(request))
        if not form.is_valid():
            return self._again(request, form, 422)
        username, password = form.cleaned_data["username"], form.cleaned_data["password"]
        limits = tries_for(request, username)
        try:
            await sync_to_async(LoginAttempts.objects.begin)(limits)
        except TooManyAttempts as error:
            form.add_error(None, f"Too many tries: wait {-(-error.seconds // 60)} minutes, then try again.")
            return self._again(request, form, 429, {"Retry-After": str(error.seconds)})
        async with _one_at_a_time(username):
            user = await aauthenticate(request, username=username, password=password)
        if user is None:
            form.add_error(None, "This name and this password do not belong together. Mind capitals, and try again.")
            return self._again(request, form, 403)
        await sync_to_async(LoginAttempts.objects.reset)(*limits)
        await alogin(request, user)
        next_page = safe_next_url(request, form.data.get("next", ""))
        if typed := form.data.get(TYPED):
            await asave_pending_form(request, next_page, typed)
        response = SeeOther(next_page)
        devices.remember(response, user)
        return response

    def _again(
        self, request: HttpRequest, form: LoginForm, status: int, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        if preferred(request, JSON, HTML) == JSON:
            raise HTTPError(status, errors=errors_of(form), headers=headers)
        next_page, typed = form.data.get("next", ""), form.data.get(TYPED, "")
        return ask(request, form, next_page, typed, status=status, headers=headers)


class Logout(CatalogueView):
    offers = ()
    rules = {"POST": ANYBODY}

    async def post(self, request: HttpRequest) -> HttpResponse:
        await alogout(request)
        return SeeOther(reverse("home"))


# Hashing takes a core for as long as it lasts: who tries five passwords at once waits for them, and not the others.
_hashing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def _one_at_a_time(username: str) -> asyncio.Lock:
    return _hashing.setdefault(username.casefold(), asyncio.Lock())


def tries_for(request: HttpRequest, username: str) -> dict[str, int]:
    """What a try counts against, and how many there may be."""
    address = request.META.get("REMOTE_ADDR", "")
    kind = "device" if devices.is_known(request, username) else "account"
    return {f"address {address}": TRIES_AN_ADDRESS, f"{kind} {username.casefold()}": TRIES_AN_ACCOUNT}
