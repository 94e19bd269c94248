"""The admin: behind the catalogue's own sign-in, and read-only but for accounts, tokens and names."""

from typing import Any
from unittest import mock

from blockbuster import blockbuster_ctx
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from books.admin import NameForm, site
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import Action, Author, Book, Change, Channel, Job, LoginAttempts, Scope, Token, Topic
from tests.people import owner, reader

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
            page = self.client.get("/accounts/tokens/", headers=PAGE).content.decode()
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
        start(clock, {"seconds": 1})

    def pages_of(self, model: Any) -> list[str]:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model.objects.first()
        own = [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
        return [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=1 心", *own]

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

    def test_a_page_of_books_takes_as_many_queries_as_a_single_book(self) -> None:
        with self.assertNumQueries(4):  # the session, its user, the count, the books
            self.client.get("/admin/books/book/")
        for number in range(60):
            Book.objects.add({"title": f"Volume {number}", "authors": [f"Author {number}"]})
        with self.assertNumQueries(4):
            response = self.client.get("/admin/books/book/")
        assert len(response.context["cl"].result_list) == 50

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


class AName(OwnerTestCase):
    def rename(self, thing: Author | Topic, name: str) -> Any:
        page = f"/admin/books/{type(thing).__name__.lower()}/{thing.pk}/change/"
        return self.client.post(page, {"name": name})

    def test_of_an_author_changes_in_all_books_each_with_its_history(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Natsume", "Anon"]})
        Book.objects.add({"title": "Botchan", "authors": ["Natsume"]})
        author = Author.objects.get(name="Natsume")
        self.assertRedirects(self.rename(author, " 夏目  漱石 "), "/admin/books/author/")
        assert Author.objects.get(name="夏目 漱石").pk == author.pk
        kokoro, botchan = Book.objects.searched("漱石").order_by("id")
        assert (kokoro.author_names, kokoro.version, botchan.version) == ("夏目 漱石\nAnon", 2, 2)
        assert not Book.objects.searched("Natsume").exists()
        assert Change.objects.filter(via=Channel.ADMIN, user=self.owner, action=Action.CHANGED).count() == 2

    def test_that_another_author_has_makes_the_two_one(self) -> None:
        book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume", "Soseki"]})
        other = Book.objects.add({"title": "Botchan", "authors": ["Natsume"]})
        self.rename(Author.objects.get(name="Natsume"), "Soseki")
        assert [author.name for author in Author.objects.all()] == ["Soseki"]
        assert {b.author_names for b in Book.objects.filter(pk__in=[book.pk, other.pk])} == {"Soseki"}
        assert Author.objects.get().books.count() == 2

    def file(self, author: Author, name: str, sort_name: str) -> None:
        page = f"/admin/books/author/{author.pk}/change/"
        self.assertRedirects(self.client.post(page, {"name": name, "sort_name": sort_name}), "/admin/books/author/")
        author.refresh_from_db()

    def test_of_an_author_is_filed_as_the_sort_name_says(self) -> None:
        for title, names in (("Roots", ["Vincent van Gogh"]), ("Emma", ["Jane Austen", "Vincent van Gogh"])):
            Book.objects.add({"title": title, "authors": names})
        author = Author.objects.get(name="Vincent van Gogh")
        self.file(author, author.name, " Van  Gogh, Vincent ")
        assert (author.sort_name, author.sort_key) == ("Van Gogh, Vincent", "van gogh  vincent")
        keys = dict(Book.objects.values_list("title", "author_key"))
        assert keys == {"Roots": "van gogh  vincent", "Emma": "austen  jane"}
        self.file(author, author.name, "")
        assert Book.objects.get(title="Roots").author_key == author.sort_key == "gogh  vincent van"

    def test_of_an_author_keeps_a_sort_name_of_the_same_words_alone(self) -> None:
        Book.objects.add({"title": "Roots", "authors": ["vincent van gogh"]})
        author = Author.objects.get()
        self.file(author, author.name, "Van Gogh, Vincent")
        self.file(author, "Vincent van Gogh", "Van Gogh, Vincent")
        assert (author.sort_name, Book.objects.get().author_key) == ("Van Gogh, Vincent", "van gogh  vincent")
        self.file(author, "Theo van Gogh", "Van Gogh, Vincent")
        assert (author.sort_name, Book.objects.get().author_key) == ("", "gogh  theo van")

    def test_of_a_topic_changes_its_address_and_all_books(self) -> None:
        Book.objects.add({"title": "Kokoro", "topics": ["Novels", "Japan"]})
        topic = Topic.objects.get(slug="novels")
        self.rename(topic, "Fiction & more")
        topic.refresh_from_db()
        book = Book.objects.get()
        assert (topic.name, topic.slug) == ("Fiction & more", "fiction-and-more")
        assert (book.topic_names, book.version) == ("Fiction & more\nJapan", 2)

    def test_of_a_topic_may_differ_in_its_spelling_alone(self) -> None:
        Book.objects.add({"title": "Kokoro", "topics": ["novels"]})
        self.rename(Topic.objects.get(), "Novels")
        assert (Topic.objects.get().name, Book.objects.get().topic_names) == ("Novels", "Novels")

    def test_that_another_topic_has_makes_the_two_one(self) -> None:
        Book.objects.add({"title": "Kokoro", "topics": ["Novels", "Fiction"]})
        self.rename(Topic.objects.get(slug="novels"), "fiction")
        assert (Topic.objects.get().name, Book.objects.get().topic_names) == ("Fiction", "Fiction")

    def test_that_stays_as_it_is_changes_no_book(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Soseki"]})
        self.rename(Author.objects.get(), "Soseki")
        self.rename(Author.objects.get(), " Soseki")
        assert Book.objects.get().version == 1

    def test_that_is_no_name_is_refused(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Soseki"], "topics": ["Novels"]})
        for thing, name in ((Author.objects.get(), " "), (Author.objects.get(), "A; B"), (Topic.objects.get(), "!")):
            with self.subTest(name):
                assert "name" in self.rename(thing, name).context["adminform"].form.errors
        assert Book.objects.get().version == 1

    def test_that_too_many_books_have_is_not_changed_here(self) -> None:
        for title in ("Kokoro", "Botchan"):
            Book.objects.add({"title": title, "authors": ["Soseki"]})
        with mock.patch("books.admin.MAX_BOOKS", 1):
            self.assertContains(self.rename(Author.objects.get(), "Natsume"), "More than 1 books")

    def test_is_not_written_by_a_form_that_is_only_validated(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Soseki"]})
        author = Author.objects.get()
        make_form: Any = site.get_model_admin(Author).get_form(self.client.get("/admin/").wsgi_request, author)
        form = make_form({"name": "Natsume"}, instance=author)
        assert isinstance(form, NameForm)
        assert form.is_valid()
        assert (Author.objects.get().name, Book.objects.get().author_names) == ("Soseki", "Soseki")

    def test_needs_the_permission_to_change_books(self) -> None:
        Book.objects.add({"title": "Kokoro", "authors": ["Soseki"]})
        self.client.force_login(staff("view_author", "change_author"))
        assert self.rename(Author.objects.get(), "Natsume").status_code == 403


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
        response: HttpResponse = self.client.post(f"/admin/auth/user/{user.pk}/password/", new)
        assert response.status_code == 302
        user.refresh_from_db()
        assert user.check_password("correct horse battery")
