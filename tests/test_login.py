from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import AsyncClient, TestCase

from books.models import Book, LoginAttempts, TooManyAttempts
from books.views.login import TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS
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

    async def test_the_way_leads_on_to_the_page_asked_for(self) -> None:
        assert (await self.post(next="/books/?q=a"))["Location"] == "/books/?q=a"

    async def test_the_way_never_leads_to_another_site(self) -> None:
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
        assert response.cookies["known_device"].value.isascii()
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


class Throttling(TestCase):
    def setUp(self) -> None:
        self.user = librarian()
        self.user.set_password(PASSWORD)
        self.user.save()

    async def tries(self, address: str, password: str = "wrong", client: Any = None, name: str = "librarian") -> Any:  # noqa: S107
        form = {"username": name, "password": password}
        client = client or AsyncClient()
        return await client.post("/accounts/login/", form, headers={"accept": "text/html"}, REMOTE_ADDR=address)

    async def use_up_the_account(self) -> None:
        for number in range(TRIES_AN_ACCOUNT):
            await sync_to_async(LoginAttempts.objects.begin)({f"address 10.0.0.{number}": 99, "account librarian": 99})

    async def test_an_account_tried_too_often_is_closed_for_a_while_even_to_the_right_password(self) -> None:
        await self.use_up_the_account()
        response = await self.tries("10.1.1.1", PASSWORD)
        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= 900

    async def test_the_owner_cannot_be_locked_out_of_a_browser_used_before(self) -> None:
        client = AsyncClient()
        await self.tries("10.2.2.2", PASSWORD, client)
        await self.use_up_the_account()
        assert (await self.tries("10.2.2.2", PASSWORD, client)).status_code == 303

    async def test_another_accounts_browser_is_no_way_around(self) -> None:
        await User.objects.acreate(username="other", password=self.user.password)
        client = AsyncClient()
        await self.tries("10.2.2.2", PASSWORD, client, "other")
        await self.use_up_the_account()
        assert (await self.tries("10.2.2.2", PASSWORD, client)).status_code == 429

    async def test_an_address_that_tries_too_many_names_has_to_wait_and_others_do_not(self) -> None:
        limits = {"address 127.0.0.1": TRIES_AN_ADDRESS}
        for _ in range(TRIES_AN_ADDRESS):
            await sync_to_async(LoginAttempts.objects.begin)(limits)
        assert (await self.async_client.post("/accounts/login/", {"username": "a", "password": "b"})).status_code == 429

    async def test_a_right_password_does_not_count(self) -> None:
        for _ in range(TRIES_AN_ACCOUNT + 1):
            assert (await self.tries("127.0.0.1", PASSWORD)).status_code == 303

    async def test_no_password_is_looked_at_when_the_tries_are_used_up(self) -> None:
        await self.use_up_the_account()
        with self.settings(PASSWORD_HASHERS=["a.hasher.that.does.not.Exist"]):
            assert (await self.tries("10.1.1.1", PASSWORD)).status_code == 429


class CountingTries(TestCase):
    def test_the_limit_is_reached_after_as_many_tries_and_names_the_wait(self) -> None:
        for _ in range(3):
            LoginAttempts.objects.begin({"a": 3})
        with pytest.raises(TooManyAttempts) as caught:
            LoginAttempts.objects.begin({"a": 3, "b": 3})
        assert 890 <= caught.value.seconds <= 900

    def test_a_try_that_is_refused_counts_nowhere(self) -> None:
        LoginAttempts.objects.begin({"a": 1})
        with pytest.raises(TooManyAttempts):
            LoginAttempts.objects.begin({"a": 1, "b": 1})
        LoginAttempts.objects.begin({"b": 1})

    def test_a_window_ends(self) -> None:
        LoginAttempts.objects.begin({"a": 1})
        LoginAttempts.objects.update(since="2020-01-01T00:00Z")
        LoginAttempts.objects.begin({"a": 1})

    def test_a_forgiven_try_is_free_again(self) -> None:
        LoginAttempts.objects.begin({"a": 1})
        LoginAttempts.objects.reset("a")
        LoginAttempts.objects.begin({"a": 1})

    def test_what_was_tried_cannot_be_read_from_the_table(self) -> None:
        LoginAttempts.objects.begin({"account hunter2": 1})
        assert "hunter2" not in LoginAttempts.objects.get().key
