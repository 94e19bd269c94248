"""The accounts of this catalogue, for its owners to invite people, change roles and close accounts."""

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from books.forms.accounts import AccountForm, AccountQuery, InvitationForm
from books.models import Invitation, Role
from books.models.account import AccountQuerySet, accounts, role_of
from books.models.password_link import secret_for
from books.views.accounts import NO_STORE
from books.views.base import CatalogueView
from books.views.lists import serialize_page
from books.web import HTML, JSON, PEOPLE, HTTPError, SeeOther, parsing, valid
from django41_example.server.threads import in_thread

TEMPLATE = "accounts/people.html"
PASSWORDLESS = "Nobody can sign in to this account with a password: it is closed, or passwords are switched off here."
INVITATION = ("id", "role", "by", "created_at", "expires_at")

Data = dict[str, Any]


class PeopleList(CatalogueView):
    """The accounts, oldest first, and the open invitations; POST invites somebody."""

    rules = {"GET": PEOPLE, "POST": PEOPLE}

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = valid(AccountQuery(request.GET))
        return self.respond(await self._people(query), TEMPLATE, context={"roles": Role.choices, "query": request.GET})

    async def post(self, request: HttpRequest) -> HttpResponse:
        form = valid(InvitationForm(await in_thread(parsing.fields, request, InvitationForm)), 422)
        invite = sync_to_async(Invitation.objects.invite)
        invitation, secret = await invite(form.cleaned_data["role"], self.user.account)
        url = request.build_absolute_uri(reverse("invitation", query={"secret": secret}))
        row = {**vars(invitation), "by": self.user.account.get_username()}
        data = {**{name: row[name] for name in INVITATION}, "invitation_url": url}
        is_page = self.media_type == HTML
        context = {**await self._people(valid(AccountQuery({}))), "roles": Role.choices} if is_page else {}
        return self.respond(data, TEMPLATE, context=context, status=201, headers=NO_STORE)

    async def _people(self, query: AccountQuery) -> Data:
        found = accounts().filter(username__icontains=query.cleaned_data.get("q", ""))
        page = await found.apage(AccountQuerySet.COLUMNS, query.page)
        links = page.links(self.request.path, query.urlencoded)
        rows = Invitation.objects.open().order_by("-id").annotate(by=F("invited_by__username")).values(*INVITATION)
        invitations = [row async for row in rows]
        people = [person(row) for row in page.rows]
        return {**serialize_page("people", people, page, links), "invitations": invitations}


class PersonDetail(CatalogueView):
    """One account. PATCH and POST change its role, close it or reopen it."""

    offers = {"GET": (JSON, HTML), "PATCH": (JSON,), "POST": (JSON, HTML)}
    rules = {"GET": PEOPLE, "PATCH": PEOPLE, "POST": PEOPLE}

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        context = {"roles": Role.choices, "has_passwords": settings.PASSWORD_SIGN_IN}
        return self.respond(await aperson(pk), "accounts/person.html", context=context)

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        await self._change(pk, AccountForm(await in_thread(parsing.json_fields, request, AccountForm)))
        return self.respond(await aperson(pk), "accounts/person.html")

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        await self._change(pk, await parsing.aform(request, AccountForm))
        messages.success(request, "Saved.")
        return SeeOther(reverse("people"))

    async def _change(self, pk: int, form: AccountForm) -> None:
        changes = valid(form, 422).cleaned_data
        await sync_to_async(accounts().change)(pk, changes["role"], is_active=changes["active"])


class PasswordLink(CatalogueView):
    """A link for somebody who has lost their password."""

    rules = {"POST": PEOPLE}

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        data = await aperson(pk)
        if not (data["active"] and settings.PASSWORD_SIGN_IN):
            raise HTTPError(409, PASSWORDLESS)
        secret = secret_for(await User.objects.aget(pk=pk))
        data |= {"password_url": request.build_absolute_uri(reverse("new_password", query={"secret": secret}))}
        context = {"roles": Role.choices, "has_passwords": True}
        return self.respond(data, "accounts/person.html", context=context, status=201, headers=NO_STORE)


class InvitationWithdraw(CatalogueView):
    """Withdraws an invitation."""

    offers = ()
    rules = {"POST": PEOPLE}

    async def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        await Invitation.objects.filter(pk=pk).adelete()
        messages.success(request, "The invitation was withdrawn.")
        return SeeOther(reverse("people"))


async def aperson(pk: int) -> Data:
    return person(await accounts().values(*AccountQuerySet.COLUMNS).aget(pk=pk))


def person(row: Data) -> Data:
    return {
        "id": row["id"],
        "url": reverse("person", args=[row["id"]]),
        "name": row["username"],
        "role": role_of(row),
        "active": row["is_active"],
        "joined_at": row["date_joined"],
        "signed_in_at": row["last_login"],
    }
