"""The command `book-catalogue`: the server and everything that manage.py does, for an installed catalogue."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from django41_example import environment

USAGE = """\
book-catalogue serve               the catalogue, at http://127.0.0.1:8000/ (PORT=8001 book-catalogue serve: elsewhere)
book-catalogue work                a worker of jobs; `serve` runs one by itself, unless WORK=0
book-catalogue import FILE…        books from a file
book-catalogue backup [FILE]       everything in one file, while the catalogue is open
book-catalogue restore FILE        a backup back again
book-catalogue createsuperuser     an owner's account
book-catalogue changepassword USER
book-catalogue create_token USER   for scripts
book-catalogue prepare             tables and static files; `serve` does it by itself
book-catalogue help                all commands; help COMMAND: one of them; version: its number

Data is in {folder}. VAR_DIR names another folder.
"""
CONFIGURATION = environment.PROJECT / "gunicorn.conf.py"


@contextmanager
def errors_as_one_line() -> Iterator[None]:
    """Report errors that the operator can fix, such as a setting or a full disk, without a traceback."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database fails: {' '.join(str(error).split())}")


@errors_as_one_line()
def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
    command, *arguments = sys.argv[1:] or [""]
    if command in {"", "-h", "--help"}:
        sys.stdout.write(USAGE.format(folder=environment.data_folder("VAR_DIR")))
    elif command in {"version", "--version"}:  # Django would name its own
        sys.stdout.write(f"book-catalogue {settings.VERSION}\n")
    elif command == "serve":
        os.environ[environment.TO_PREPARE] = "1"
        server = ["-m", "gunicorn", "--config", str(CONFIGURATION), "django41_example.asgi:application", *arguments]
        os.execv(sys.executable, [sys.executable, *server])  # noqa: S606 # nosec B606 - the arguments are the caller's own
    else:
        manage("import_books" if command == "import" else command, *arguments)


@errors_as_one_line()
def manage(*command: str) -> None:
    """The same as manage.py."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
    execute_from_command_line([sys.argv[0], *command])


if __name__ == "__main__":
    main()
