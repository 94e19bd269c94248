from asgiref.sync import sync_to_async
from django.contrib.auth import alogin, aupdate_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.accounts import FirstAccountForm, PasswordChangeForm
from books.models import NotInvited, OwnerInvitation, TooManyAttempts
from books.models.role import role_of
from books.views.base import CatalogueView
from books.views.login import aattempt
from books.web import parsing
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther, page
from books.web.permissions import ANYBODY, OWN_ACCOUNT

CHANGE = "accounts/password.html"
NOT_INVITED = (
    "This link has been used, or the server printed a newer one when it restarted. Look for it in the server's log."
)


class FirstAccount(CatalogueView):
    """The page behind the link that the server prints as long as there is no account."""

    offers = {"GET": (HTML,), "POST": (JSON, HTML)}
    rules = {"GET": ANYBODY, "POST": ANYBODY}

    async def get(self, request: HttpRequest) -> HttpResponse:
        secret = request.GET.get("secret", "")
        if not await OwnerInvitation.objects.for_secret(secret).aexists():
            raise HTTPError(404, NOT_INVITED)
        return page(request, "accounts/first.html", {"form": FirstAccountForm(), "secret": secret})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = FirstAccountForm(parsing.form(request))
        secret = form.data.get("secret", "")
        if not form.is_valid():
            return self.respond_again(form, "accounts/first.html", secret=secret)
        name, password = form.cleaned_data["username"], form.cleaned_data["password"]
        try:
            owner = await sync_to_async(OwnerInvitation.objects.accept)(secret, name, password)
        except NotInvited:
            raise HTTPError(404, NOT_INVITED) from None
        await alogin(request, owner, "django.contrib.auth.backends.ModelBackend")
        return SeeOther(reverse("home"))


class Account(CatalogueView):
    """One's own account, and the way to what belongs to it."""

    offers = JSON, HTML
    rules = {"GET": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        role = await sync_to_async(role_of)(self.user.account)
        return self.respond({"name": self.user.account.get_username(), "role": role}, "accounts/account.html")


class PasswordChange(CatalogueView):
    offers = {"GET": (HTML,), "POST": (JSON, HTML)}
    rules = {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, CHANGE, {"form": PasswordChangeForm()})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordChangeForm(parsing.form(request))
        if not form.is_valid():
            return self.respond_again(form, CHANGE)
        user = self.user.account
        try:
            known = await aattempt(request, user.get_username(), user.acheck_password(form.cleaned_data["old"]))
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            return self.respond_again(form, CHANGE, status=429, headers=error.headers())
        if not known:
            form.add_error("old", "Wrong password.")
            return self.respond_again(form, CHANGE)
        await sync_to_async(user.set_password)(form.cleaned_data["password"])
        await user.asave(update_fields=["password"])
        await aupdate_session_auth_hash(request, user)
        return SeeOther(reverse("account"))
