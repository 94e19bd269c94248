import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from books.apps import TAG
from books.importing.importer import import_file
from books.models import Book, Catalogue, Change
from books.models.catalogue import change_catalogue

STARTER_BOOKS = Path(__file__).resolve().parents[2] / "starter_books.csv"
LONGEST_WAIT = 3600.0  # seconds: an upgrade of a million books takes minutes
ADVISORY_LOCK = 0x626F6F6B73  # any number that nothing else locks on the same server


class Command(BaseCommand):
    help = "Prepares the catalogue: system checks, tables, static files, and starter books if it is empty."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.check(tags=[TAG])
        try:
            if not settings.DEBUG:
                with locked_file(settings.VAR_DIR / "static.lock"):
                    collect_static_files()
            with locked_database():
                call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
                self.add_starter_books()
                if not settings.PRODUCTION:
                    call_command("first_account", stdout=self.stdout)
        except (DatabaseError, OSError) as error:
            what = "catalogue" if isinstance(error, OSError) else f"database {connection.settings_dict['NAME']}"
            raise CommandError(f"The {what} cannot be prepared: {' '.join(str(error).split())}") from error

    def add_starter_books(self) -> None:
        """Add them to a catalogue that has never had a book, so that deleted samples never come back."""
        if Catalogue.objects.filter(has_begun=True).exists():
            return
        with transaction.atomic():
            if settings.STARTER_BOOKS and not (Book.objects.exists() or Change.objects.exists()):
                for _ in import_file(STARTER_BOOKS):
                    pass
            change_catalogue(has_begun=Book.objects.exists() or Change.objects.exists())


def collect_static_files() -> None:
    stamp = settings.VAR_DIR / "static.sha256"
    digest = static_digest()
    if not (settings.STATIC_ROOT.is_dir() and stamp.is_file() and stamp.read_text() == digest):
        stamp.unlink(missing_ok=True)
        # With `clear`, the content of a file decides, and not its age.
        call_command("collectstatic", clear=True, interactive=False, verbosity=0)
        os.sync()  # after a power cut there must be no stamp without the files
        stamp.write_text(digest)


def static_digest() -> str:
    """A digest of all static files and of the code that collects them."""
    found = [(name, storage) for finder in get_finders() for name, storage in finder.list([])]
    digest = hashlib.sha256(f"{version('Django')} {version('servestatic')} {settings.STORAGES}".encode())
    for name, storage in sorted(found, key=lambda pair: pair[0]):
        with storage.open(name) as file:
            digest.update(f"{name} {file.size} ".encode() + file.read())
    return digest.hexdigest()


# If several servers start at once, one prepares, and the others wait and find everything done.


@contextmanager
def locked_database() -> Iterator[None]:
    if connection.vendor == "sqlite":
        with locked_file(Path(f"{connection.settings_dict['NAME']}.lock")):
            yield
        return
    # A separate connection holds the lock until it closes, and fails at once if there is no database.
    with closing(connection.copy()) as holder, holder.cursor() as cursor:

        def free() -> bool:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            return bool(cursor.fetchone() == (True,))

        wait_until(free)
        yield


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as file:

        def taken() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait_until(taken)
        yield


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not true():
        if time.monotonic() > deadline:
            raise CommandError(f"Another process has been preparing this catalogue for {LONGEST_WAIT:.0f} s.")
        time.sleep(0.1)
