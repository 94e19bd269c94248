"""Who visits in tests: accounts as they are on a running server."""

from http.cookies import SimpleCookie

from django.contrib.auth.models import Group, Permission, User
from django.test import Client, TestCase

BOOKS, JOBS = ["add_book", "change_book", "delete_book"], ["add_job", "change_job", "view_job"]
PASSWORD = "correct horse battery staple"  # noqa: S105


def reader(name: str = "reader") -> User:
    return User.objects.create_user(name)


def librarian(name: str = "librarian") -> User:
    user = User.objects.create_user(name)
    group, _ = Group.objects.get_or_create(name="Librarians")  # a migration makes it; a flushed table has lost it
    group.permissions.add(*Permission.objects.filter(codename__in=[*BOOKS, *JOBS]))
    user.groups.add(group)
    return user


def owner(name: str = "owner") -> User:
    return User.objects.create_superuser(name)


class LibrarianTestCase(TestCase):
    """Whose clients are signed in as a librarian."""

    librarian: User
    signed_in: list[SimpleCookie]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.librarian = librarian()
        cls.signed_in = [cookies_of(cls.librarian), cookies_of(cls.librarian)]

    def setUp(self) -> None:
        super().setUp()
        self.client.cookies, self.async_client.cookies = self.signed_in


def cookies_of(user: User) -> SimpleCookie:
    """Those of a browser in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies
