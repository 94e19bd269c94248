"""The user's own account: creating it, its password and its tokens."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import alogin, aupdate_session_auth_hash
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from books.forms.accounts import NewAccountForm, NewPasswordForm, PasswordChangeForm, TokenForm
from books.models import Invitation, NotInvited, Token, TooManyAttempts
from books.models.account import AccountQuerySet, NameTaken, accept, accounts, role_of
from books.models.password_link import account_for, set_password
from books.views.base import CatalogueView, FormView
from books.views.login import aattempt
from books.views.login_redirect import sign_in_options
from books.web import ANYBODY, OWN_ACCOUNT, HTTPError, SeeOther, page, parsing
from books.web.authentication import remote_user
from django41_example.server.threads import in_thread

CHANGE, TOKENS = "accounts/password.html", "accounts/tokens.html"
NO_STORE = {"Cache-Control": "private, no-store"}  # for responses with a secret


class SecretLink(FormView):
    """The page behind a link with a secret. Its form sets a password and signs in with it."""

    rules = {"GET": ANYBODY, "POST": ANYBODY}
    form_class: type[NewPasswordForm]
    template: str
    use: Callable[..., Any]  # a static method: does what the secret is for, and returns the account

    async def get(self, request: HttpRequest) -> HttpResponse:
        context = await self.acontext(request.GET.get("secret", ""))
        form = self.form_class(initial={"username": remote_user(request)})
        return page(request, self.template, {"form": form, **context})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = await parsing.aform(request, self.form_class)
        context = await self.acontext(form.data.get("secret", ""))  # before any hashing
        if not form.is_valid():
            return self.respond_again(form, self.template, **context)
        values = {name: value for name, value in form.cleaned_data.items() if name != "again"}
        try:
            user = await sync_to_async(self.use)(context["secret"], **values)
        except NameTaken as error:
            form.add_error("username", error.detail)
            return self.respond_again(form, self.template, status=error.status, **context)
        await alogin(request, user)
        return SeeOther(reverse("home"))

    async def acontext(self, secret: str) -> dict[str, Any]:
        """The data of the link. Raises Refused if it is not valid."""
        raise NotImplementedError


class AcceptInvitation(SecretLink):
    """The page behind an invitation, such as the link that the server prints while there is no account."""

    form_class, template, use = NewAccountForm, "accounts/invited.html", staticmethod(accept)

    async def acontext(self, secret: str) -> dict[str, Any]:
        invitation = await Invitation.objects.for_secret(secret).values("role", by=F("invited_by__username")).afirst()
        if invitation is None:
            raise NotInvited
        return {"secret": secret, **invitation, **sign_in_options(self.request)}


class NewPassword(SecretLink):
    """The page behind the link that an owner sends to somebody who has lost their password."""

    form_class, template, use = NewPasswordForm, "accounts/new_password.html", staticmethod(set_password)

    async def acontext(self, secret: str) -> dict[str, Any]:
        return {"secret": secret, "name": (await in_thread(account_for, secret)).get_username()}


class Account(CatalogueView):
    """The user's own account, with links to what belongs to it."""

    rules = {"GET": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        row = await accounts().filter(pk=self.user.account.pk).values(*AccountQuerySet.COLUMNS).aget()
        context = {**sign_in_options(request), "has_password": self.user.account.has_usable_password()}
        context["is_connected"] = await self.user.account.identities.aexists()
        return self.respond({"name": row["username"], "role": role_of(row)}, "accounts/account.html", context=context)


class PasswordChange(FormView):
    """The form for a new password."""

    rules = {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, CHANGE, {"form": PasswordChangeForm()})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = await parsing.aform(request, PasswordChangeForm)
        if not form.is_valid():
            return self.respond_again(form, CHANGE)
        user = self.user.account
        try:
            known = await aattempt(request, user.get_username(), user.acheck_password(form.cleaned_data["old"]))
        except TooManyAttempts as error:
            form.add_error(None, error.detail)
            return self.respond_again(form, CHANGE, status=error.status, headers=error.headers)
        if not known:
            form.add_error("old", "Wrong password.")
            return self.respond_again(form, CHANGE)
        await sync_to_async(user.set_password)(form.cleaned_data["password"])
        await user.asave(update_fields=["password"])
        await aupdate_session_auth_hash(request, user)
        return SeeOther(reverse("account"))


class TokenList(CatalogueView):
    """The tokens of the user's own account; POST creates one."""

    rules = {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        data = {"tokens": await atokens_of(self.user.account)}
        return self.respond(data, TOKENS, context={"form": TokenForm()})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(await in_thread(parsing.fields, request, TokenForm))
        if not form.is_valid():
            return self.respond_again(form, TOKENS, tokens=await atokens_of(self.user.account))
        token, secret = await sync_to_async(Token.objects.issue)(self.user.account, **form.cleaned_data)
        data = {**serialize_token(token), "token": secret}
        context = {"form": TokenForm(), "tokens": await atokens_of(self.user.account)}
        return self.respond(data, TOKENS, context=context, status=201, headers=NO_STORE)


class TokenDetail(CatalogueView):
    """DELETE revokes a token."""

    offers = ()
    rules = {"DELETE": OWN_ACCOUNT}

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        await arevoke(self.user.account, pk)
        return HttpResponse(status=204)


class TokenRevoke(CatalogueView):
    """DELETE for HTML forms."""

    offers = ()
    rules = {"POST": OWN_ACCOUNT}

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        await arevoke(self.user.account, pk)
        messages.success(request, "The token was revoked.")
        return SeeOther(reverse("token_list"))


async def arevoke(user: Any, pk: int) -> None:
    """Revoke one of the user's own tokens; 404 for those of others."""
    if not await Token.objects.filter(user=user, pk=pk, revoked_at=None).aupdate(revoked_at=timezone.now()):
        raise HTTPError(404, f"You have no such token. Your tokens are at {reverse('token_list')}.")


async def atokens_of(user: Any) -> list[dict[str, Any]]:
    return [serialize_token(token) async for token in Token.objects.filter(user=user, revoked_at=None)]


def serialize_token(token: Token) -> dict[str, Any]:
    shown = ("id", "name", "created_at", "expires_at", "last_used_at")
    return {**{name: getattr(token, name) for name in shown}, "scopes": token.scopes.split()}
