"""The accounts, for owners: invitations, roles, closing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client, TestCase
from django.utils import timezone

from books.models import Book, Change, Invitation, Scope, Token
from books.models.account import accounts
from tests.people import PASSWORD, librarian, owner, reader

HTML = {"accept": "text/html"}
NEW = {"username": "Ada", "password": PASSWORD, "again": PASSWORD}
JSON = "application/json"


class PeopleCase(TestCase):
    def setUp(self) -> None:
        self.owner = owner()
        self.client.force_login(self.owner)

    def invite(self, role: str) -> str:
        """The link, as the page sends it."""
        answer = self.client.post("/accounts/people/", {"role": role})
        assert answer.status_code == 201
        return str(answer.json()["invitation_url"])

    def accepted(self, link: str, **changes: Any) -> Any:
        secret = link.partition("secret=")[2]
        return Client().post("/accounts/invitation/", {**NEW, "secret": secret, **changes}, headers=HTML)

    def change(self, user: User, **changes: Any) -> Any:
        return self.client.patch(f"/accounts/people/{user.pk}/", changes, JSON)

    def roles(self) -> dict[str, str]:
        return {person["name"]: person["role"] for person in self.client.get("/accounts/people/").json()["people"]}


class Invitations(PeopleCase):
    def test_each_role_may_what_it_says(self) -> None:
        for role, statuses in {"reader": (403, 403), "librarian": (200, 403), "owner": (200, 200)}.items():
            client = Client(headers=HTML)
            secret = self.invite(role).partition("secret=")[2]
            assert (
                client.post(
                    "/accounts/invitation/", {**NEW, "username": f"a {role}".replace(" ", "-"), "secret": secret}
                ).status_code
                == 303
            )
            assert tuple(client.get(page).status_code for page in ("/books/new/", "/accounts/people/")) == statuses

    def test_the_link_is_good_once(self) -> None:
        link = self.invite("librarian")
        assert Client().get(link, headers=HTML).status_code == 200
        assert self.accepted(link).status_code == 303
        assert Client().get(link, headers=HTML).status_code == 404
        assert self.accepted(link, username="Eve").status_code == 404

    def test_it_is_good_for_a_week(self) -> None:
        link = self.invite("reader")
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert self.accepted(link).status_code == 404
        assert self.client.get("/accounts/people/").json()["invitations"] == []

    def test_it_can_be_withdrawn(self) -> None:
        link = self.invite("reader")
        [invitation] = self.client.get("/accounts/people/").json()["invitations"]
        assert (invitation["role"], invitation["by"]) == ("reader", "owner")
        self.client.post(f"/accounts/invitations/{invitation['id']}/withdraw/")
        assert self.accepted(link).status_code == 404

    def test_it_ends_with_the_rights_of_who_sent_it(self) -> None:
        other = owner("other")
        client = Client()
        client.force_login(other)
        link = client.post("/accounts/people/", {"role": "owner"}).json()["invitation_url"]
        self.change(other, role="reader")
        assert self.accepted(link).status_code == 404

    def test_a_name_is_taken_in_other_capitals_too_and_the_link_stays_good(self) -> None:
        link = self.invite("reader")
        taken = self.accepted(link, username="OWNER")
        assert (taken.status_code, "Another account has this name" in taken.content.decode()) == (409, True)
        assert self.accepted(link).status_code == 303

    def test_names_that_differ_in_capitals_or_width_are_one_in_every_script(self) -> None:
        link = self.invite("reader")
        reader("Élodie")
        assert [self.accepted(link, username=name).status_code for name in ("élodie", "Ｏｗｎｅｒ")] == [409, 409]

    def test_a_name_that_is_too_long_once_its_letters_are_parted_is_refused(self) -> None:
        assert self.accepted(self.invite("reader"), username="ﬃ" * 51).status_code == 422

    def test_its_secret_is_shown_once_and_never_kept(self) -> None:
        page = self.client.post("/accounts/people/", {"role": "reader"}, headers=HTML)
        assert "no-store" in page["Cache-Control"]
        secret = page.content.decode().partition("secret=")[2].partition("<")[0]
        assert len(secret) == 32
        assert secret not in self.client.get("/accounts/people/", headers=HTML).content.decode()
        assert secret not in str(Invitation.objects.values())

    def test_an_unknown_role_is_refused(self) -> None:
        assert self.client.post("/accounts/people/", {"role": "king"}, JSON).json()["errors"].keys() == {"role"}


class Accounts(PeopleCase):
    def test_a_role_is_changed_by_a_program_and_on_the_page(self) -> None:
        user = reader()
        assert self.change(user, role="librarian").json()["role"] == "librarian"
        self.client.post(f"/accounts/people/{user.pk}/", {"role": "owner"}, headers=HTML)
        assert self.roles() == {"owner": "owner", "reader": "owner"}
        self.change(user, role="reader")
        user.refresh_from_db()
        assert (user.is_staff, user.groups.count()) == (False, 0)

    def test_a_closed_account_is_signed_out_and_its_tokens_end_even_once_it_is_open_again(self) -> None:
        user, client = librarian(), Client()
        client.force_login(user)
        _, secret = Token.objects.issue(user, "script", [Scope.READ], None)
        headers = {"authorization": f"Bearer {secret}"}
        assert client.get("/books/", headers=headers).status_code == 200
        assert self.change(user, active=False).json()["active"] is False
        assert client.get("/accounts/").status_code == 401
        assert client.get("/books/", headers=headers).status_code == 401
        self.change(user, active=True)
        assert client.get("/accounts/").status_code == 401
        assert client.get("/books/", headers=headers).status_code == 401

    def test_who_signs_in_while_the_account_is_closed_is_signed_out_when_it_is_reopened(self) -> None:
        user, client = reader(), Client()
        User.objects.filter(pk=user.pk).update(is_active=False)
        client.force_login(user)
        self.change(user, active=True)
        assert client.get("/accounts/").status_code == 401

    def test_it_is_closed_only_together_with_its_sessions(self) -> None:
        user, client = reader(), Client()
        client.force_login(user)

        def fail(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.startswith("DELETE FROM") and "session" in sql:
                raise OperationalError("on purpose")
            return execute(sql, *rest)

        with connection.execute_wrapper(fail), pytest.raises(OperationalError):
            accounts().change(user.pk, is_active=False)
        assert client.get("/accounts/").status_code == 200

    def test_a_closed_account_cannot_sign_in_until_it_is_reopened(self) -> None:
        user = User.objects.create_user("Ada", password=PASSWORD)
        sign_in = {"username": "Ada", "password": PASSWORD}
        self.change(user, active=False)
        assert Client().post("/accounts/login/", sign_in).status_code == 403
        self.change(user, active=True)
        assert Client().post("/accounts/login/", sign_in).status_code == 303

    def test_what_a_closed_account_has_done_keeps_its_name(self) -> None:
        user, client = librarian(), Client()
        client.force_login(user)
        client.post("/books/", {"title": "Kokoro"}, JSON)
        self.change(user, active=False)
        assert Book.objects.count() == 1
        assert Change.objects.get().user == user

    def test_the_last_owner_stays(self) -> None:
        closed = owner("closed")
        User.objects.filter(pk=closed.pk).update(is_active=False)
        for change in ({"role": "librarian"}, {"active": False}):
            refused = self.change(self.owner, **change)
            assert (refused.status_code, "last owner" in refused.json()["detail"]) == (409, True)
        assert self.change(self.owner, role="owner", active=True).status_code == 200
        owner("second")
        assert self.change(self.owner, role="reader").status_code == 200

    def test_what_makes_no_sense_is_refused(self) -> None:
        wrong: list[dict[str, Any]] = [
            *({"active": "perhaps"}, {"active": []}, {"activ": False}),
            *({"role": "king"}, {"role": ["owner"]}),
        ]
        for change in wrong:
            assert self.change(self.owner, **change).status_code == 422
        assert self.client.patch("/accounts/people/999/", {"role": "reader"}, JSON).status_code == 404

    def test_accounts_are_found_by_a_part_of_their_name_page_by_page(self) -> None:
        for name in ("anna", "hanna", "otto"):
            reader(name)
        found = self.client.get("/accounts/people/?q=ANN&size=1").json()
        assert ([person["name"] for person in found["people"]], found["count"]) == (["anna"], 2)
        assert [person["name"] for person in self.client.get(found["next"]).json()["people"]] == ["hanna"]


class LostPasswords(PeopleCase):
    def setUp(self) -> None:
        super().setUp()
        self.user, self.other = reader(), Client(headers=HTML)
        self.other.force_login(self.user)
        User.objects.update(last_login=None)

    def link(self, user: User | None = None) -> str:
        answer = self.client.post(f"/accounts/people/{(user or self.user).pk}/password-link/")
        assert (answer.status_code, answer["Cache-Control"]) == (201, "private, no-store")
        return str(answer.json()["password_url"])

    def choose(self, link: str, password: str = PASSWORD, again: str = PASSWORD) -> Any:
        form = {"secret": link.partition("secret=")[2], "password": password, "again": again}
        return Client().post("/accounts/new-password/", form, headers=HTML)

    def test_the_link_leads_to_a_new_password_once_and_ends_the_sessions_there_were(self) -> None:
        link = self.link()
        self.assertContains(Client().get(link, headers=HTML), "reader")
        assert self.choose(link, again="other").status_code == 422
        assert self.choose(link).cookies["sessionid"].value
        assert self.other.get("/accounts/").status_code == 303
        assert [Client().get(link, headers=HTML).status_code, self.choose(link).status_code] == [404, 404]
        assert Client().post("/accounts/login/", {"username": "reader", "password": PASSWORD}).status_code == 303

    def test_it_ends_when_they_sign_in_or_after_three_days_or_with_the_account(self) -> None:
        link = self.link()
        with self.settings(PASSWORD_RESET_TIMEOUT=-1):
            assert self.choose(link).status_code == 404
        self.change(self.user, active=False)
        assert self.choose(link).status_code == 404
        assert self.client.post(f"/accounts/people/{self.user.pk}/password-link/").status_code == 409
        self.change(self.user, active=True)
        User.objects.filter(pk=self.user.pk).update(last_login=timezone.now())
        assert self.choose(link).status_code == 404

    def test_it_is_for_one_account_and_no_other_secret_is_good(self) -> None:
        token = self.link().partition(".")[2]
        for secret in ("", "x", f"{self.owner.pk}.{token}", f"{self.user.pk}.", f"{'9' * 30}.{token}", "٣.a", "1.a-\0"):
            assert self.choose(f"?secret={secret}").status_code in {400, 404}, secret

    def test_the_page_of_a_person_shows_it_once(self) -> None:
        page = self.client.post(f"/accounts/people/{self.user.pk}/password-link/", headers=HTML)
        self.assertContains(page, "/accounts/new-password/?secret=", status_code=201)
        self.assertNotContains(self.client.get(f"/accounts/people/{self.user.pk}/", headers=HTML), "secret=")

    def test_where_passwords_are_off_there_is_none(self) -> None:
        link = self.link()
        with self.settings(PASSWORD_SIGN_IN=False):
            assert self.choose(link).status_code == 404
            assert self.client.post(f"/accounts/people/{self.user.pk}/password-link/").status_code == 409
            page = self.client.get(f"/accounts/people/{self.user.pk}/", headers=HTML)
            self.assertNotContains(page, "new password")
