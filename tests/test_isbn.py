import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from books.metadata import isbn, record

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "spelling",
    [
        "9780306406157",
        "978-0-306-40615-7",
        "978 0 306 40615 7",
        "0306406152",
        "0-306-40615-2",
        "ISBN 0-306-40615-2",
        "ISBN-13: 978-0-306-40615-7",
        "isbn:9780306406157",
        "urn:isbn:9780306406157",
        '="0306406152"',
        "９７８０３０６４０６１５７",
        "978‐0‐306‐40615‐7",
        "0306406152 (pbk.)",
        "0 306 40615 2",
        "978-0-306-40615-7 (hardcover : alk. paper)",
        "9780306406157 paperback",
        "[0306406152]",
        "\u200e978-0306406157",
        "9780306406157\u200f",
        "ISBN-13 \u200f : \u200e 978-0306406157",
        "ISBN10: 0306406152",
        "ISBN 13 9780306406157",
        "'9780306406157",
        "9780306406157.0",
        "978.0.306.40615.7",
        "978·0·306·40615·7 (pbk.)",
        "978–0–306–40615–7",
        "9,780,306,406,157",
        "306406152",
        "9780306406157.",
        "eISBN: 9780306406157",
        "EAN 9780306406157",
        "٩٧٨٠٣٠٦٤٠٦١٥٧",
        "9780306406157 : £12.99",
        "0306406152 (pbk.) : $3.99",
        "ISBN9780306406157 1刷",
        "ISBN Nr. 978-0-306-40615-7",
        "ISBN (13): 9780306406157",
        "ISBN‑13：978‑0‑306‑40615‑7",
        "I.S.B.N. 0-306-40615-2",
        "ISBN-13 (pbk): 978-0-306-40615-7",
        "شابک: 9780306406157",
        'מסת"ב 978-0-306-40615-7',
        "’9780306406157",
        "9'780'306'406'157",
        "9780306406157 hardback £20",
        "https://example.com/isbn/9780306406157",
    ],
)
def test_every_spelling_of_an_isbn_gives_its_13_digits(spelling: str) -> None:
    assert isbn.canonical(spelling) == "9780306406157"


@pytest.mark.parametrize("x", "xXХхΧ")
def test_an_isbn_10_may_end_with_an_x_of_any_keyboard(x: str) -> None:
    assert isbn.canonical(f"0-8044-2957-{x}") == "9780804429573"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9780306406158", "wrong digit"),
        ("0306406153", "wrong digit"),
        ("97803064", "10 or 13 digits"),
        ("hello", "10 or 13 digits"),
        ("5012345678900", "10 or 13 digits"),
        ("9790260000438", "ISMN"),
        ("1920193032809", "second barcode"),
        ("1910193032809", "second barcode"),
        ("4910012345678", "magazine"),
        ("9.78031E+12", "spreadsheet"),
        ("B00ABCDEFG", "10 or 13 digits"),
        ("9780306406157 9780804429573", "10 or 13 digits"),
        ("4006381333931 for 0306406152", "10 or 13 digits"),
        ("9" * 5000, "10 or 13 digits"),
    ],
)
def test_what_is_no_isbn_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        isbn.canonical(text)


@given(st.text())
def test_any_text_is_an_isbn_or_refused(text: str) -> None:
    try:
        number = isbn.canonical(text)
    except ValidationError:
        return
    assert len(number) == 13
    assert number.isascii()
    assert number.isdigit()


@given(st.from_regex(r"97[89][0-9]{10}", fullmatch=True))
def test_the_short_way_says_what_the_long_one_says(number: str) -> None:
    try:
        long_way = isbn.canonical(f"ISBN {number}") == number
    except ValidationError:
        long_way = False
    assert isbn.is_canonical(number) == long_way


def test_an_isbn_is_shown_with_its_dashes() -> None:
    assert isbn.hyphenated("9780306406157") == "978-0-306-40615-7"


def test_isbns_are_found_in_a_line_of_text() -> None:
    assert isbn.find_all("see 0-306-40615-2, or 978 0 306 40615 8") == [("0-306-40615-2", "9780306406157")]


@pytest.mark.parametrize("text", ["0", "0000000000", "0000000000000", "000-0-00-000000-0", '=""', '=" "', "\u200e"])
def test_nothing_but_zeros_is_no_isbn(text: str) -> None:
    assert record.clean({"isbn13": text}) == ({"isbn13": None}, {})


@pytest.mark.parametrize(
    ("isbn13", "isbn10"), [("9780306406157", "0306406152"), ("9780804429573", "080442957X"), ("9791034738441", "")]
)
def test_an_isbn_has_ten_digits_if_it_begins_with_978(isbn13: str, isbn10: str) -> None:
    assert isbn.isbn10(isbn13) == isbn10
