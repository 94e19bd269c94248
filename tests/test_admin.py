"""The admin: behind our own doors, and never past the catalogue's own verbs."""

from typing import Any
from unittest import mock

from blockbuster import blockbuster_ctx
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from books.admin import site
from books.jobs.start import start
from books.jobs.tasks.clock import clock
from books.models import (
    Action,
    Author,
    Book,
    Change,
    Channel,
    IdempotentResponse,
    Job,
    LoginAttempts,
    OwnerInvitation,
    Scope,
    Token,
    Topic,
)
from books.views.login import tries_for
from tests.people import owner, reader

ISBN, OTHER_ISBN = "9780306406157", "9784003101018"
PAGE = {"accept": "text/html"}
ADDABLE = {"Book", "User", "Group"}


def typed(book: Book | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser sends: all the fields of the form."""
    values = {**book.as_record(), "version": book.version} if book else {"title": "草枕"}
    lines = {name: "\n".join(value) if isinstance(value, list) else value for name, value in (values | changes).items()}
    return {name: value for name, value in lines.items() if value is not None}


def staff(*permissions: str) -> User:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class OwnerTestCase(TestCase):
    def setUp(self) -> None:
        self.owner = owner()
        self.client.force_login(self.owner)

    def last_change(self) -> tuple[str, str, int | None]:
        change = Change.objects.latest("id")
        return change.action, change.via, change.user_id


class TheDoor(TestCase):
    async def test_a_stranger_is_sent_to_our_sign_in_and_back(self) -> None:
        response = await self.async_client.get("/admin/books/book/", follow=True, headers=PAGE)
        assert response.redirect_chain[-1] == ("/accounts/login/?next=/admin/books/book/", 302)

    def test_no_password_is_looked_at_by_the_admin_itself(self) -> None:
        User.objects.create_superuser("owner", password="secret")  # noqa: S106
        response = self.client.post("/admin/login/", {"username": "owner", "password": "secret"})
        self.assertRedirects(response, "/accounts/login/?next=/admin/", fetch_redirect_response=False)
        assert "sessionid" not in self.client.cookies

    async def test_a_reader_is_told_why_not_and_not_sent_round(self) -> None:
        await self.async_client.aforce_login(await User.objects.acreate(username="reader"))
        response = await self.async_client.get("/admin/", follow=True, headers=PAGE)
        self.assertContains(response, "may not administer", status_code=403)

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
        response = self.client.post("/admin/books/book/add/", typed(), headers={"sec-fetch-site": "cross-site"})
        assert response.status_code == 403
        assert not Book.objects.exists()

    def test_the_admins_own_forms_carry_a_token_that_fits(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner())
        token = str(client.get("/admin/books/book/add/").context["csrf_token"])
        assert client.post("/admin/books/book/add/", typed()).status_code == 403
        response = client.post("/admin/books/book/add/", typed(csrfmiddlewaretoken=token))
        self.assertRedirects(response, "/admin/books/book/")


class TheLoop(OwnerTestCase):
    async def test_is_not_blocked_by_the_admins_sync_views(self) -> None:
        await self.async_client.aforce_login(self.owner)
        with blockbuster_ctx():
            for page in ("/admin/", "/admin/books/book/", "/admin/books/book/add/", "/admin/auth/user/"):
                assert (await self.async_client.get(page)).status_code == 200
            response = await self.async_client.post("/admin/books/book/add/", typed(), follow=True)
        self.assertContains(response, "was added successfully")


class EveryPage(OwnerTestCase):
    def setUp(self) -> None:
        super().setUp()
        book = Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"], "topics": ["Novels"], "isbn13": ISBN})
        Book.objects.change(book.pk, {"title": "こころ"})
        Token.objects.issue(self.owner, "script", [Scope.READ], 30)
        LoginAttempts.objects.create(key="k", since=timezone.now())
        OwnerInvitation.objects.create(digest="d")
        IdempotentResponse.objects.create(key="k", request_digest="d", answer="{}")
        start(clock, {"seconds": 1})

    def pages_of(self, model: Any) -> list[str]:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model.objects.first()
        own = [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
        return [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=1 心", *own]

    def test_the_pages_of_every_model_answer(self) -> None:
        models = list(site._registry)
        assert {
            Book,
            Author,
            Topic,
            Change,
            Token,
            LoginAttempts,
            OwnerInvitation,
            IdempotentResponse,
            Job,
            User,
        } < set(models)
        for model in models:
            for page in self.pages_of(model):
                with self.subTest(page):
                    response = self.client.get(page, follow=True, headers=PAGE)
                    assert response.status_code == 200
                    assert model.__name__ != "Tries" or b">k<" not in response.content

    def test_books_users_and_groups_can_be_added_and_nothing_else(self) -> None:
        for model in site._registry:
            with self.subTest(model):
                page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
                assert self.client.get(page).status_code == (
                    200 if model.__name__ in {"Book", "User", "Group"} else 403
                )

    def test_records_of_what_happened_cannot_be_changed(self) -> None:
        for model in (Change, Token, LoginAttempts, OwnerInvitation, IdempotentResponse, Job):
            with self.subTest(model):
                assert self.client.post(self.pages_of(model)[2], {"key": "x"}).status_code == 403

    def test_history_and_names_cannot_be_deleted_and_the_rest_can(self) -> None:
        for model in site._registry:
            with self.subTest(model):
                page = reverse(
                    f"admin:{model._meta.app_label}_{model._meta.model_name}_delete",
                    args=[model._default_manager.first().pk],  # type: ignore[union-attr]
                )
                assert self.client.get(page).status_code == (403 if model in {Change, Author, Topic, Job} else 200)

    def test_a_page_of_books_takes_as_many_queries_as_a_single_book(self) -> None:
        with self.assertNumQueries(4):  # the session, its user, the count, the books
            self.client.get("/admin/books/book/")
        for number in range(60):
            Book.objects.add({"title": f"Volume {number}", "authors": [f"Author {number}"]})
        with self.assertNumQueries(4):
            response = self.client.get("/admin/books/book/")
        assert len(response.context["cl"].result_list) == 50
        self.assertNotContains(response, "Select all 61 books")

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
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["Soseki", "Anon"], "isbn13": ISBN})
        self.url = f"/admin/books/book/{self.book.pk}/change/"

    def change(self, **changes: Any) -> Any:
        return self.client.post(self.url, typed(self.book, **changes))

    def test_added_it_has_its_links_its_derived_columns_and_its_history(self) -> None:
        form = typed(authors="夏目 漱石\r\nSecond", topics="Novels", isbn13="4-00-310101-4", published_year="1906")
        self.assertRedirects(self.client.post("/admin/books/book/add/", form), "/admin/books/book/")
        book = Book.objects.get(title="草枕")
        assert (book.author_names, book.topic_names, book.isbn13) == ("夏目 漱石\nSecond", "Novels", "9784003101018")
        assert list(Book.objects.searched("漱石")) == [book]
        assert [link.author.name for link in book.bookauthor_set.order_by("position")] == ["夏目 漱石", "Second"]
        assert (book.version, self.last_change()) == (1, (Action.ADDED, Channel.ADMIN, self.owner.pk))

    def test_its_form_shows_it(self) -> None:
        response = self.client.get(self.url)
        self.assertContains(response, "Soseki\nAnon</textarea>")
        self.assertContains(response, '<input type="hidden" name="version" value="1"')

    def test_edited_it_has_a_new_version_and_both_histories_say_what_changed(self) -> None:
        self.assertRedirects(self.change(title="Heart", authors="Soseki"), "/admin/books/book/")
        self.book.refresh_from_db()
        assert (self.book.title, self.book.author_names, self.book.version) == ("Heart", "Soseki", 2)
        assert not Author.objects.filter(name="Anon").exists()
        assert self.last_change() == (Action.CHANGED, Channel.ADMIN, self.owner.pk)
        assert LogEntry.objects.get().get_change_message() == "Changed Title and Authors."

    def test_what_was_changed_meanwhile_is_shown_and_overwritten_only_knowingly(self) -> None:
        Book.objects.change(self.book.pk, {"publisher": "Theirs"})
        response = self.change(publisher="Mine")
        self.assertContains(response, "Somebody else changed this book")
        self.assertContains(response, "The catalogue has now: Theirs")
        self.assertContains(response, '<input type="hidden" name="version" value="2"')
        assert Book.objects.get().publisher == "Theirs"
        self.change(publisher="Mine", version=2)
        assert Book.objects.get().publisher == "Mine"

    def test_a_form_without_its_version_is_stale(self) -> None:
        self.assertContains(self.change(publisher="Mine", version=None), "Somebody else changed this book")

    def test_the_isbn_of_another_book_is_an_error_of_its_field_that_leads_there(self) -> None:
        other = Book.objects.add({"title": "Other", "isbn13": OTHER_ISBN})
        for response in (
            self.change(isbn13=OTHER_ISBN),
            self.client.post("/admin/books/book/add/", typed(isbn13=OTHER_ISBN)),
        ):
            form = response.context["adminform"].form
            assert list(form.errors) == ["isbn13"]
            self.assertContains(response, f'<a href="/admin/books/book/{other.pk}/change/">Another book</a>')
        assert Book.objects.count() == 2

    def test_what_no_book_can_have_is_refused_before_anything_is_written(self) -> None:
        response = self.change(title=" ", pages="many", published_year="99999", isbn13="123", language="?", version="x")
        errors = response.context["adminform"].form.errors
        assert set(errors) == {"title", "pages", "published_year", "isbn13", "language", "version"}
        assert Change.objects.count() == 1

    def test_deleted_it_leaves_a_history_from_which_it_can_come_back(self) -> None:
        page = f"/admin/books/book/{self.book.pk}/delete/"
        self.assertContains(self.client.get(page), "Kokoro")
        self.assertRedirects(self.client.post(page, {"post": "yes"}), "/admin/books/book/")
        assert self.last_change() == (Action.DELETED, Channel.ADMIN, self.owner.pk)
        assert not Book.objects.exists()
        assert not Author.objects.exists()

    def test_deleted_with_others_each_leaves_its_history(self) -> None:
        other = Book.objects.add({"title": "Other"})
        chosen = {"action": "delete_selected", "_selected_action": [self.book.pk, other.pk]}
        self.assertContains(self.client.post("/admin/books/book/", chosen), "Other")
        assert Book.objects.count() == 2
        self.client.post("/admin/books/book/", {**chosen, "post": "yes"})
        deleted = Change.objects.filter(action=Action.DELETED, via=Channel.ADMIN, user=self.owner)
        assert set(deleted.values_list("book_id", flat=True)) == {self.book.pk, other.pk}
        assert not Author.objects.exists()

    def test_one_that_is_gone_already_is_deleted_without_complaint(self) -> None:
        model_admin, request = site.get_model_admin(Book), self.client.get("/admin/").wsgi_request
        Book.objects.remove(self.book.pk)
        model_admin.delete_model(request, self.book)
        assert Change.objects.filter(action=Action.DELETED).count() == 1

    def test_edited_after_it_was_deleted_it_is_not_there_again(self) -> None:
        request = self.client.get("/admin/").wsgi_request
        make_form: Any = site.get_model_admin(Book).get_form(request, self.book, change=True)
        Book.objects.remove(self.book.pk)
        form = make_form(typed(self.book, title="Mine"), instance=self.book)
        assert form.non_field_errors() == ["This book was deleted meanwhile. Its history can bring it back."]
        assert not Book.objects.exists()

    def test_its_history_is_the_catalogues_own(self) -> None:
        response = self.client.get(f"/admin/books/book/{self.book.pk}/history/")
        self.assertRedirects(response, f"/books/{self.book.pk}/history/")
        assert self.client.get("/admin/books/book/x/history/").status_code == 302

    def test_who_may_only_look_sees_it_and_cannot_write(self) -> None:
        self.client.force_login(staff("view_book"))
        self.assertContains(self.client.get(self.url), "Soseki")
        assert self.change(title="Mine").status_code == 403
        assert self.client.post(f"/admin/books/book/{self.book.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Book.objects.get().title == "Kokoro"


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
        with mock.patch("books.forms.admin.MOST_BOOKS", 1):
            self.assertContains(self.rename(Author.objects.get(), "Natsume"), "More than 1 books")

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


class TriesOfSomebody(OwnerTestCase):
    def test_are_found_by_the_name_and_forgotten(self) -> None:
        request = self.client.get("/").wsgi_request
        LoginAttempts.objects.begin(tries_for(request, "Alice"))
        LoginAttempts.objects.begin(tries_for(request, "bob"))
        response = self.client.get("/admin/books/loginattempts/", {"q": "alice"})
        found: list[LoginAttempts] = response.context["cl"].result_list
        assert [row.count for row in found] == [1]
        self.client.post(f"/admin/books/loginattempts/{found[0].pk}/delete/", {"post": "yes"})
        assert LoginAttempts.objects.count() == 2


class AUser(OwnerTestCase):
    def test_gets_a_password_from_the_owner(self) -> None:
        user = reader()
        new = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
        response: HttpResponse = self.client.post(f"/admin/auth/user/{user.pk}/password/", new)
        assert response.status_code == 302
        user.refresh_from_db()
        assert user.check_password("correct horse battery")
