"""The admin: behind the catalogue's own sign-in, and read-only but for accounts, tokens and names."""

from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from django.contrib.auth.models import Permission, User
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from books.admin import site
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Author, Book, Change, Identity, Job, LoginAttempts, Scope, Token, Topic
from tests.people import owner, reader

pytestmark = pytest.mark.once

ISBN = "9780306406157"
PAGE = {"accept": "text/html"}


def staff(*permissions: str) -> User:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class OwnerTestCase(TestCase):
    def setUp(self) -> None:
        self.owner = owner()
        self.client.force_login(self.owner)


class TheDoor(TestCase):
    async def test_a_stranger_is_sent_to_our_sign_in_and_back(self) -> None:
        response = await self.async_client.get("/admin/books/book/", follow=True, headers=PAGE)
        assert response.redirect_chain[-1] == ("/accounts/login/?next=/admin/books/book/", 302)

    def test_no_password_is_looked_at_by_the_admin_itself(self) -> None:
        User.objects.create_superuser("owner", password="secret")  # noqa: S106
        response = self.client.post("/admin/login/", {"username": "owner", "password": "secret"})
        self.assertRedirects(response, "/accounts/login/?next=/admin/", fetch_redirect_response=False)
        assert "sessionid" not in self.client.cookies

    async def test_a_reader_is_refused_and_not_sent_round(self) -> None:
        await self.async_client.aforce_login(await User.objects.acreate(username="reader"))
        response = await self.async_client.get("/admin/", follow=True, headers=PAGE)
        assert response.status_code == 403

    def test_a_token_opens_nothing(self) -> None:
        _, secret = Token.objects.issue(owner(), "script", [Scope.WRITE], None)
        response = self.client.get("/admin/books/book/", headers={"authorization": f"Bearer {secret}"})
        self.assertRedirects(response, "/admin/login/?next=/admin/books/book/", fetch_redirect_response=False)

    def test_signing_out_and_changing_ones_password_are_ours(self) -> None:
        self.client.force_login(owner())
        assert self.client.get("/admin/password_change/")["location"] == "/accounts/password/"
        response = self.client.post("/admin/logout/", follow=True)
        assert response.redirect_chain == [("/accounts/logout/", 307), ("/", 303)]
        assert self.client.get("/admin/").status_code == 302

    def test_a_write_from_a_foreign_site_is_refused(self) -> None:
        self.client.force_login(owner())
        response = self.client.post("/admin/auth/group/add/", {"name": "g"}, headers={"sec-fetch-site": "cross-site"})
        assert response.status_code == 403

    def test_the_admins_own_forms_carry_a_token_that_fits(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner())
        token = str(client.get("/admin/auth/group/add/").context["csrf_token"])
        assert client.post("/admin/auth/group/add/", {"name": "g"}).status_code == 403
        response = client.post("/admin/auth/group/add/", {"name": "g", "csrfmiddlewaretoken": token})
        self.assertRedirects(response, "/admin/auth/group/")

    def test_the_account_page_of_the_owner_leads_there_and_a_readers_does_not(self) -> None:
        for user, leads in ((owner(), True), (reader(), False)):
            self.client.force_login(user)
            page = self.client.get("/accounts/", headers=PAGE).content.decode()
            assert ('href="/admin/"' in page) == leads


class TheLoop(OwnerTestCase):
    async def test_is_not_blocked_by_the_admins_sync_views(self) -> None:
        await self.async_client.aforce_login(self.owner)
        with blockbuster_ctx():
            for page in ("/admin/", "/admin/books/book/", "/admin/auth/user/"):
                assert (await self.async_client.get(page)).status_code == 200


class EveryPage(OwnerTestCase):
    def setUp(self) -> None:
        super().setUp()
        book = Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"], "topics": ["Novels"], "isbn13": ISBN})
        Book.objects.change(book.pk, {"title": "こころ"})
        Token.objects.issue(self.owner, "script", [Scope.READ], 30)
        LoginAttempts.objects.create(key="secret key", since=timezone.now())
        Identity.objects.create(user=self.owner, issuer="https://sign-in.test", subject="1")
        start(clock, {"seconds": 1})

    def pages_of(self, model: Any) -> list[str]:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model.objects.first()
        own = [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
        return [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=1 心", *own]

    @pytest.mark.both
    def test_the_pages_of_every_model_answer(self) -> None:
        models = list(site._registry)
        assert {Book, Author, Topic, Change, Token, LoginAttempts, Job, User} < set(models)
        for model in models:
            for page in self.pages_of(model):
                with self.subTest(page):
                    response = self.client.get(page, follow=True, headers=PAGE)
                    assert response.status_code == 200

    def test_only_users_and_groups_can_be_added(self) -> None:
        for model in site._registry:
            with self.subTest(model):
                page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
                assert self.client.get(page).status_code == (200 if model.__name__ in {"User", "Group"} else 403)

    def test_only_users_groups_and_names_can_be_changed(self) -> None:
        for model in (Book, Change, Token, LoginAttempts, Job):
            with self.subTest(model):
                assert self.client.post(self.pages_of(model)[2], {"title": "x", "key": "x"}).status_code == 403

    def test_what_the_catalogue_deletes_itself_cannot_be_deleted_here(self) -> None:
        for model in site._registry:
            with self.subTest(model):
                page = reverse(
                    f"admin:{model._meta.app_label}_{model._meta.model_name}_delete",
                    args=[model._default_manager.first().pk],  # type: ignore[union-attr]
                )
                read_only = {Book, Change, Author, Topic, Job}
                assert self.client.get(page).status_code == (403 if model in read_only else 200)

    def test_the_keys_of_login_attempts_are_not_shown(self) -> None:
        for page in self.pages_of(LoginAttempts)[::2]:
            self.assertNotContains(self.client.get(page), "secret key")

    @pytest.mark.both
    def test_a_page_of_books_takes_as_many_queries_as_a_single_book(self) -> None:
        with self.assertNumQueries(4):  # the session, its user, the count, the books
            self.client.get("/admin/books/book/")
        for number in range(60):
            Book.objects.add({"title": f"Volume {number}", "authors": [f"Author {number}"]})
        with self.assertNumQueries(4):
            response = self.client.get("/admin/books/book/")
        assert len(response.context["cl"].result_list) == 50

    @pytest.mark.both
    def test_books_are_searched_as_in_the_catalogue(self) -> None:
        Book.objects.add({"title": "Other"})
        response = self.client.get("/admin/books/book/", {"q": "978-0-306-40615-7"})
        assert [book.title for book in response.context["cl"].result_list] == ["こころ"]

    def test_the_pages_keep_the_catalogues_policy(self) -> None:
        policy = self.client.get("/admin/")["content-security-policy"]
        assert policy == self.client.get("/")["content-security-policy"]
        assert "unsafe" not in policy


class ABook(OwnerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["Soseki"]})
        self.url = f"/admin/books/book/{self.book.pk}/"

    def test_its_page_shows_it_and_leads_to_the_catalogues_own(self) -> None:
        response = self.client.get(f"{self.url}change/")
        self.assertContains(response, "Soseki")
        self.assertContains(response, "View on site")
        there = self.client.get(response.context["absolute_url"])
        assert there["location"].endswith(f"/books/{self.book.pk}/")

    def test_it_is_not_written_or_deleted_here(self) -> None:
        for page, form in (("change/", {"title": "Mine"}), ("delete/", {"post": "yes"})):
            assert self.client.post(f"{self.url}{page}", form).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [self.book.pk], "post": "yes"}
        self.client.post("/admin/books/book/", chosen)
        assert Book.objects.get().title == "Kokoro"

    def test_its_history_is_the_catalogues_own(self) -> None:
        self.assertRedirects(self.client.get(f"{self.url}history/"), f"/books/{self.book.pk}/history/")
        assert self.client.get("/admin/books/book/x/history/").status_code == 302


class AToken(OwnerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.token, self.secret = Token.objects.issue(reader(), "script", [Scope.READ], None)
        self.url = f"/admin/books/token/{self.token.pk}/change/"

    def test_never_shows_its_secret_nor_its_digest(self) -> None:
        for page in ("/admin/books/token/", self.url):
            response = self.client.get(page)
            self.assertContains(response, "script")
            self.assertNotContains(response, self.secret)
            self.assertNotContains(response, self.token.digest)

    def test_is_revoked_from_the_list_or_its_own_page(self) -> None:
        for page, prefix in (("/admin/books/token/", ""), (self.url, "CHANGE_FORM-")):
            with self.subTest(page):
                Token.objects.update(revoked_at=None)
                self.client.post(page, {f"{prefix}action": "revoke", "_selected_action": [self.token.pk]})
                assert Token.objects.get().revoked_at is not None

    def test_stays_valid_for_who_may_only_look(self) -> None:
        self.client.force_login(staff("view_token"))
        self.client.post("/admin/books/token/", {"action": "revoke", "_selected_action": [self.token.pk]})
        assert Token.objects.get().revoked_at is None

    def test_goes_with_its_user(self) -> None:
        self.client.post(f"/admin/auth/user/{self.token.user_id}/delete/", {"post": "yes"})
        assert not Token.objects.exists()


class AUser(OwnerTestCase):
    def test_gets_a_password_from_the_owner(self) -> None:
        user = reader()
        new = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
        response = self.client.post(f"/admin/auth/user/{user.pk}/password/", new)
        assert response.status_code == 302
        user.refresh_from_db()
        assert user.check_password("correct horse battery")
