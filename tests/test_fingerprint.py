import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from books.metadata import fingerprint
from books.metadata.record import clean

pytestmark = pytest.mark.once

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
NAMES = st.text("abcdefghij", min_size=2, max_size=10)  # single letters are initials, and stay in their order
ONE = [
    ("Kokoro", "Natsume Sōseki", "kokoro!", "Natsume, Soseki"),
    ("The Two Towers", "J. R. R. Tolkien", "Two towers", "Tolkien, J.R.R."),
    ("The Two Towers", "JRR Tolkien", "THE TWO TOWERS", "J.R.R. Tolkien"),
    ("L’Étranger", "Albert Camus", "L'etranger", "Camus, Albert"),
    ("Middlemarch: A Study of Provincial Life", "George Eliot", "Middlemarch", "Eliot, George"),
    ("銀河鉄道の夜", "宮沢賢治", "銀河 鉄道の夜", "宮沢 賢治"),
    ("カラマーゾフの兄弟", "ドストエフスキー", "ｶﾗﾏｰｿﾞﾌの兄弟", "ドストエフスキー"),
    ("Война и мир", "Лев Толстой", "война и мир.", "Толстой, Лев"),
]
TWO = [
    ("Kokoro", "Natsume Sōseki", "Kokoro", "Lafcadio Hearn"),
    ("Kokoro", "Natsume Sōseki", "Botchan", "Natsume Sōseki"),
    ("が", "あ", "か", "あ"),
    ("कि", "क", "की", "क"),
    ("!!!", "A", "???", "A"),
    ("The", "A", "A", "A"),
    ("第1巻", "A", "第2巻", "A"),
]


def of(title: str, *authors: str) -> str:
    return fingerprint.of(title, [*authors])


@pytest.mark.parametrize(("title", "author", "other_title", "other_author"), ONE)
def test_spellings_of_one_book_have_one(title: str, author: str, other_title: str, other_author: str) -> None:
    assert of(title, author) == of(other_title, other_author)


@pytest.mark.parametrize(("title", "author", "other_title", "other_author"), TWO)
def test_two_books_have_two(title: str, author: str, other_title: str, other_author: str) -> None:
    assert of(title, author) != of(other_title, other_author)


def test_only_the_first_author_counts() -> None:
    assert of("Kokoro", "Natsume Sōseki", "Edwin McClellan") == of("Kokoro", "Natsume Sōseki")
    assert of("Kokoro", "Natsume Sōseki") != of("Kokoro")


def test_they_are_in_the_order_of_titles() -> None:
    assert sorted(["Zorba", "The Apple", "Ärger", "Äpfel"], key=of) == ["Äpfel", "The Apple", "Ärger", "Zorba"]


@given(TEXTS, TEXTS)
@example(":", ":")
@example("¨", "")
@example("x" * 1000, "_")
def test_whatever_a_book_is_called_it_fits_its_column_and_an_address(title: str, author: str) -> None:
    found = of(title, author)
    assert re.fullmatch(fingerprint.SHAPE, found)
    assert len(found) <= fingerprint.LENGTH


@given(TEXTS, TEXTS)
@example(":\r", "0")
@example("¨\r¨", "0")
def test_what_is_stored_has_the_fingerprint_of_what_was_written(title: str, author: str) -> None:
    record, errors = clean({"title": title, "authors": [author]})
    if not errors and record["authors"] == [author]:
        assert of(record["title"], *record["authors"]) == of(title, author)


@given(st.lists(NAMES, min_size=1, max_size=4), st.randoms())
def test_the_order_of_a_name_does_not_matter(parts: list[str], chance: object) -> None:
    other = [*parts]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert of("Kokoro", " ".join(parts)) == of("Kokoro", ", ".join(other))


@given(st.text("abcÀéあ가 ", min_size=1).filter(str.strip))
def test_unicodes_two_spellings_are_one(title: str) -> None:
    assert of(unicodedata.normalize("NFD", title)) == of(unicodedata.normalize("NFC", title))
