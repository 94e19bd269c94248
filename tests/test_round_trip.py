import json
from io import BytesIO
from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.test import AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from books.metadata import record
from books.models import Book
from tests.importing.lists import imported

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "''@", "-", "+", "\t", "a;b", 'q"q', "a,b", "＝", "'", " x ", "心"]
)


def exported(name: str) -> bytes:
    async def fetch() -> bytes:
        response = await AsyncClient().get(f"/{name}")
        return b"".join([part async for part in response.streaming_content])  # type: ignore[attr-defined]

    return async_to_sync(fetch)()


def books() -> st.SearchStrategy[dict[str, Any]]:
    fields = dict.fromkeys(("subtitle", "publisher", "description", "series", "series_label"), WORDS)
    names = {name: st.lists(WORDS, max_size=3) for name in ("authors", "topics", "more_series", "contributors")}
    numbers = {"published_year": st.integers(-4000, 2100), "pages": st.integers(1, 99), "series_number": st.just(2.5)}
    return st.fixed_dictionaries({"title": WORDS, "source_key": WORDS}, optional=fields | names | numbers)


class RoundTrip(TestCase):
    @settings(max_examples=15)
    @given(st.lists(books(), max_size=4))
    def test_an_export_imported_into_an_empty_catalogue_exports_the_same_bytes(self, raw: list[dict[str, Any]]) -> None:
        Book.objects.all().delete()
        for number, book in enumerate(raw):
            # Two books that nothing tells apart are one to an import: each title here is another.
            values, errors = record.clean({**book, "title": f"{book['title']} {number}"})
            if not errors and not Book.objects.filter(source_key=values["source_key"] or "-").exists():
                Book.objects.add(values)
        for name in ("books.csv", "books.jsonl"):
            before, count = exported(name), Book.objects.count()
            Book.objects.all().delete()
            done = imported(BytesIO(before)) if count else None
            assert done is None or done.totals.created == count
            assert exported(name) == before


class OtherFormats(TestCase):
    """What another format carries comes in again as it was."""

    BOOKS: ClassVar[list[dict[str, Any]]] = [
        {
            "title": "The Waves",
            "subtitle": "a novel",
            "authors": ["Virginia Woolf", "夏目 漱石"],
            "isbn13": "9780306406157",
            "publisher": "Hogarth",
            "published_year": 1931,
            "language": "pt-br",
            "pages": 312,
            "description": "A\nB",
            "topics": ["Novels", "Sea, the"],
            "series": "S",
            "series_number": 2.5,
            "source_key": "aozora:056078",
        },
        {"title": "=1+1", "published_year": -380},
    ]

    def again(self, name: str) -> list[dict[str, Any]]:
        """The catalogue after its export into an empty one, without what is empty."""
        Book.objects.all().delete()
        for raw in self.BOOKS:
            Book.objects.add(record.clean(raw)[0])
        file = BytesIO(exported(name))
        Book.objects.all().delete()
        imported(file)
        lines = exported("books.jsonl").splitlines()
        return [{field: value for field, value in json.loads(line).items() if value} for line in lines]

    def test_each_format_carries_what_it_can_hold(self) -> None:
        whole = {**self.BOOKS[0], "topics": ["Novels", "Sea, the"]}
        without_key = {name: value for name, value in whole.items() if name != "source_key"}
        in_goodreads = {name: value for name, value in without_key.items() if name not in {"language", "description"}}
        del in_goodreads["subtitle"]
        last = self.BOOKS[1]
        for name, first, second in (
            ("books.csv", whole, last),
            ("books.xlsx", whole, last),
            ("books.ris", {**without_key, "description": "A B"}, last),  # a line a tag
            ("books.bib", without_key, last),
            ("books.csl.json", without_key, last),
            ("books.marc.xml", without_key, {**last, "title": "1+1"}),  # = is punctuation between its fields
            ("books.goodreads.csv", {**in_goodreads, "title": "The Waves: a novel"}, last),
        ):
            with self.subTest(name):
                assert self.again(name) == [first, second]
