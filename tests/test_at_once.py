"""Two people who do the same thing at the same moment: one of them is told so, and nothing is done twice."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.test import Client, TransactionTestCase

from books.history.merge import merge
from books.history.rename import NameTaken, edit
from books.history.undo import CannotUndo, undo
from books.models import Author, Book, Change, DuplicateISBN, Identity, Invitation, NotInvited, Role, Topic
from books.models.account import LastOwner, accept, accounts, remote_account
from books.models.account import NameTaken as AccountNameTaken
from books.models.change import COMMAND
from tests.importing.test_concurrency import at_once
from tests.people import PASSWORD, librarian, owner

TIMES = 5  # each: the two do not meet every time


class AtOnce(TransactionTestCase):
    def twice(self, work: Callable[[], object], *refusals: type[Exception]) -> None:
        """Of two at once, one is refused."""
        faults = at_once(work, work)
        assert len(faults) == 1, faults
        assert isinstance(faults[0], refusals), faults

    def two_books(self) -> tuple[Book, Book]:
        first, second = (Book.objects.add({"title": "Kokoro", "authors": ["Natsume"]}) for _ in range(2))
        return first, second

    def merge(self, kept: Book, other: Book) -> None:
        merge({kept.pk: kept.version, other.pk: other.version}, kept.pk, {}, COMMAND)

    def test_without_consent_two_volumes_share_no_isbn(self) -> None:
        for isbn in ["9780306406157", "9784101010014"] * TIMES:
            volumes: list[Any] = [
                {"title": "Genji", "isbn13": isbn, "series_number": Decimal(number)} for number in (1, 2)
            ]
            faults = at_once(*(partial(Book.objects.add, volume) for volume in volumes))
            assert list(map(type, faults)) == [DuplicateISBN]
            Book.objects.get(isbn13=isbn).delete()

    def test_a_deletion_is_undone_once(self) -> None:
        for isbn in ["", "9780306406157"] * TIMES:
            book = Book.objects.add({"title": "Kokoro", "isbn13": isbn or None})
            Book.objects.remove(book.pk)
            deletion = Change.objects.latest("pk").pk
            self.twice(lambda pk=book.pk, deletion=deletion: undo(pk, deletion, COMMAND), CannotUndo)  # type: ignore[misc]
            assert list(Book.objects.values_list("pk", flat=True)) == [book.pk]
            Book.objects.remove(book.pk)

    def test_two_clients_that_undo_a_deletion_get_200_and_409(self) -> None:
        user = librarian()
        for _ in range(TIMES):
            book = Book.objects.add({"title": "Kokoro"})
            Book.objects.remove(book.pk)
            url = f"/books/{book.pk}/history/{Change.objects.latest('pk').pk}/undo/"
            statuses: list[int] = []

            def post(url: str = url, statuses: list[int] = statuses) -> None:
                client = Client(headers={"accept": "application/json"})
                client.force_login(user)
                statuses.append(client.post(url).status_code)

            assert at_once(post, post) == []
            assert sorted(statuses) == [200, 409]

    def test_a_merge_is_undone_once(self) -> None:
        for _ in range(TIMES):
            kept, other = self.two_books()
            self.merge(kept, other)
            done = Change.objects.get(book_id=kept.pk, action="merged").pk
            self.twice(lambda pk=kept.pk, done=done: undo(pk, done, COMMAND), CannotUndo)  # type: ignore[misc]
            assert Book.objects.filter(pk__in=[kept.pk, other.pk]).count() == 2

    def test_books_are_merged_once(self) -> None:
        for _ in range(TIMES):
            books = self.two_books()
            self.twice(lambda books=books: self.merge(*books), Book.DoesNotExist)  # type: ignore[misc]

    def test_one_of_two_authors_gets_a_new_name(self) -> None:
        for number in range(TIMES):
            name = f"Natsume {number}"
            both = [Book.objects.add({"title": old, "authors": [old + name]}).authors.get() for old in "ab"]
            faults = at_once(*[lambda a=each, n=name: edit(a, {"name": n}, COMMAND) for each in both])
            assert [type(fault) for fault in faults] == [NameTaken]
            assert Author.objects.get(name=name).books.count() == 1

    def test_an_author_is_merged_once_and_then_gone(self) -> None:
        user = librarian()
        Book.objects.add({"title": "Kokoro", "authors": ["Natsume Sōseki"]})
        for number in range(2):
            author = Book.objects.add({"title": "Botchan", "authors": [f"Natsume {number}"]}).authors.get()
            statuses: list[int] = []

            def patch(url: str = author.get_absolute_url(), statuses: list[int] = statuses) -> None:
                client = Client(headers={"accept": "application/json"})
                client.force_login(user)
                sent = {"name": "Natsume Sōseki", "merge": True}
                statuses.append(client.patch(url, sent, content_type="application/json").status_code)

            assert at_once(*[patch] * 4) == []
            assert sorted(statuses) == [200, 404, 404, 404]

    def test_a_topic_that_two_books_bring_is_there_once(self) -> None:
        for number in range(TIMES):
            values: Any = {"title": "Kokoro", "topics": [f"Novels {number}"], "authors": [f"Natsume {number}"]}
            assert at_once(*[lambda values=values: Book.objects.add(values)] * 2) == []
        assert (Topic.objects.count(), Author.objects.count()) == (TIMES, TIMES)

    def test_two_owners_who_demote_each_other_do_not_both_succeed(self) -> None:
        for number in range(TIMES):
            User.objects.update(is_superuser=False)
            owners = [owner(f"{number} {name}") for name in "ab"]
            demotions = [lambda pk=each.pk: accounts().change(pk, Role.READER) for each in owners]
            assert [type(error) for error in at_once(*demotions)] == [LastOwner]

    def test_of_two_servers_that_start_at_once_one_prints_a_link_that_works(self) -> None:
        for _ in range(TIMES):
            assert at_once(*[Invitation.objects.renew_first] * 2) == []
            assert Invitation.objects.count() == 1

    def test_an_invitation_is_accepted_once(self) -> None:
        secret = Invitation.objects.renew_first() or ""
        self.twice(lambda: accept(secret, "Ada", PASSWORD), NotInvited)
        assert User.objects.count() == 1

    def test_somebody_who_signs_in_for_the_first_time_in_two_windows_has_one_account(self) -> None:
        owner()
        for number in range(TIMES):
            claims = {"iss": "https://auth.example", "sub": str(number), "preferred_username": f"Ada{number}"}
            both = [lambda claims=claims: Identity.objects.sign_in(claims), lambda n=number: remote_account(f"Eve{n}")]
            assert at_once(*both, *both, lambda n=number: remote_account(f"EVE{n}")) == []  # type: ignore[misc]
        assert (User.objects.count(), Identity.objects.count()) == (1 + 2 * TIMES, TIMES)

    def test_of_two_people_with_one_name_one_is_refused(self) -> None:
        owner()
        for number in range(TIMES):
            claims = {"iss": "https://auth.example", "preferred_username": f"Ada{number}"}
            both = [
                lambda claims={**claims, "sub": f"{number} {sub}"}: Identity.objects.sign_in(claims) for sub in "ab"
            ]
            assert [type(fault) for fault in at_once(*both)] == [AccountNameTaken]
