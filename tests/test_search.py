import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata.text import author_words, other_words, title_words
from books.search.expressions import Phrase
from books.search.query import MOST_WORDS, parse

pytestmark = pytest.mark.once


def held(words: tuple[str, ...], begins: bool, line: str) -> bool:
    text = f" {line} "
    return f" {' '.join(words)}{'' if begins else ' '}" in text


def found(query: str, *texts: str, authors: tuple[str, ...] = (), isbn13: str | None = None) -> bool:
    """What an index says, said by looking for the words in the lines."""
    title, subtitle, series, *_ = (*texts, "", "", "")
    lines = {
        "title": title_words(title, subtitle, series),
        "authors": author_words("\n".join(authors)),
        "topics": "",
        "other": other_words([""], isbn13, "", None),
    }
    asked = parse(query)
    return set(asked.isbns) <= {isbn13} and all(
        any(
            held(part.words, part.begins, lines[column])
            for phrase in term.phrases
            for part in phrase.parts()
            for column in part.columns
        )
        for term in asked.terms
    )


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("bronte", "Brontë"),
        ("BRONTË", "brontë"),
        ("strasse", "Straße"),
        ("shore kafka", "Kafka on the Shore"),
        ("kaf", "Kafka on the Shore"),
        ("k", "Kafka on the Shore"),
        ('"kafka on"', "Kafka on the Shore"),
        ("“on the sh”", "Kafka on the Shore"),
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
        ("l'étranger", "L’Étranger"),
        ("title:kafka", "Kafka on the Shore"),
        ("foo:bar", "Foo bar"),
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
        ('"kafka shore"', "Kafka on the Shore"),
        ("author:kafka", "Kafka on the Shore"),
        ("गद", "गोदान"),
        ("^", "Kafka"),
    ],
)
def test_a_query_does_not_find_what_only_looks_alike(query: str, title: str) -> None:
    assert not found(query, title) or not parse(query).terms


def test_two_runs_side_by_side_do_not_make_a_word_across_them() -> None:
    assert not found("目漱", "夏目 漱石")


def test_an_author_is_found_with_and_without_the_space_in_the_name() -> None:
    assert found("夏目漱石", authors=("夏目 漱石",))
    assert found("夏目 漱石", authors=("夏目 漱石",))


@pytest.mark.parametrize(
    "query",
    [
        "978-0-306-40615-7",
        "0306406152",
        "0-306-40615-2 kokoro",
        "97803064",
        "40615",
        "306-406",
        "isbn:0615",
        "306406152",
    ],
)
def test_an_isbn_is_found_in_any_spelling_and_by_any_part(query: str) -> None:
    assert found(query, "Kokoro", isbn13="9780306406157")


def test_four_digits_are_a_number_in_a_title_and_no_part_of_an_isbn() -> None:
    assert found("1984", "1984")
    assert not found("4061", "Kokoro", isbn13="9780306406157")


def test_all_refused_words_are_one_expression() -> None:
    query = parse("kafka -a -author:b -isbn:0615 -漱石 -a")
    [refused] = query.excluded
    assert [term.phrases for term in refused.terms] == [
        (
            Phrase(("a",)),
            Phrase(("b",), ("authors",)),
            Phrase(("#0615",), ("other",), begins=False),
            Phrase(("漱石",), begins=False),
        )
    ]
    assert all(rank.as_fts5().count('"b-"') == 1 for rank in query.ranks)


def test_words_beyond_the_most_are_left_out_and_named() -> None:
    query = parse(" ".join(f"w{number}" for number in range(MOST_WORDS)) + " -x author:y")
    assert query.size == MOST_WORDS
    assert query.ignored == ("-x", "author:y")


def test_a_phrase_that_is_too_long_is_cut() -> None:
    query = parse(f'"{"a " * (MOST_WORDS + 5)}"')
    assert [len(phrase.words) for term in query.terms for phrase in term.phrases] == [MOST_WORDS]
    assert len(query.ignored) == 1


def test_no_word_ends_its_quotation() -> None:
    phrase = Phrase(("a\"b'c\\",), ("topics",), begins=False)
    assert phrase.as_fts5() == """{topics} : "a""b'c\\\""""
    assert phrase.as_tsquery() == """'C:a"b''c\\\\'"""


def test_punctuation_alone_asks_for_nothing() -> None:
    assert parse(" ?! …").is_empty


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=50))
def test_every_text_is_found_by_itself(text: str) -> None:
    assert found(text, text)


@given(st.text(alphabet=[chr(c) for c in range(0x4E00, 0x4E10)], min_size=2, max_size=12), st.data())
def test_every_part_of_two_or_more_han_characters_is_found_and_no_other(text: str, data: st.DataObject) -> None:
    part = data.draw(st.text(alphabet=sorted(set(text)), min_size=2, max_size=4))
    assert found(part, text) == (part in text)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_parse(query: str) -> None:
    for rank in parse(query).ranks:
        assert rank.as_fts5()
        assert rank.as_tsquery()
