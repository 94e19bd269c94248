import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata.html_text import plain_text
from books.metadata.record import clean

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>One &amp; <b>two</b></p><br/>three &#8212; four", "One & two\n\nthree — four"),
        ("<div>\n  <p>One\nline</p>\n\n<p>Two</p></div>", "One line\n\nTwo"),
        ("line one<br>line two<br /><br />next", "line one\nline two\n\nnext"),
        ("<ul><li>a</li><li>b</li></ul>after", "a\nb\n\nafter"),
        ("<P CLASS='calibre'>Up</P>", "Up"),
        ("&lt;p&gt;Twice&lt;/p&gt;", "Twice"),
        ("a&nbsp;b<!-- unseen --><style>p {}</style>", "a b"),
        ("2 <i>x</i> < 3", "2 x < 3"),
    ],
)
def test_of_html_the_text_and_its_paragraphs_are_kept(written: str, text: str) -> None:
    assert plain_text(written) == text


@pytest.mark.parametrize(
    "written",
    ["a < b and b > c", "if a<b and c>d", "I <3 it", "the <b> tag", "x <y@z.org>", "AT&T; R&D", "one\n\n\n\ntwo"],
)
def test_text_that_is_no_html_is_not_changed(written: str) -> None:
    assert plain_text(written) == written


PIECES = ["<", ">", "/", "p", "b", "&", "amp;", "lt;", "gt;", " ", "\n", "x", "=", "!--"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_what_is_plain_text_once_stays_as_it_is(written: str) -> None:
    assert plain_text(plain_text(written)) == plain_text(written)


def test_hostile_text_is_read_in_one_pass() -> None:
    assert plain_text("<p" + " " * 150_000 + "</p>") == "<p"
    assert plain_text("<!--" * 40_000 + "-->") == "<!--" * 39_999


def test_a_description_is_cleaned_of_html_wherever_it_comes_from() -> None:
    assert clean({"description": "<p>A tale &amp; more</p>"}) == ({"description": "A tale & more"}, {})
