import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, TestCase

from books.models import Book, LoginAttempts, TooManyAttempts
from tests.people import PASSWORD, librarian

HTML = {"accept": "text/html"}


class Login(TestCase):
    def setUp(self) -> None:
        self.user = librarian()
        self.user.set_password(PASSWORD)
        self.user.save()

    async def post(self, password: str = PASSWORD, client: Any = None, **fields: str) -> Any:
        form = {"username": "librarian", "password": password, **fields}
        return await (client or self.async_client).post("/accounts/login/", form, headers=HTML)

    async def test_the_right_password_signs_in_and_leads_home(self) -> None:
        response = await self.post()
        assert (response.status_code, response["Location"]) == (303, "/")
        assert (await self.async_client.get("/books/new/", headers=HTML)).status_code == 200

    async def test_it_leads_on_to_the_page_asked_for(self) -> None:
        assert (await self.post(next="/books/?q=a"))["Location"] == "/books/?q=a"

    async def test_it_never_leads_to_another_site(self) -> None:
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x\n/"):
            with self.subTest(elsewhere=elsewhere):
                assert (await self.post(next=elsewhere))["Location"] == "/"

    async def test_a_wrong_password_is_refused_in_the_same_words_as_a_wrong_name(self) -> None:
        wrong = await self.post("wrong")
        unknown = await self.post("wrong", username="nobody")
        assert wrong.status_code == unknown.status_code == 403
        assert wrong.content.replace(b"librarian", b"nobody") == unknown.content

    async def test_a_password_is_typed_unseen_and_never_sent_back(self) -> None:
        page = (await self.post("my secret")).content.decode()
        assert 'type="password"' in page
        assert "my secret" not in page

    async def test_a_closed_account_is_refused(self) -> None:
        await User.objects.aupdate(is_active=False)
        assert (await self.post()).status_code == 403

    async def test_a_name_may_be_of_any_script(self) -> None:
        await User.objects.aupdate(username="夏目")
        response = await self.post(username="夏目")
        assert response.status_code == 303

    async def test_a_session_is_a_new_one_after_signing_in(self) -> None:
        await self.post()
        first = self.async_client.cookies["sessionid"].value
        await self.async_client.post("/accounts/logout/")
        await self.post()
        assert self.async_client.cookies["sessionid"].value != first

    async def test_signing_out_ends_the_session(self) -> None:
        await self.post()
        assert (await self.async_client.post("/accounts/logout/")).status_code == 303
        assert (await self.async_client.get("/accounts/tokens/")).status_code == 401

    async def test_signing_out_is_no_link(self) -> None:
        assert (await self.async_client.get("/accounts/logout/")).status_code == 405

    async def test_a_button_pressed_before_signing_in_leads_to_the_page_that_has_it(self) -> None:
        pages = {"/jobs/some/cancel/": "/jobs/some/", "/books/1/history/2/undo/": "/books/1/history/"}
        for address, page in pages.items():
            asked = await self.async_client.post(address, {}, headers=HTML)
            assert asked.context["next"] == page

    async def test_what_was_typed_before_signing_in_is_there_afterwards(self) -> None:
        asked = await self.async_client.post("/books/", {"title": "Typed", "pages": "many"}, headers=HTML)
        assert asked.status_code == 401
        typed = asked.context["typed"]
        assert asked.context["next"] == "/books/new/"
        await self.post(next="/books/new/", typed=typed)
        page = (await self.async_client.get("/books/new/", headers=HTML)).content.decode()
        assert 'value="Typed"' in page
        assert 'value="many"' in page
        assert not await Book.objects.aexists()
        assert 'value="Typed"' not in (await self.async_client.get("/books/new/", headers=HTML)).content.decode()

    async def test_a_program_gets_its_refusal_as_json(self) -> None:
        response = await self.async_client.post("/accounts/login/", {"username": "librarian", "password": "wrong"})
        assert (response.status_code, list(response.json()["errors"])) == (403, ["__all__"])


class Limits(TestCase):
    def setUp(self) -> None:
        self.user = librarian()
        self.user.set_password(PASSWORD)
        self.user.save()

    def login(self, address: str, password: str, username: str = "librarian") -> int:
        form = {"username": username, "password": password}
        response = Client().post("/accounts/login/", form, headers=HTML, REMOTE_ADDR=address)
        self.retry_after = response.headers.get("Retry-After", "")
        return response.status_code

    def use_up_the_account(self) -> None:
        for number in range(5):
            LoginAttempts.objects.begin("librarian", f"10.0.0.{number}")

    def test_an_account_takes_5_attempts_from_any_address_and_then_not_even_the_right_password(self) -> None:
        for number in range(5):
            assert self.login(f"10.0.0.{number}", "wrong") == 403
        assert self.login("10.1.1.1", PASSWORD) == 429
        assert 1 <= int(self.retry_after) <= 900

    def test_another_spelling_of_the_user_name_is_the_same_account(self) -> None:
        self.use_up_the_account()
        assert self.login("10.1.1.1", PASSWORD, "LIBRARIAN") == 429

    def test_an_address_takes_20_attempts_at_any_accounts_and_other_addresses_go_on(self) -> None:
        for number in range(20):
            LoginAttempts.objects.begin(f"account {number}", "10.0.0.1")
        assert self.login("10.0.0.1", PASSWORD) == 429
        assert self.login("10.0.0.2", PASSWORD) == 303

    def test_the_addresses_of_one_ipv6_network_count_as_one(self) -> None:
        for number in range(20):
            LoginAttempts.objects.begin(f"account {number}", f"2001:db8:5:6:{number:x}::1")
        assert self.login("2001:db8:5:6:ffff::9", PASSWORD) == 429
        assert self.login("2001:db8:5:7::9", PASSWORD) == 303

    def test_an_ipv4_address_counts_as_itself_also_when_it_is_written_as_ipv6(self) -> None:
        for number in range(20):
            LoginAttempts.objects.begin(f"account {number}", "::ffff:198.18.0.1")
        assert self.login("198.18.0.1", PASSWORD) == 429
        assert self.login("::ffff:198.18.0.2", PASSWORD) == 303

    def test_signing_in_resets_the_account(self) -> None:
        for _ in range(2):
            for _ in range(4):
                LoginAttempts.objects.begin("librarian", "10.0.0.1")
            assert self.login("10.0.0.1", PASSWORD) == 303

    def test_signing_in_does_not_count_against_the_address(self) -> None:
        for _ in range(21):
            assert self.login("10.0.0.1", PASSWORD) == 303

    def test_signing_in_gives_the_address_no_further_attempts_at_other_accounts(self) -> None:
        for number in range(19):
            LoginAttempts.objects.begin(f"account {number}", "10.0.0.1")
        assert self.login("10.0.0.1", PASSWORD) == 303
        assert self.login("10.0.0.1", "wrong", "somebody") == 403
        assert self.login("10.0.0.1", "wrong", "somebody else") == 429

    def test_no_password_is_checked_when_the_attempts_are_used_up(self) -> None:
        self.use_up_the_account()
        with self.settings(PASSWORD_HASHERS=["a.hasher.that.does.not.Exist"]):
            assert self.login("10.1.1.1", PASSWORD) == 429


class GuessesOfTheOldPassword(TestCase):
    def setUp(self) -> None:
        self.user = librarian()
        self.user.set_password(PASSWORD)
        self.user.save()
        self.client.force_login(self.user)

    def change(self, old: str) -> Any:
        new = f"another {PASSWORD}"
        return self.client.post("/accounts/password/", {"old": old, "password": new, "again": new}, headers=HTML)

    def test_the_form_tells_the_new_password_from_the_current_one(self) -> None:
        page = self.client.get("/accounts/password/", headers=HTML).content.decode()
        assert re.findall(r'<label for="id_\w+">([\w ]+)', page) == [
            "Current password ",
            "New password ",
            "Repeat password ",
        ]

    def test_there_are_as_many_as_to_sign_in_and_they_count_together(self) -> None:
        for number in range(2):
            LoginAttempts.objects.begin("librarian", f"10.0.0.{number}")
        assert [self.change("wrong").status_code for _ in range(4)] == [422, 422, 422, 429]
        refused = self.change(PASSWORD)
        assert (refused.status_code, 1 <= int(refused["Retry-After"]) <= 900) == (429, True)
        self.assertContains(refused, "Too many attempts", status_code=429)
        self.user.refresh_from_db()
        assert self.user.check_password(PASSWORD)

    def test_the_right_one_gives_the_attempts_back(self) -> None:
        for _ in range(4):
            self.change("wrong")
        assert self.change(PASSWORD).status_code == 303
        assert not LoginAttempts.objects.filter(count__gte=5).exists()


class CountingAttempts(TestCase):
    def use_up_the_account(self) -> None:
        for number in range(5):
            LoginAttempts.objects.begin("ada", f"10.0.0.{number}")

    def test_the_error_says_how_long_to_wait(self) -> None:
        self.use_up_the_account()
        with pytest.raises(TooManyAttempts) as caught:
            LoginAttempts.objects.begin("ada", "10.0.0.9")
        assert 600 <= int(caught.value.headers["Retry-After"]) <= 900

    def test_a_refused_attempt_counts_nowhere(self) -> None:
        self.use_up_the_account()
        before = set(LoginAttempts.objects.values_list("key", "count"))
        with pytest.raises(TooManyAttempts):
            LoginAttempts.objects.begin("ada", "10.0.0.1")
        assert set(LoginAttempts.objects.values_list("key", "count")) == before

    def test_a_window_ends(self) -> None:
        self.use_up_the_account()
        LoginAttempts.objects.update(since="2020-01-01T00:00Z")
        LoginAttempts.objects.begin("ada", "10.0.0.1")

    def test_a_clock_that_was_set_back_keeps_nobody_out(self) -> None:
        self.use_up_the_account()
        LoginAttempts.objects.update(since="2136-01-01T00:00Z")
        LoginAttempts.objects.begin("librarian", "10.0.0.1")
        assert set(LoginAttempts.objects.values_list("count", flat=True)) == {1}

    def test_what_was_typed_cannot_be_read_from_the_table(self) -> None:
        LoginAttempts.objects.begin("hunter2", "10.0.0.1")
        assert not LoginAttempts.objects.filter(key__contains="hunter2").exists()
