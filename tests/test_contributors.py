"""Translators, editors and others: people of a book with a role from the closed list of MARC."""

import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from books.history.merge import merge
from books.history.rename import edit, undo
from books.importing import source, tables
from books.importing.formats.values import people, split_role
from books.importing.rows import cleaned
from books.metadata import record, roles
from books.models import Author, Book, BookAuthor, NameChange
from books.models.change import COMMAND
from books.models.derive import derive
from tests.people import LibrarianTestCase
from tests.test_export_formats import written

TRANSLATED: Any = {
    "title": "A Wild Sheep Chase",
    "authors": ["Haruki Murakami"],
    "contributors": ["Alfred Birnbaum (translator)", "Chip Kidd (cover designer)"],
}


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Alfred Birnbaum (translator)", ["Alfred Birnbaum (translator)"]),
        ("Alfred Birnbaum (Trans.)", ["Alfred Birnbaum (translator)"]),
        ("Curt Meyer-Clason [Übers.]", ["Curt Meyer-Clason (translator)"]),
        ("柴田元幸（訳）", ["柴田元幸 (translator)"]),
        ("Jo (editor and illustrator)", ["Jo (editor)", "Jo (illustrator)"]),
        ("Jo (author of introduction, etc.)", ["Jo (author of introduction)"]),
        ("Jo (trl)", ["Jo (translator)"]),
        ("Jo (pnc)", ["Jo (artist)"]),  # MARC's penciller
        ("Jo (Barista)", ["Jo (contributor)"]),
        ("Jo", ["Jo (contributor)"]),
        ("Jo Smith (1950-2001)", ["Jo Smith (1950-2001) (contributor)"]),
        ("Prince (musician) (narrators)", ["Prince (musician) (narrator)"]),
        ("(translator)", ["(translator) (contributor)"]),
        ("", []),
        ("A (translator); A (trans.)\nB", ["A (translator)", "B (contributor)"]),
    ],
)
def test_a_role_is_one_of_the_list_and_no_person_is_lost(written: str, kept: list[str]) -> None:
    assert record.contributors(written) == kept
    assert record.contributors(kept) == kept


@pytest.mark.once
@pytest.mark.parametrize("written", ["Jo (author)", f"{'n' * 201} (editor)", ["A;B"], 3])
def test_what_is_no_contributor_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        record.contributors(written)


@pytest.mark.once
def test_every_role_is_read_as_it_is_written() -> None:
    for code, label in roles.LABELS.items():
        assert roles.codes(label) == roles.codes(code) == [code]
        assert len(code) == 3
        assert ";" not in label


@pytest.mark.once
@pytest.mark.parametrize(
    ("cells", "authors", "contributors"),
    [
        (["村上春樹 著", "Jay Rubin 訳"], ["村上春樹"], ["Jay Rubin (translator)"]),
        (["A", "B (Übersetzer)", "C [ill.]"], ["A"], ["B (translator)", "C (illustrator)"]),
        (["A (author, illustrator)"], ["A"], ["A (illustrator)"]),
        (["A (Ed.)", "B (Translator)"], ["A"], ["B (translator)"]),
        (["A (of Oxford)"], ["A (of Oxford)"], []),
        (["A (joint author)"], ["A"], []),
        (["A", "hrsg. von B"], ["A"], ["B (editor)"]),
        (["A", "Translated by B"], ["A"], ["B (translator)"]),
        (["A", "traduit par B"], ["A"], ["B (translator)"]),
        (["by A"], ["A"], []),
        (["Hrsg.: A"], ["A"], []),
        (["A", "B C, editor"], ["A"], ["B C (editor)"]),
        (["Ed von Berg", "Spiegelman, Art"], ["Ed von Berg", "Spiegelman, Art"], []),
        (["한강 저", "홍길동 역"], ["한강"], ["홍길동 (translator)"]),
        (["夏目漱石／著", "柳瀬尚紀 訳"], ["夏目漱石"], ["柳瀬尚紀 (translator)"]),
        (["A B [et al.]", "et al."], ["A B"], []),
        (["Иванов И. И. и др."], ["Иванов И. И."], []),
    ],
)
def test_a_cell_of_authors_may_name_others_too(cells: list[str], authors: list[str], contributors: list[str]) -> None:
    assert people(map(split_role, cells)) == {"authors": authors, "contributors": contributors}


class Contributors(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add(TRANSLATED)
        Book.objects.add({"title": "Emma", "authors": ["Alfred Birnbaum"]})

    def person(self, name: str) -> Author:
        return Author.objects.get(name=name)

    async def found(self, query: str) -> list[str]:
        return [book["title"] for book in (await self.async_client.get("/books/", {"q": query})).json()["books"]]

    def test_a_search_finds_them_by_their_role_and_without(self) -> None:
        both = ["A Wild Sheep Chase", "Emma"]
        for query, titles in {
            "birnbaum": both,
            "translator:birnbaum": both[:1],
            "translator:birn": both[:1],
            'translator:"alfred birnbaum"': both[:1],
            'translator:"birnbaum kidd"': [],
            "TRANSLATOR:Birnbaum author:murakami": both[:1],
            "-translator:birnbaum": both[1:],
            "translator:kidd": [],
            "cover:kidd": both[:1],
            "contributor:kidd": both[:1],
            "author:birnbaum": both[1:],
        }.items():
            with self.subTest(query):
                assert sorted(Book.objects.search(query).values_list("title", flat=True)) == titles

    def test_another_name_of_a_translator_is_found_as_a_translator(self) -> None:
        edit(self.person("Alfred Birnbaum"), {"names": ["アルフレッド・バーンバウム"]}, COMMAND)
        assert [book.title for book in Book.objects.search("translator:バーンバウム")] == ["A Wild Sheep Chase"]
        assert [book.title for book in Book.objects.search("author:バーンバウム")] == ["Emma"]
        added = Book.objects.add({"title": "B", "contributors": ["アルフレッド・バーンバウム (editor)"]})
        assert added.contributors == "Alfred Birnbaum (editor)"

    def test_renaming_and_merging_change_them_too_and_are_undone(self) -> None:
        Book.objects.add({"title": "C", "contributors": ["A. Birnbaum (translator)", "Alfred Birnbaum (translator)"]})
        edit(self.person("A. Birnbaum"), {"name": "Alfred Birnbaum"}, COMMAND, merge=True)
        edit(self.person("Alfred Birnbaum"), {"name": "Alf"}, COMMAND)
        assert [*Book.objects.order_by("pk").values_list("contributors", flat=True)] == [
            "Alf (translator)\nChip Kidd (cover designer)",
            "",
            "Alf (translator)",
        ]
        for change in NameChange.objects.order_by("-pk"):
            undo(change.pk, COMMAND)
        assert Book.objects.get(title="C").contributors == "A. Birnbaum (translator)\nAlfred Birnbaum (translator)"
        assert Author.objects.filter(name="A. Birnbaum").exists()

    def test_their_rows_go_with_the_last_of_their_books(self) -> None:
        Book.objects.change(self.book.pk, {"contributors": ["Alfred Birnbaum (editor)"]})
        assert [*BookAuthor.objects.filter(book=self.book).order_by("position").values_list("role", flat=True)] == [
            "aut",
            "edt",
        ]
        assert not Author.objects.filter(name="Chip Kidd").exists()

    def test_what_is_derived_of_them_is_made_again_from_the_links(self) -> None:
        Book.objects.filter(pk=self.book.pk).update(contributors="", author_key="")
        assert derive([self.book.pk]) == 1
        assert Book.objects.get(pk=self.book.pk).contributors == "\n".join(TRANSLATED["contributors"])
        assert [book.title for book in Book.objects.search("translator:birnbaum")] == ["A Wild Sheep Chase"]

    def test_a_merged_book_has_those_of_all(self) -> None:
        values: Any = {**TRANSLATED, "contributors": ["Birnbaum, Alfred (translator)", "Jo (editor)"]}
        other = Book.objects.add(values)
        merge({self.book.pk: 1, other.pk: 1}, self.book.pk, {}, COMMAND)
        assert Book.objects.get(pk=self.book.pk).contributors.split("\n") == [
            *TRANSLATED["contributors"],
            "Jo (editor)",
        ]

    async def test_the_page_of_a_book_names_everybody_and_lists_name_authors(self) -> None:
        data = (await self.async_client.get(f"/books/{self.book.pk}/")).json()
        assert (data["authors"], data["contributors"]) == (["Haruki Murakami"], TRANSLATED["contributors"])
        html = (
            await self.async_client.get(f"/books/{self.book.pk}/", headers={"accept": "text/html"})
        ).content.decode()
        assert "Alfred Birnbaum</a> (translator)" in html
        told = json.loads(html.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
        assert (told["translator"][0]["name"], told["contributor"][0]["name"]) == ("Alfred Birnbaum", "Chip Kidd")
        entry = (await self.async_client.get("/books/?q=sheep")).json()["books"][0]
        assert entry["authors"] == ["Haruki Murakami"]

    async def test_the_page_of_a_person_tells_roles_apart(self) -> None:
        person = await Author.objects.aget(name="Alfred Birnbaum")
        data = (await self.async_client.get(f"/authors/{person.pk}/")).json()
        assert [book["title"] for book in data["books"]] == ["Emma"]
        assert data["contributions"] == [
            {
                "role": "translator",
                "count": 1,
                "books": [{"url": f"/books/{self.book.pk}/", "name": "A Wild Sheep Chase"}],
                "url": "/books/?q=translator%3A%22Alfred+Birnbaum%22",
            }
        ]
        assert await self.found('translator:"Alfred Birnbaum"') == ["A Wild Sheep Chase"]
        kidd = await Author.objects.aget(name="Chip Kidd")
        page = await self.async_client.get(f"/authors/{kidd.pk}/", headers={"accept": "text/html"})
        assert b"As cover designer" in page.content
        assert b"no books" not in page.content
        counts = {each["name"]: each["books"] for each in (await self.async_client.get("/authors/")).json()["authors"]}
        assert counts == {"Alfred Birnbaum": 2, "Chip Kidd": 1, "Haruki Murakami": 1}

    async def test_feeds_list_those_who_wrote_and_name_the_others_of_a_book(self) -> None:
        authors = (await self.async_client.get("/opds2/authors/")).json()["navigation"]
        assert [each["title"] for each in authors] == ["Alfred Birnbaum", "Haruki Murakami"]
        told = (await self.async_client.get(f"/opds2/books/{self.book.pk}/")).json()["metadata"]
        assert (told["translator"], told["contributor"]) == ([{"name": "Alfred Birnbaum"}], [{"name": "Chip Kidd"}])
        opds = (await self.async_client.get(f"/opds/books/{self.book.pk}/")).content
        assert b"<contributor><name>Alfred Birnbaum (translator)</name></contributor>" in opds


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("bibtex", ["Jay Rubin (translator)", "Jo Lee (editor)"]),
        ("ris", ["Jay Rubin (translator)", "Jo Lee (editor)"]),
        ("csl", ["Jay Rubin (translator)", "Jo Lee (editor)", "Chip Kidd (contributor)"]),
        ("marcxml", ["Jo Lee (editor)", "Jay Rubin (translator)", "Chip Kidd (cover designer)"]),
    ],
)
def test_an_export_that_is_imported_again_keeps_the_roles_it_can_say(name: str, kept: list[str]) -> None:
    people = ["Jo Lee (editor)", "Jay Rubin (translator)", "Chip Kidd (cover designer)"]
    content = written(
        name,
        {"title": "Kokoro", "authors": ["Ann Poe"], "contributors": people, "language": "en", "published_year": 1914},
    )
    with source.opened(io.BytesIO(content)) as opened:
        table = tables.opened(opened, {})
        (found,) = [cleaned(row, table.format) for row in table.rows(table.start, table.before)]
    assert found.fields["authors"] == ["Ann Poe"]
    assert sorted(found.fields["contributors"]) == sorted(kept)
