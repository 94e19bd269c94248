import pytest

from books.metadata.years import format_span, parse_span

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1950", (1950, 1950)),
        ("-300", (-300, -300)),
        ("300 BC", (-300, -300)),
        ("1950年", (1950, 1950)),
        ("1950..1959", (1950, 1959)),
        ("1950-1959", (1950, 1959)),
        ("1950–59", (1950, 1959)),
        (" 1950 to 1959 ", (1950, 1959)),
        ("1950～1959", (1950, 1959)),
        ("1950年〜1959年", (1950, 1959)),
        ("-500..-300", (-500, -300)),
        ("-500 - -300", (-500, -300)),
        ("500 BC - 300 BC", (-500, -300)),
        ("1950s", (1950, 1959)),
        ("the 1950’s", (1950, 1959)),
        ("1950年代", (1950, 1959)),
        ("19th century", (1801, 1900)),
        ("1950..", (1950, None)),
        ("..1950", (None, 1950)),
        ("1950-", (1950, None)),
        ("after 1950", (1951, None)),
        ("Since 1950", (1950, None)),
        (">= 1950", (1950, None)),
        ("1950年以降", (1950, None)),
        ("before 1900", (None, 1899)),
        ("until 1900", (None, 1900)),
        ("1900年以前", (None, 1900)),
        ("１９５０", None),
        ("..", None),
        ("-", None),
        ("", None),
        ("then", None),
        ("9999", None),
        ("1950..9999", None),
        ("1..2..3", None),
        ("1950" * 50, None),
        ("ﷺ" * 40, None),
    ],
)
def test_years_are_read_as_people_write_them(text: str, years: tuple[int | None, int | None] | None) -> None:
    assert parse_span(text) == years


@pytest.mark.parametrize("text", ["1950", "1950..1959", "..1950", "1950..", "-500..-300"])
def test_a_span_is_written_in_its_shortest_way(text: str) -> None:
    years = parse_span(text)
    assert years is not None
    assert format_span(years) == text
