import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import search


def found(query: str, *texts: str, authors: tuple[str, ...] = (), isbn13: str | None = None) -> bool:
    held = search.search_text(texts, authors, isbn13)
    return all(phrase in held for phrase in search.phrases(query))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("bronte", "Brontë"),
        ("BRONTË", "brontë"),
        ("strasse", "Straße"),
        ("shore kafka", "Kafka on the Shore"),
        ("kaf", "Kafka on the Shore"),
        ("ｋａｆｋａ", "Kafka"),
        ("夏目", "夏目漱石"),
        ("目漱", "夏目漱石"),
        ("石", "夏目漱石"),
        ("心", "こころの心臓"),
        ("ｶﾌｶ", "カフカ短編集"),
        ("война мир", "Война и мир"),
        ("ΟΔΥΣΣΕΙΑ", "Οδύσσεια"),
        ("한강", "한강 소설"),
        ("الف ليله", "الف ليله و ليله"),
        ("गोदान", "गोदान"),
        ("สี่", "สี่แผ่นดิน"),
    ],
)
def test_a_query_finds_the_title_whatever_its_case_accents_and_script(query: str, title: str) -> None:
    assert found(query, title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("か", "が"),  # another letter, not an accent
        ("夏石", "夏目漱石"),
        ("漱目", "夏目漱石"),
        ("afka", "Kafka"),
        ("kafka tokyo", "Kafka on the Shore"),
        ("गद", "गोदान"),
    ],
)
def test_a_query_does_not_find_what_only_looks_alike(query: str, title: str) -> None:
    assert not found(query, title)


def test_two_runs_side_by_side_do_not_make_a_word_across_them() -> None:
    assert not found("目漱", "夏目 漱石")


def test_an_author_is_found_with_and_without_the_space_in_the_name() -> None:
    assert found("夏目漱石", authors=("夏目 漱石",))
    assert found("夏目 漱石", authors=("夏目 漱石",))


@pytest.mark.parametrize("query", ["978-0-306-40615-7", "0306406152", "0-306-40615-2 kokoro", "97803064"])
def test_an_isbn_is_found_in_any_spelling(query: str) -> None:
    assert found(query, "Kokoro", isbn13="9780306406157")


def test_punctuation_alone_asks_for_nothing() -> None:
    assert search.phrases(" ?! …") == []


@given(st.text(min_size=1, max_size=50))
def test_every_text_is_found_by_itself(text: str) -> None:
    assert found(text, text)


@given(st.text(alphabet=[chr(c) for c in range(0x4E00, 0x4E10)], min_size=2, max_size=12), st.data())
def test_every_part_of_two_or_more_han_characters_is_found_and_no_other(text: str, data: st.DataObject) -> None:
    part = data.draw(st.text(alphabet=sorted(set(text)), min_size=2, max_size=4))
    assert found(part, text) == (part in text)
