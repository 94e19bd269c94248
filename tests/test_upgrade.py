"""A catalogue filled by an earlier version, as tests/upgrade/ has it in SQL, is brought up to date by `prepare`.

The dumps were made by the code before its migrations were squashed: books in five scripts, of which one was changed,
one deleted and two merged, an import, a waiting job, a token, accounts, look-ups, the admin's history.
"""

import json
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.people import PASSWORD
from tests.server.databases import empty_database
from tests.server.place import Place
from tests.server.running import PROJECT

pytestmark = pytest.mark.server

LAST = "\ufffd"  # the key of a book without a series
SHORT_I = "и\ufffcc"  # й: a letter of its own, the third after и
WAR_AND_PEACE = f"во{SHORT_I}на и мир"


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


TITLES = [
    "De rerum natura",
    "Kokoro!",
    "Kokoro: a novel",
    "Pride and Prejudice",
    "To be merged",
    "Twins",
    "Twins",
    "Война и мир",
    "تحفة النظار",
    "吾輩は猫である",
    "走れメロス",
]
# What the catalogue derives by today's rules, of books and authors that the dumps have by those of their time.
KEYS = {  # title_key, author_key, series_key, fingerprint
    "Kokoro!": ["kokoro", f"soseki  natsume   {decomposed('sōseki, natsume')}", LAST, "kokoro-6a958a98"],
    "De rerum natura": ["de rerum natura", "lucretius", LAST, "dererumn-29d3c326"],
    "Война и мир": [
        f"{WAR_AND_PEACE}   {decomposed('война и мир')}",
        f"толсто{SHORT_I}  лев   {decomposed('толстой, лев')}",
        f"{WAR_AND_PEACE}   00000100",
        "воинаими-4c340d00",
    ],
    "تحفة النظار": [
        "تحفه النظار   تحفة النظار",
        "ابن بطوطه   ابن بطوطة",
        LAST,
        "تحفهالنظ-a25a4869",
    ],
    "走れメロス": ["走れめろす   走れメロス", "太宰治   太宰 治", LAST, "走れめろす-d4db2661"],
}
SORT_NAMES = {
    "A": "A",
    "Guy de Maupassant": "Maupassant, Guy de",
    "Jane Austen": "Austen, Jane",
    "Lucretius": "Lucretius",
    "Natsume Sōseki": "Sōseki, Natsume",
    "Émile Zola": "Zola, Émile",
    "Лев Толстой": "Толстой, Лев",
    "ابن بطوطة": "ابن بطوطة",
    "夏目 漱石": "夏目 漱石",
    "太宰 治": "太宰 治",
}
SEARCHES = {  # what is typed: how many books it finds
    "soseki": 2,
    "漱石": 1,
    "война": 1,
    "النظار": 1,
    "9780895267153": 1,
    "kokoro natsume": 2,
    "kokoro": 2,
    "メロス": 1,
    "めろす": 1,
    "تحفه": 1,
    "author:austen": 1,
    "topic:poetry": 1,
    "year:-55": 1,
    "merged maupassant": 1,
    "deleted": 0,
}
# What is kept for a time only, a day or a month, is as old as the run, not as the dump.
RENEW = """
UPDATE {schema}.books_firstanswer SET created_at = CURRENT_TIMESTAMP;
UPDATE {schema}.books_finding SET at = CURRENT_TIMESTAMP;
"""
LOOK = """
import json
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from books.backup.archive import open_archive
from books.backup.writing import write
from books.models import Book
call_command("prepare")
backup = settings.VAR_DIR / "backup.zip"
write(backup)
with open_archive(backup) as archive:
    migrations = archive.manifest["migrations"]["books"]
client = Client(headers={"accept": "application/json", "host": "localhost"})
signed_in = client.post("/accounts/login/", {"username": "librarian", "password": "%(password)s"}).status_code
get = lambda url: client.get(url).json()
books = get("/books/?size=100&sort=title")["books"]
histories = [client.get(f"/books/{book}/history/").json()["changes"] for book in range(1, 14)]
keys = Book.objects.values_list("title", "title_key", "author_key", "series_key", "fingerprint")
log = [(entry.object_repr, entry.content_type.model_class()._meta.model_name) for entry in LogEntry.objects.all()]
print(json.dumps({
    "titles": [book["title"] for book in books],
    "found": {text: client.get("/books/", {"q": text}).json()["count"] for text in %(searches)s},
    "kokoro": get(f"/books/{books[1]['id']}/"),
    "actions": [change["action"] for changes in histories for change in changes],
    "topics": {topic["slug"]: topic["books"] for topic in get("/topics/")["topics"]},
    "keys": {title: derived for title, *derived in keys},
    "sort names": {author["name"]: author["sort_name"] for author in get("/authors/?size=100")["authors"]},
    "signs in": signed_in,
    "jobs": {job["id"]: job["status"] for job in get("/jobs/")["jobs"]},
    "created": get("/jobs/import-1/")["result"]["created"],
    "rejects": client.get("/jobs/import-1/files/books.csv.rejects.csv/").status_code,
    "duplicates": [group["fingerprint"].split("-")[0] for group in get("/duplicates/")["groups"]],
    "tokens": [token["name"] for token in get("/accounts/tokens/")["tokens"]],
    "looked up": get("/lookup/?isbn=9780306406157")["record"]["title"],
    "again": client.post("/books/", '{"title": "Twins", "authors": ["A"]}', content_type="application/json",
                         headers={"idempotency-key": "key-9"}).status_code,
    "books": get("/books/")["count"],
    "merged": client.get("/books/9/").status_code,
    "group": sorted(Group.objects.get(name="Librarians").permissions.values_list("codename", flat=True)),
    "log": sorted(log),
    "backup": migrations,
    "owner": User.objects.get(username="owner").is_superuser,
}))
"""


@pytest.fixture
def old_database(tmp_path: Path) -> Iterator[str]:
    dump = (PROJECT / f"tests/upgrade/{connection.vendor}.sql").read_text()
    dump += RENEW.format(schema="main" if connection.vendor == "sqlite" else "public")
    with empty_database(tmp_path) as url:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
                database.executescript(dump)
        else:
            with psycopg.connect(url) as server:
                server.execute(dump.encode())
        yield url


def test_an_upgrade_loses_nothing(old_database: str, tmp_path: Path) -> None:
    code = LOOK % {"searches": list(SEARCHES), "password": PASSWORD}
    printed = Place(tmp_path, old_database, DEBUG="1").manage("shell", "--no-imports", "--command", code)
    seen: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert sorted(seen.pop("titles")) == sorted(TITLES)
    assert seen.pop("found") == SEARCHES
    keys = seen.pop("keys")
    assert {title: keys[title] for title in KEYS} == KEYS
    assert seen.pop("sort names") == SORT_NAMES
    kokoro = seen.pop("kokoro")
    assert (kokoro["authors"], kokoro["isbn13"], kokoro["version"]) == (["Natsume Sōseki"], "9780895267153", 2)
    assert Counter(seen.pop("actions")) == {"added": 13, "changed": 1, "deleted": 2, "merged": 1}
    assert seen.pop("topics") == {"japan": 1, "novels": 4, "poetry": 1, "short-stories": 1, "travel": 1}
    assert (seen.pop("signs in"), seen.pop("owner")) == (303, True)
    assert seen.pop("jobs") == {"waiting": "queued", "import-1": "succeeded"}
    assert (seen.pop("created"), seen.pop("rejects")) == (2, 200)
    assert seen.pop("duplicates") == ["kokoro"]
    assert seen.pop("tokens") == ["script"]
    assert seen.pop("looked up") == "Found outside"
    assert (seen.pop("again"), seen.pop("books")) == (201, 11)
    assert seen.pop("merged") == 301
    own = ["add_book", "add_job", "change_book", "change_job", "delete_book", "view_job"]
    assert set(own) <= set(seen.pop("group"))
    assert seen.pop("log") == [["Kokoro!", "book"], ["librarian", "loginattempts"], ["reader", "user"]]
    assert seen.pop("backup") == sorted(path.stem for path in (PROJECT / "books/migrations").glob("0*.py"))
    assert seen == {}
