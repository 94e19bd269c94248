"""The lists that the importer knows by their columns, in small, and the real ones where they are at hand."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import TestCase

from books.importing.encoding import UnreadableFile
from books.models import Book, Change
from tests.importing.lists import imported, text_file

DATA = Path(__file__).resolve().parents[3] / "shared/data"
GOODBOOKS = "book_id,isbn,isbn13,authors,original_publication_year,title,language_code\n"
AOZORA = "人物ID,著者名,作品ID,作品名,仮名遣い種別,翻訳者名等,状態\n"
GUTENBERG = "gutenberg_id,title,author,gutenberg_author_id,language,gutenberg_bookshelf,rights,has_text\n"


class Goodbooks(TestCase):
    def book(self, row: str) -> dict[str, Any]:
        imported(text_file(f"{GOODBOOKS}{row}\n"))
        return dict(Book.objects.get().as_record())

    def test_an_isbn_is_rebuilt_from_the_ten_digits_that_lost_their_zeros_never_from_the_float(self) -> None:
        book = self.book('1,439023483,1.0e+12,Suzanne Collins,2008.0,"The Hunger Games (The Hunger Games, #1)",eng')
        assert (book["isbn13"], book["source_key"]) == ("9780439023481", "goodbooks:1")

    def test_series_and_number_are_taken_out_of_the_title(self) -> None:
        for written, title, series, number in (
            ('"A (S, #1)"', "A", "S", 1),
            ("A (S #2)", "A", "S", 2),
            ('"A (S,  #0.5)"', "A", "S", 0.5),
            ("A (And So On)", "A (And So On)", "", None),
        ):
            with self.subTest(written):
                book = self.book(f"1,,,x,,{written},eng")
                assert (book["title"], book["series"], book["series_number"]) == (title, series, number)
                Book.objects.all().delete()

    def test_authors_are_split_and_the_year_is_a_whole_number(self) -> None:
        book = self.book('1,,,"J.K. Rowling, Mary GrandPré",-750.0,A,en-US')
        assert (book["authors"], book["published_year"], book["language"]) == (
            ["J.K. Rowling", "Mary GrandPré"],
            -750,
            "en-us",
        )

    def test_an_isbn_with_a_wrong_digit_is_left_out_and_noted(self) -> None:
        done = imported(text_file(f"{GOODBOOKS}1,439023484,,x,,A,eng\n"))
        assert (done.totals.created, done.notes[0].field) == (1, "isbn13")
        assert Book.objects.get().isbn13 is None


class OnePersonARow(TestCase):
    def test_rows_that_share_a_work_are_one_book_with_several_people(self) -> None:
        rows = "1,西郷 隆盛,007,遺訓,新字,,公開\n2,夏目 漱石,008,心,新字,,公開\n3,佐藤 一斎,007,遺訓,新字,,公開\n"
        done = imported(text_file(AOZORA + rows))
        assert (done.totals.created, done.totals.updated) == (2, 1)
        assert Book.objects.get(source_key="aozora:007").as_record()["authors"] == ["西郷 隆盛", "佐藤 一斎"]
        again = imported(text_file(AOZORA + rows))
        assert again.totals.unchanged == 3

    def test_gutenbergs_names_turn_round_and_its_shelves_become_topics(self) -> None:
        shelf = "Politics/Category: Essays/Category: History - American"
        imported(text_file(f'{GUTENBERG}17,"A\nB : $b a sub","Austen, Jane",1,de/en,{shelf},Public,True\n'))
        book = Book.objects.get().as_record()
        assert (book["authors"], book["language"]) == (["Jane Austen"], "de")
        assert "$b" not in book["title"]
        assert book["topics"] == ["Essays", "History - American"]


class AnyList(TestCase):
    def test_a_mapping_says_what_stands_where(self) -> None:
        file = text_file("作品名;著者;年\n心;夏目漱石;1914\n")
        imported(file, mapping={"title": "作品名", "authors": "著者", "published_year": "年"})
        book = Book.objects.get().as_record()
        assert (book["title"], book["authors"], book["published_year"]) == ("心", ["夏目漱石"], 1914)

    def test_a_list_of_no_known_form_is_refused_with_its_columns_and_an_example(self) -> None:
        with pytest.raises(UnreadableFile, match="title=作品, authors=人"):
            imported(text_file("作品,人\n心,夏目漱石\n"))

    def test_every_change_that_an_import_makes_is_in_the_history(self) -> None:
        imported(text_file("source_key,title,pages\na:1,A,5\n"))
        imported(text_file("source_key,title,pages\na:1,A,6\n"))
        changes = list(Change.objects.order_by("id").values_list("action", "via", "version", "fields"))
        assert changes == [("added", "import", 1, {}), ("changed", "import", 2, {"pages": [5, 6]})]

    def test_an_empty_cell_empties_nothing(self) -> None:
        imported(text_file("source_key,title,pages\na:1,A,5\n"))
        done = imported(text_file("source_key,title,pages\na:1,A,\n"))
        assert done.totals.unchanged == 1
        assert Book.objects.get().pages == 5

    def test_a_dry_run_counts_and_changes_nothing(self) -> None:
        done = imported(text_file("title\nA\nB\n"), dry_run=True)
        assert done.totals.created == 2
        assert not Book.objects.exists()

    def test_an_import_goes_on_from_its_checkpoint(self) -> None:
        file = "title,pages\n" + "".join(f"T{number},{number + 1}\n" for number in range(10))
        kept: list[Any] = []
        steps = iter(
            imported(text_file(file), batch_rows=3, save=lambda progress: kept.append(progress.checkpoint)).steps
        )
        assert len(list(steps)) == 5
        Book.objects.filter(pages__gt=6).delete()
        done = imported(text_file(file), batch_rows=3, checkpoint=kept[1])
        assert Book.objects.count() == 10
        assert done.totals.created == 10


class Spoiled(TestCase):
    """What is in a file that is no list of books: said, row by row, and never a crash."""

    def test_each_bad_row_is_rejected_with_its_line_and_reason_and_the_others_are_imported(self) -> None:
        rows = [
            "title,pages,isbn13",
            "A,1,",
            "B,many,",
            "C,1,9780306406158",
            "D,1",
            "E,1,,,",
            'F"x,1,',
            ",5,",
            "G\0,1,",
            "H,2,",
        ]
        done = imported(text_file("\n".join(rows) + "\n"))
        assert done.totals.created == 7
        assert {reject.line for reject in done.rejects} == {8, 9}
        assert [(note.line, note.field) for note in done.notes] == [(3, "pages"), (4, "isbn13")]
        assert done.totals.rows == 9
        assert all(reject.reason for reject in done.rejects)

    def test_a_quote_that_never_closes_costs_its_line_alone(self) -> None:
        done = imported(text_file('title,pages\n"A,1\nB,2\nC,3\n'))
        assert (done.totals.created, done.totals.rejected) == (2, 1)

    def test_a_cell_of_ten_megabytes_is_rejected(self) -> None:
        done = imported(text_file(f"title\n{'x' * 10_000_000}\nB\n"))
        assert (done.totals.created, done.totals.rejected) == (1, 1)

    def test_json_lines_that_are_no_objects_are_rejected(self) -> None:
        lines = [
            '{"title": "A"}',
            "[1]",
            "{",
            "[" * 100_000,
            '{"titel": "x"}',
            '{"title": NaN}',
            "null",
            '{"title": 5}',  # a title nevertheless
        ]
        done = imported(text_file("\n".join(lines) + "\n"))
        assert (done.totals.created, done.totals.rejected) == (2, 6)

    def test_a_file_of_another_encoding_is_read_or_refused(self) -> None:
        text = "title,authors\n心,夏目漱石\n心,こころを語る会\n"
        for data in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp932")):
            imported(BytesIO(data))
            assert Book.objects.filter(title="心").count() == 2
            Book.objects.all().delete()
        with pytest.raises(UnreadableFile):
            imported(BytesIO(b"title\n\xff\xfe\xfd\x80\x81\n"))

    def test_what_is_no_list_at_all_is_refused(self) -> None:
        for data in (b"", b"\n\n", b"\x7fELF\0\0\0\1", b"[1, 2]", b"%PDF-1.4 \xe2\xe3", b"\xff\xfe"):
            with self.subTest(data), pytest.raises(UnreadableFile):
                imported(BytesIO(data))


@pytest.mark.data
@pytest.mark.once
@pytest.mark.skipif(
    not DATA.is_dir(), reason="the real lists are not here: they belong beside the project, in ../shared/data"
)
class RealLists(TestCase):
    def read(self, name: str, rows: int | None = None) -> Any:
        """An import of the list, or of its first rows."""
        lines = (DATA / name).read_bytes().splitlines(keepends=True)
        return imported(BytesIO(b"".join(lines[: rows and rows + 1])))

    def test_all_of_goodbooks_comes_in_and_comes_in_once(self) -> None:
        first, second = self.read("goodbooks-10k/books.csv"), self.read("goodbooks-10k/books.csv", rows=2000)
        assert (first.totals.created, first.totals.rejected, len(first.notes)) == (10_000, 0, 23)
        assert second.totals.unchanged == 2000

    def test_all_of_aozora_comes_in_and_is_found(self) -> None:
        name = "aozora/list_person_all_utf8.csv"
        first, second = self.read(name), self.read(name, rows=2000)
        assert (first.totals.created, first.totals.rows, second.totals.unchanged) == (14_283, 15_226, 2000)
        found = {
            word: self.client.get("/books/", {"q": word}).json()["count"] for word in ("夏目", "心", "猫", "銀河鉄道")
        }
        assert found == {"夏目": 111, "心": 152, "猫": 61, "銀河鉄道": 4}
