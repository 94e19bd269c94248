"""{% memo %}: what was rendered of some values is kept for the next time that they are the same."""

from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe

from books.templatetags import catalogue

HOSTILE = "<script>alert('&')</script>"


def render(source: str, **values: Any) -> str:
    return Template(source).render(Context(values))


class Counter:
    """Says how often it was shown; memos do not remember it, since it is not among their values."""

    def __init__(self) -> None:
        self.shown = 0


@pytest.mark.parametrize(
    "source",
    [
        "{{ book.title }}",
        "{{ book.title|upper }} {{ book.authors|join:', ' }}",
        "{% for author in book.authors %}{{ forloop.counter }} {{ author }}{% empty %}nobody{% endfor %}",
        "{% if book.year %}{{ book.year }}{% endif %}",
        "{% with title=book.title %}{{ title }}{% endwith %}",
        "{{ book.missing }}",
        "{% include '_ornaments.html' %}",
        "{% url 'home' %}",
    ],
)
@pytest.mark.parametrize("title", ["Kokoro", "心", HOSTILE, ""])
def test_the_page_is_the_same_with_and_without_it(source: str, title: str) -> None:
    book = {"title": title, "authors": ["夏目 漱石", HOSTILE], "year": None}
    memo = Template(f"{{% memo book %}}{source}{{% endmemo %}}")
    first, again = (memo.render(Context({"book": book})) for _ in range(2))
    assert first == again == render(source, book=book)


def test_each_value_has_its_own_rendering() -> None:
    source = "{% for book in books %}{% memo book %}{{ book.title }},{% endmemo %}{% endfor %}"
    assert render(source, books=[{"title": title} for title in "abca"]) == "a,b,c,a,"


def test_numbers_and_texts_are_not_mistaken_for_each_other() -> None:
    source = "{% for value in values %}{% memo value %}{{ value|add:1 }},{% endmemo %}{% endfor %}"
    assert render(source, values=[1, "1x", True]) == "2,,2,"


def test_two_memos_with_the_same_value_are_two() -> None:
    assert render("{% memo a %}1{{ a }}{% endmemo %} {% memo a %}2{{ a }}{% endmemo %}", a="x") == "1x 2x"


def test_every_value_that_is_named_counts() -> None:
    memo = Template("{% memo a b %}{{ a }}{{ b }}{% endmemo %}")
    assert [memo.render(Context({"a": 1, "b": b})) for b in (1, 2)] == ["11", "12"]


def test_nothing_is_inside_but_the_values_named() -> None:
    assert render("{% memo a %}{{ a }}{{ b }}{% endmemo %}{{ b }}", a="a", b="b") == "ab"


def test_a_value_that_is_missing_is_empty() -> None:
    assert render("{% memo a %}[{{ a }}]{% endmemo %}") == "[]"


def test_what_is_set_inside_is_not_seen_after_it() -> None:
    assert render("{% memo %}{% cycle 'x' 'y' as c %}{% endmemo %}{{ c }}") == "x"


def test_hostile_values_are_escaped_however_often() -> None:
    memo = Template("{% memo a %}{{ a }}{% endmemo %}")
    assert {memo.render(Context({"a": HOSTILE})) for _ in range(3)} == {render("{{ a }}", a=HOSTILE)}
    assert "<script>" not in memo.render(Context({"a": HOSTILE}))


def test_a_page_without_escaping_and_one_with_it_do_not_share_a_rendering() -> None:
    memo = Template("{% memo a %}{{ a }}{% endmemo %}")
    memo.render(Context({"a": HOSTILE}, autoescape=False))
    assert "<script>" not in memo.render(Context({"a": HOSTILE}))


def test_what_is_marked_as_safe_is_escaped_all_the_same() -> None:
    """Plain data has no such mark: a template says |safe where it means it."""
    assert render("{% memo a %}{{ a }}{% endmemo %}", a=mark_safe("<b>")) == "&lt;b&gt;"


def test_it_is_rendered_once_for_a_value() -> None:
    memo = Template("{% memo a %}{% now 'u' %}{{ a }}{% endmemo %}")
    assert len({memo.render(Context({"a": 1})) for _ in range(5)}) == 1


def test_a_template_cannot_change_what_it_was_given() -> None:
    book = {"authors": ["b", "a"]}
    render("{% memo book %}{{ book.authors.sort }}{% endmemo %}", book=book)
    assert book == {"authors": ["b", "a"]}


def test_the_one_not_asked_for_the_longest_is_forgotten_first(monkeypatch: Any) -> None:
    monkeypatch.setattr(catalogue, "MEMOS", 2)
    template = Template("{% memo a %}{{ a }}{% endmemo %}")
    (memo,) = template.nodelist
    for value in (1, 2, 1, 3, 3):
        template.render(Context({"a": value}))
    assert [values for _, values in memo.rendered] == [b'{"a":1}', b'{"a":3}']


def test_a_value_that_is_no_plain_data_is_an_error() -> None:
    with pytest.raises(TypeError):
        render("{% memo a %}{{ a }}{% endmemo %}", a=Counter())


def test_a_memo_without_an_end_is_an_error() -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% memo a %}{{ a }}")
