"""Starts the catalogue with the files that a power cut left in VAR_DIR, and prints what is there, as JSON."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from benchmarks import set_up  # noqa: F401 - comes first
from benchmarks.chaos.visitors import TITLE
from books.backup.archive import open_archive
from books.models import Book
from django41_example import secret_key


def restart() -> dict[str, Any]:
    assert secret_key.kept_in(settings.VAR_DIR / "secret_key"), "no secret key"
    call_command("prepare", verbosity=0, stdout=sys.stderr)
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity_check"
    backups = [*settings.VAR_DIR.glob("backups/*.zip")]
    for path in backups:
        with open_archive(path):
            pass  # else it raises
    empty = [path for path in settings.STATIC_ROOT.rglob("*") if path.is_file() and not path.stat().st_size]
    assert not empty, f"static files are empty, such as {empty[0].name}"
    response = Client(headers={"accept": "application/json", "host": "localhost"}).get(f"/books/?q={TITLE}&size=1")
    written = list(Book.objects.filter(title__startswith=TITLE).values_list("title", flat=True))
    assert response.json()["count"] == len(written), "the search finds others"
    assert Book.objects.count() == 210 + len(written), "not all starter books are there"
    return {"written": written, "backups": len(backups)}


if __name__ == "__main__":
    try:
        found = restart()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is told
        found = {"fault": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))
