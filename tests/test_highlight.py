import sys
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st

from books.models import Book
from books.search.highlight import Highlighter
from books.search.query import parse

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("kafka", "Kafka on the Shore", ["Kafka"]),
        ("kaf sho", "Kafka on the Shore", ["Kaf", "Sho"]),
        ("bronte", "Charlotte Brontë", ["Brontë"]),
        ("strasse", "Die Straße", ["Straße"]),
        ("afka", "Kafka", []),
        ("目漱", "夏目漱石", ["目漱"]),
        ("夏目漱石", "夏目漱石全集", ["夏目漱石"]),
        ("ｶﾞｽ", "ガス", ["ガス"]),
        ('"on the"', "Kafka on the Shore", ["on the"]),
        ("author:kafka", "Kafka", []),
        ("-kafka shore", "Kafka on the Shore", ["Shore"]),
        ("ff", "ﬀ", ["ﬀ"]),
        ("kafka", "夏kafka", ["kafka"]),
        ("दान", "गोदान", []),
        ('"गो दान"', "गो, दान", ["गो, दान"]),
    ],
)
def test_what_was_searched_is_marked(query: str, text: str, expected: list[str]) -> None:
    assert [part for part, is_hit in Highlighter(parse(query), "title").parts(text) if is_hit] == expected


@given(st.text(max_size=60), st.text(max_size=30))
def test_the_pieces_are_the_text_whatever_is_searched(text: str, query: str) -> None:
    assert "".join(part for part, _ in Highlighter(parse(query), "title").parts(text)) == text


CLASSES = {
    "Indic signs": "\u0902",
    "words of Indic signs": "\u0902 ",
    "combining marks": "\u0300\u0323",
    "marks that stay": "\u094d\u3099",
    "Han": "漱",
    "Hangul jamo": "\u1100",
    "punctuation": "…,",
    "beyond the first plane": "𠀀😀",
    "digits": "1",
    "words of digits": "1 ",
    "spaces": " \u3000",
    "HTML": "<b>&amp;",
    "letters": "a",
    "words": "a ",
}


class Steps:
    """Counts the calls of Python and C functions: a measure of work that other programs cannot disturb."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: object) -> None:
        self.count += 1


def steps(text: str, query: str) -> int:
    highlighter, counted = Highlighter(parse(query), "title"), Steps()
    sys.setprofile(counted)
    try:
        highlighter.parts(text)
    finally:
        sys.setprofile(None)
    return counted.count


@pytest.mark.parametrize("name", CLASSES)
def test_four_times_the_text_is_four_times_the_work_at_the_most(name: str) -> None:
    part = CLASSES[name]
    query = f'"{part[:1]} {part[:1]} {part[:1]} zq" {part[:2]} a 漱 "a a a b"'
    once, four_times = (steps((part * length)[:length], query) for length in (1000, 4000))
    assert four_times <= 4.1 * once + 100


class Pages(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Book.objects.add({"title": "<b>Kafka</b> & co", "authors": ["Haruki Murakami"]})
        Book.objects.add({"title": "Война и мир"})

    async def page(self, query: str) -> str:
        response = await self.async_client.get("/books/", {"q": query}, headers={"accept": "text/html"})
        return response.content.decode()

    async def test_a_page_marks_it_and_nothing_else_becomes_markup(self) -> None:
        page = await self.page("kafka murak")
        assert "&lt;b&gt;<mark>Kafka</mark>&lt;/b&gt; &amp; co" in page
        assert "Haruki <mark>Murak</mark>ami" in page

    async def test_a_word_one_slip_away_is_proposed(self) -> None:
        for query, meant in (
            ("kafak", "kafka"),
            ("kavka", "kafka"),
            ("murakmi kafka", "murakami kafka"),
            ("вайна", "воина"),
        ):
            with self.subTest(query=query):
                page = await self.page(query)
                assert "Did you mean" in page
                assert f">{meant}</a>?" in page

    async def test_the_word_of_most_books_is_proposed(self) -> None:
        for title in ("Marten", "Martin 1", "Martin 2", "Marton"):
            await sync_to_async(Book.objects.add)({"title": title})
        with mock.patch("books.search.spelling.ENOUGH", 1):  # up to which all words are counted
            assert ">martin</a>?" in await self.page("martxn")

    async def test_nothing_is_proposed_where_nothing_is_like_it(self) -> None:
        for query in ("zzzzzz", "夏目", "k", "123456", "kafak wwww xxxx zzzz"):  # four are no slips
            with self.subTest(query=query):
                assert "Did you mean" not in await self.page(query)
