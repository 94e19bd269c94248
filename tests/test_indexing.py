"""The index of words is in step with the books, whoever writes them."""

# ruff: noqa: S608 - no statement here has a value from outside

import io
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from unittest import mock

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext

from books.apps import install_triggers
from books.history.merge import merge
from books.history.rename import edit
from books.history.undo import undo
from books.importing.importer import import_file
from books.metadata import record
from books.metadata.text import RULES
from books.models import Author, Book, Change, Topic
from books.models.change import COMMAND, Action
from books.models.derive import DERIVED, KEYS, derive, derive_all
from books.search import index as indexing
from books.search import index_sqlite
from books.search.index import KINDS, catch_up, rebuild
from books.search.index_sqlite import TRIGGERS
from tests import people

ROW = {"title_key": "", "subtitle": "", "publisher": "", "language": "", "description": "", "series": "", "version": 1}
ROW |= {"created_at": "2026-01-01", "updated_at": "2026-01-01", "author_names": "", "topic_names": ""}


def other_program() -> Any:
    """A connection that knows nothing of ours."""
    if connection.vendor == "sqlite":
        return closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20))
    return psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None, "context": None})


def write(*statements: str) -> None:
    with other_program() as program:
        for statement in statements:
            program.execute(statement)
        program.commit()


def noted() -> list[int]:
    with connection.cursor() as cursor:
        return KINDS[connection.vendor].changed_books(cursor, 100)


def found(query: str) -> list[str]:
    return list(Book.objects.search(query).order_by("pk").values_list("title", flat=True))


def imported(text: str) -> None:
    with NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_text(text)
        for _ in import_file(Path(file.name)):
            pass


def index() -> Any:
    """All that the index holds."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT id, words::text FROM books_book ORDER BY id")
            return cursor.fetchall()
        cursor.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab('main', 'books_search', 'instance')"
        )
        cursor.execute("SELECT * FROM temp.words ORDER BY 1, 2, 3, 4")
        return cursor.fetchall()


def made_anew() -> Any:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO books_search (books_search) VALUES ('delete-all')")
            cursor.execute("DELETE FROM books_unindexed")
            cursor.execute("INSERT INTO books_unindexed (book) SELECT id FROM books_book")
        else:
            cursor.execute("UPDATE books_book SET words = NULL")
    catch_up()
    return index()


class OtherPrograms(TransactionTestCase):
    def setUp(self) -> None:
        self.book = Book.objects.add(
            {"title": "Kokoro", "authors": ["Natsume"], "language": "ja", "topics": ["Novels"]}
        )

    def test_what_they_rename_is_found_at_once_and_no_longer_by_its_old_name(self) -> None:
        write(f"UPDATE books_book SET title = 'Heart' WHERE id = {self.book.pk}")
        assert (found("heart"), found("kokoro"), noted()) == (["Heart"], [], [])

    def test_what_they_change_many_times_is_found_as_it_is_now(self) -> None:
        write(*(f"UPDATE books_book SET title = 'Heart {number}'" for number in range(3)))
        write("UPDATE books_book SET title = 'Soul', description = 'Of a teacher'")
        assert (found("heart"), found("kokoro"), found("soul teacher")) == ([], [], ["Soul"])
        assert index() == made_anew()

    def test_what_they_add_and_remove_is_found_so(self) -> None:
        columns = {**ROW, "title": "Botchan"}
        write(f"INSERT INTO books_book ({', '.join(columns)}) VALUES ({', '.join(map(repr, columns.values()))})")
        assert found("botchan") == ["Botchan"]
        for table in ("books_bookauthor", "books_booktopic", "books_book"):
            write(f"DELETE FROM {table}")
        assert (found("botchan"), found("kokoro")) == ([], [])
        assert index() == made_anew()

    def test_what_they_take_back_is_not_noted(self) -> None:
        with other_program() as program:
            program.execute("UPDATE books_book SET title = 'Heart'")
            program.rollback()
        assert (noted(), found("kokoro")) == ([], ["Kokoro"])

    def test_what_is_not_searched_is_not_noted(self) -> None:
        write("UPDATE books_book SET pages = 3, title = title, version = version + 1")
        assert noted() == []

    async def test_every_door_to_a_search_lets_them_in(self) -> None:
        await self.async_client.aforce_login(await sync_to_async(people.owner)())
        for number, path in enumerate(("/books/", "/books.csv", "/books.jsonl", "/admin/books/book/")):
            for query in (f"?q=heart{number}", "?q=-kokoro"):
                await sync_to_async(write)("UPDATE books_book SET title = 'Kokoro'")
                assert await sync_to_async(found)("kokoro") == ["Kokoro"]
                await sync_to_async(write)(f"UPDATE books_book SET title = 'Heart{number}'")
                with self.subTest(path=path, query=query):
                    response: Any = await self.async_client.get(path + query)
                    chunks = [chunk async for chunk in response] if response.streaming else [response.content]
                    assert f"Heart{number}".encode() in b"".join(chunks)

    def test_filters_follow_them_too(self) -> None:
        write("UPDATE books_book SET language = 'en', published_year = 1914")
        for query, count in {"language=ja": 0, "language=en": 1, "year=1910..1919": 1, "q=-kokoro": 0}.items():
            with self.subTest(query=query):
                assert self.client.get(f"/books/?{query}").json()["count"] == count

    def test_a_list_without_words_does_not_look_for_them(self) -> None:
        write("UPDATE books_book SET title = 'Heart'")
        assert self.client.get("/books/").json()["books"][0]["title"] == "Heart"
        assert noted() == [self.book.pk]

    def test_a_search_that_would_wait_too_long_says_so(self) -> None:
        write("UPDATE books_book SET title = 'Heart'")
        for path in ("/books/?q=heart", "/books.csv?q=heart"):
            with self.subTest(path=path), mock.patch.object(indexing, "PATIENCE", -1):
                response = self.client.get(path)
                assert (response.status_code, response["Retry-After"]) == (503, "5")
                assert "Try again in a few seconds" in response.json()["detail"]
        assert found("heart") == ["Heart"]

    def test_more_than_a_portion_is_taken_up_portion_by_portion(self) -> None:
        for number in range(5):
            Book.objects.add({"title": f"Book {number}"})
        write("UPDATE books_book SET title = 'Heart'")
        with mock.patch.object(indexing, "PORTION", 2):
            assert found("heart") == ["Heart"] * 6
        assert index() == made_anew()

    def test_where_the_trigger_was_missing_all_is_indexed_again(self) -> None:
        trigger = "books_unindexed_changed" if connection.vendor == "sqlite" else "books_forget_words ON books_book"
        write(f"DROP TRIGGER {trigger}", "UPDATE books_book SET title = 'Heart'")
        assert found("heart") == []
        call_command("migrate", verbosity=0)
        assert (found("heart"), found("kokoro")) == (["Heart"], [])
        write("UPDATE books_book SET title = 'Soul'")
        assert found("soul") == ["Soul"]

    @pytest.mark.sqlite
    def test_a_table_that_django_makes_anew_is_watched_again(self) -> None:
        with connection.schema_editor() as editor:
            editor._remake_table(Book)  # type: ignore[attr-defined]
        write("UPDATE books_book SET title = 'Heart'")
        call_command("migrate", verbosity=0)
        assert (found("heart"), found("kokoro")) == (["Heart"], [])

    @pytest.mark.sqlite
    def test_a_catalogue_of_before_a_searched_column_was_there_is_indexed_again(self) -> None:
        with connection.cursor() as cursor:
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute("DROP TABLE books_unindexed")
            cursor.execute("CREATE TABLE books_unindexed (book INTEGER PRIMARY KEY, title)")
        write("UPDATE books_book SET series = 'Meiji'")
        indexing.install(connection)
        assert found("meiji") == ["Kokoro"]
        write("UPDATE books_book SET series = 'Taisho'")
        assert found("taisho") == ["Kokoro"]

    @pytest.mark.sqlite
    def test_what_is_no_text_does_not_stop_the_index(self) -> None:
        write("UPDATE books_book SET description = x'FF00', series = CAST(x'E9' AS TEXT)")
        assert found("kokoro") == ["Kokoro"]
        write("UPDATE books_book SET description = '', series = ''")
        assert found("kokoro") == ["Kokoro"]
        assert index() == made_anew()

    def test_what_is_longer_or_stranger_than_ours_does_not_stop_the_index(self) -> None:
        strange = "''\\ \"a & b | !c:*"
        text = "".join(map(chr, range(0x4E00, 0x9FFF)))
        for values in (f"language = '{strange}', topic_names = '{strange}'", f"description = '{text * 20}'"):
            write(f"UPDATE books_book SET title = 'Heart', {values}")
            assert found("heart") == ["Heart"]
            assert self.client.get("/books/?q=heart").status_code == 200

    @pytest.mark.sqlite
    def test_whatever_they_do_the_index_is_as_if_made_anew(self) -> None:
        chance = random.Random(8)
        for _ in range(40):
            write(*(_any_statement(chance) for _ in range(chance.randint(1, 6))))
            if chance.random() < 0.5:
                catch_up()
        catch_up()
        assert index() == made_anew()

    @pytest.mark.sqlite
    def test_who_searches_waits_for_no_other_writer(self) -> None:
        with other_program() as importer:
            importer.execute("BEGIN IMMEDIATE")
            importer.execute("UPDATE books_book SET title = 'Heart'")
            connection.cursor().execute("PRAGMA busy_timeout = 0")
            assert found("kokoro") == ["Kokoro"]
            importer.rollback()
        connection.close()

    @pytest.mark.postgresql
    def test_a_book_that_somebody_else_is_writing_is_not_waited_for_without_end(self) -> None:
        write("UPDATE books_book SET title = 'Heart'")
        with other_program() as program, mock.patch.object(indexing, "PATIENCE", 0.1):
            program.execute("UPDATE books_book SET pages = 3")
            assert self.client.get("/books/?q=heart").status_code == 503
        assert found("heart") == ["Heart"]


def _any_statement(chance: random.Random) -> str:
    """A statement, one of many that change, replace or displace books of five ids and five ISBNs."""
    pk, title = chance.randint(1, 5), f"T{chance.randint(1, 9)} {chance.choice('abc')}"
    isbn13 = chance.choice(["NULL", *(f"'97803064061{digits}'" for digits in range(50, 53))])
    columns = {**ROW, "title": title}
    names, values = ", ".join(columns), ", ".join(map(repr, columns.values()))
    return chance.choice(
        [
            f"INSERT OR REPLACE INTO books_book (id, isbn13, {names}) VALUES ({pk}, {isbn13}, {values})",
            f"INSERT OR IGNORE INTO books_book (id, isbn13, {names}) VALUES ({pk}, {isbn13}, {values})",
            f"INSERT OR REPLACE INTO books_book (isbn13, {names}) VALUES ({isbn13}, {values})",
            f"INSERT INTO books_book (id, {names}) VALUES ({pk}, {values}) ON CONFLICT DO UPDATE SET title = '{title}'",
            f"UPDATE OR REPLACE books_book SET isbn13 = {isbn13}, title = '{title}' WHERE id = {pk}",
            f"UPDATE OR REPLACE books_book SET id = {chance.randint(1, 5)} WHERE id = {pk}",
            f"UPDATE OR IGNORE books_book SET isbn13 = {isbn13} WHERE id = {pk}",
            f"UPDATE books_book SET title = '{title}' WHERE id >= {pk}",
            f"DELETE FROM books_book WHERE id = {pk}",
        ]
    )


class OurOwnWrites(TransactionTestCase):
    def test_none_leaves_a_note_and_the_index_is_as_if_made_anew(self) -> None:
        book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume"], "topics": ["Novels"]})

        def delete_and_undo() -> None:
            Book.objects.remove(book.pk)
            undo(book.pk, Change.objects.latest("pk").pk, COMMAND)

        def merge_another() -> None:
            now = Book.objects.get(pk=book.pk)
            other = Book.objects.add({"title": f"{now.title}: a novel", "authors": ["Sōseki", "Edwin"]})
            merge({now.pk: now.version, other.pk: 1}, now.pk, {}, COMMAND)
            assert list(Book.objects.search("edwin").values_list("pk", flat=True)) == [book.pk]

        def derive_anew() -> None:
            Book.objects.filter(pk=book.pk).update(topic_names="Else")
            derive([book.pk])

        writes: dict[str, Callable[[], Any]] = {
            "add": lambda: Book.objects.add({"title": "Botchan"}),
            "change": lambda: Book.objects.change(book.pk, {"title": "Heart"}),
            "change to the same words": lambda: Book.objects.change(book.pk, {"title": "HEART!"}),
            "rename an author": lambda: edit(Author.objects.get(), {"name": "Sōseki"}, COMMAND),
            "rename a topic": lambda: edit(Topic.objects.get(), {"name": "NOVELS"}, COMMAND),
            "undo": lambda: undo(book.pk, Change.objects.latest("pk").pk, COMMAND),
            "delete and undo": delete_and_undo,
            "merge": merge_another,
            "undo a merge": lambda: undo(book.pk, Change.objects.get(action=Action.MERGED).pk, COMMAND),
            "import": lambda: imported("source_key,title\na:1,One\na:2,Two\n"),
            "import again": lambda: imported("source_key,title,authors\na:1,ONE,A. Writer\na:2,Three,\n"),
            "derive": derive_anew,
            "remove": lambda: Book.objects.remove(book.pk),
        }
        for name, act in writes.items():
            with self.subTest(name):
                act()
                assert noted() == []
                assert index() == made_anew()

    def test_a_book_as_large_as_may_be_is_indexed(self) -> None:
        text = "".join(map(chr, range(0x4E00, 0x4E00 + record.MAX_DESCRIPTION)))
        names = [chr(0x4E00 + number) * record.MAX_NAME for number in range(record.MAX_AUTHORS)]
        Book.objects.add({"title": text[: record.MAX_TITLE], "authors": names, "description": text})
        assert len(found("\u4e00\u4e01")) == 1


class Upgrades(TransactionTestCase):
    def setUp(self) -> None:
        self.addCleanup(install_triggers, connection.alias)
        Book.objects.add({"title": "Kokoro", "language": "ja"})

    def derived(self) -> list[Any]:
        """All that an upgrade derives again, and what it must leave alone."""
        books = Book.objects.order_by("pk").values_list("pk", "version", "updated_at", *DERIVED)
        return [*books, *(list(model._base_manager.order_by("pk").values_list(*keys)) for model, keys in KEYS.items())]

    def garble(self) -> list[Any]:
        """Derive columns by other rules; returns what they were."""
        Book.objects.add(
            {"title": "The Castle", "authors": ["Kafka", "Brod"], "topics": ["Novels"], "series": "Ö", "language": "de"}
        )
        edit(Author.objects.get(name="Kafka"), {"name": "Franz Kafka", "sort_name": "Kafka, F."}, COMMAND)
        edit(Topic.objects.get(), {"name": "Long novels"}, COMMAND)
        right = self.derived()
        Book.objects.update(**dict.fromkeys(DERIVED, "x"))
        for model, keys in KEYS.items():
            model._base_manager.update(**dict.fromkeys(keys, "x"))
        return right

    def test_all_derived_columns_are_as_a_write_makes_them(self) -> None:
        right, changes = self.garble(), Change.objects.count()
        derive_all()
        assert self.derived() == right
        assert Change.objects.count() == changes

    def test_after_an_end_in_the_middle_the_rest_is_derived(self) -> None:
        right = self.garble()
        with mock.patch("books.models.derive.LARGE_PORTION", 1):
            with pytest.raises(KeyboardInterrupt):
                derive_all(mock.Mock(side_effect=KeyboardInterrupt))
            assert self.derived()[0] == right[0] != self.derived()[1] != right[1]
            derive_all()
        assert self.derived() == right

    def test_an_upgrade_asks_the_database_no_more_often_for_more_books(self) -> None:
        def queries() -> int:
            Book.objects.update(title_key="x")
            with CaptureQueriesContext(connection) as asked:
                derive_all()
            return len([query for query in asked if query["sql"].startswith("SELECT")])

        self.garble()
        few = queries()
        imported("title,authors\n" + "".join(f"Book {number},Author {number}\n" for number in range(30)))
        assert queries() == few

    @pytest.mark.sqlite
    def test_a_migration_that_makes_the_table_anew_does_not_index_all_books_again(self) -> None:
        indexing.remember(connection)  # as `migrate` does before its first migration
        with connection.schema_editor() as editor:
            editor._remake_table(Book)  # type: ignore[attr-defined]
        with mock.patch.object(index_sqlite, "install") as indexed_again:
            indexing.install(connection)
        assert not indexed_again.called
        write("UPDATE books_book SET title = 'Heart'")
        assert (found("heart"), found("kokoro")) == (["Heart"], [])

    @pytest.mark.sqlite
    def test_nor_does_it_derive_the_columns_of_all_books_again(self) -> None:
        indexing.remember(connection)
        with connection.schema_editor() as editor:
            editor._remake_table(Book)  # type: ignore[attr-defined]
        write("UPDATE books_book SET title_key = 'by hand'")
        install_triggers(connection.alias)
        assert Book.objects.get().title_key == "by hand"
        with connection.cursor() as cursor:
            assert index_sqlite.is_installed(cursor)

    @pytest.mark.sqlite
    def test_what_a_migration_writes_while_nothing_is_noted_is_indexed(self) -> None:
        indexing.remember(connection)
        with connection.schema_editor() as editor:
            editor._remake_table(Book)  # type: ignore[attr-defined]
        write("UPDATE books_book SET title = 'Heart'")
        indexing.install(connection)
        assert (found("heart"), found("kokoro")) == (["Heart"], [])

    @pytest.mark.sqlite
    def test_an_index_that_lacks_a_column_is_made_anew(self) -> None:
        write(
            *(f"DROP TRIGGER {name}" for name in index_sqlite.TRIGGERS),
            *("DROP TABLE books_search", "DROP TABLE books_unindexed"),
            "CREATE VIRTUAL TABLE books_search USING fts5 (title, content='')",
            "CREATE TABLE books_unindexed (book INTEGER PRIMARY KEY, title)",
            "CREATE TRIGGER books_unindexed_removed AFTER DELETE ON books_book BEGIN SELECT 1; END",
        )
        call_command("migrate", verbosity=0)
        assert found("lang:ja") == ["Kokoro"]
        write("UPDATE books_book SET title = 'Heart'")
        assert found("heart") == ["Heart"]

    def test_other_rules_for_words_index_all_books_again(self) -> None:
        kind = KINDS[connection.vendor]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("INSERT INTO books_search (books_search) VALUES ('delete-all')")
                older = index_sqlite.TRIGGERS["books_unindexed_added"].replace(f"text rules {RULES}", "text rules 0")
                cursor.execute("DROP TRIGGER books_unindexed_added")
                cursor.execute(older)
            else:
                cursor.execute("UPDATE books_book SET words = '''older'''")
                cursor.execute(
                    "CREATE OR REPLACE FUNCTION books_forget_words() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN NEW.words := NULL; RETURN NEW; END $$"
                )
            assert not kind.is_installed(cursor)
        said = io.StringIO()
        with mock.patch("books.apps.EVERY", 0):
            call_command("migrate", verbosity=0, stdout=said)
        assert found("kokoro") == ["Kokoro"]
        assert re.fullmatch(r"Search index: 50 %, about \d+ s left\n", said.getvalue())


@pytest.mark.sqlite
class Rebuilds(TransactionTestCase):
    """SQLite's index is made anew in portions, beside the one in use."""

    def setUp(self) -> None:
        patched = mock.patch.object(indexing, "PORTION", 2)
        patched.start()
        self.addCleanup(patched.stop)
        self.books = [Book.objects.add({"title": f"Kokoro {number}"}) for number in range(6)]

    def tearDown(self) -> None:
        for _ in rebuild():
            pass

    def rebuild_to_the_end(self) -> None:
        for _ in rebuild():
            pass
        catch_up()
        now = index()
        assert now == made_anew()

    def spoil(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO books_search (books_search) VALUES ('delete-all')")

    def test_it_holds_all_books_afterwards(self) -> None:
        self.spoil()
        assert found("kokoro") == []
        self.rebuild_to_the_end()
        assert len(found("kokoro")) == 6

    def test_searches_find_all_books_meanwhile(self) -> None:
        for _ in rebuild():
            assert len(found("kokoro")) == 6

    def test_nothing_is_left_of_the_old_index(self) -> None:
        self.rebuild_to_the_end()
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'books_search_old%' OR name LIKE '%_new%'")
            assert cursor.fetchall() == []
            assert index_sqlite.is_installed(cursor)

    def test_what_is_written_meanwhile_is_in_the_new_index(self) -> None:
        portions = rebuild()
        next(portions)
        Book.objects.change(self.books[0].pk, {"title": "Heart"})  # which the new index has already
        Book.objects.remove(self.books[1].pk)
        Book.objects.change(self.books[4].pk, {"title": "Soul"})  # which it does not have yet
        Book.objects.remove(self.books[5].pk)
        Book.objects.add({"title": "Botchan"})
        self.rebuild_to_the_end()
        assert (len(found("kokoro")), len(found("heart")), len(found("soul")), len(found("botchan"))) == (2, 1, 1, 1)

    def test_what_other_programs_write_meanwhile_is_too(self) -> None:
        portions = rebuild()
        next(portions)
        for number in (0, 4):
            write(f"UPDATE books_book SET title = 'Heart' WHERE id = {self.books[number].pk}")
        for number in (1, 5):
            write(f"DELETE FROM books_book WHERE id = {self.books[number].pk}")
        self.rebuild_to_the_end()
        assert (len(found("kokoro")), len(found("heart"))) == (2, 2)

    def test_after_an_end_in_the_middle_the_next_one_goes_on(self) -> None:
        portions = rebuild()
        next(portions)
        portions.close()  # type: ignore[attr-defined]
        Book.objects.change(self.books[0].pk, {"title": "Heart"})
        assert [added for added in rebuild() if added] == [2, 2]
        assert (len(found("kokoro")), len(found("heart"))) == (5, 1)

    def test_two_at_once_make_one_index(self) -> None:
        first, second = rebuild(), rebuild()
        for _ in zip(first, second, strict=False):
            pass
        self.rebuild_to_the_end()

    def test_an_index_of_before_is_deleted_after_an_end_in_the_middle(self) -> None:
        portions = rebuild()
        with mock.patch.object(indexing, "_delete_old"):
            for _ in portions:
                pass
        self.rebuild_to_the_end()
        self.test_nothing_is_left_of_the_old_index()
