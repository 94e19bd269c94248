from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from books.forms.accounts import TokenForm
from books.models import Token
from books.views.base import CatalogueView
from books.web import parsing
from books.web.negotiation import HTML, JSON, HTTPError, SeeOther
from books.web.permissions import OWN_ACCOUNT
from django41_example.server.threads import in_thread

TEMPLATE = "accounts/tokens.html"
NO_STORE = {"Cache-Control": "private, no-store"}  # for responses with a secret


class TokenList(CatalogueView):
    """The tokens of one's own account; POST creates one."""

    offers = JSON, HTML
    rules = {"GET": OWN_ACCOUNT, "POST": OWN_ACCOUNT}

    async def get(self, request: HttpRequest) -> HttpResponse:
        data = {"tokens": await atokens_of(self.user.account)}
        return self.respond(data, TEMPLATE, context={"form": TokenForm()})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(await in_thread(parsing.fields, request, TokenForm))
        if not form.is_valid():
            return self.respond_again(form, TEMPLATE, tokens=await atokens_of(self.user.account))
        token, secret = await sync_to_async(Token.objects.issue)(self.user.account, **form.cleaned_data)
        data = {**serialized(token), "token": secret}
        context = {"form": TokenForm(), "tokens": await atokens_of(self.user.account)}
        return self.respond(data, TEMPLATE, context=context, status=201, headers=NO_STORE)


class TokenDetail(CatalogueView):
    """DELETE revokes a token."""

    offers = ()
    rules = {"DELETE": OWN_ACCOUNT}

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        await arevoke(self.user.account, pk)
        return HttpResponse(status=204)


class TokenRevoke(CatalogueView):
    """The same as DELETE, for forms."""

    offers = ()
    rules = {"POST": OWN_ACCOUNT}

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        await arevoke(self.user.account, pk)
        messages.success(request, "The token was revoked.")
        return SeeOther(reverse("token_list"))


async def atokens_of(user: Any) -> list[dict[str, Any]]:
    return [serialized(token) async for token in Token.objects.filter(user=user, revoked_at=None)]


async def arevoke(user: Any, pk: int) -> None:
    """Revoke a token of the user's own; 404 for anybody else's."""
    if not await Token.objects.filter(user=user, pk=pk, revoked_at=None).aupdate(revoked_at=timezone.now()):
        raise HTTPError(404, f"You have no such token. Your tokens are at {reverse('token_list')}.")


def serialized(token: Token) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "scopes": token.scopes.split(),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
