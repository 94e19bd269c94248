"""What our templates use instead of Django's own tags gives the same."""

import pytest
from django.template import Context, Template, defaulttags

pytestmark = pytest.mark.once


def test_an_address_without_arguments_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    template = Template("{% url 'book_list' %}")
    assert template.render(Context()) == "/books/"
    monkeypatch.setattr(defaulttags.URLNode, "render", None)
    assert template.render(Context()) == "/books/"


@pytest.mark.parametrize("text", ["{% url name %}", "{% url name as there %}{{ there }}", "{% url ''|add:name %}"])
def test_the_address_of_a_variable_follows_it(text: str) -> None:
    template = Template(text)
    assert [template.render(Context({"name": name})) for name in ("book_list", "topic_list")] == ["/books/", "/topics/"]


def test_an_address_with_arguments_follows_them() -> None:
    template = Template("{% url 'book_detail' pk %}")
    assert [template.render(Context({"pk": pk})) for pk in (1, 2)] == ["/books/1/", "/books/2/"]


@pytest.mark.parametrize("text", ["{% static path %}", "{% static path as there %}{{ there }}"])
def test_a_static_file_follows_its_variable(text: str) -> None:
    template = Template(text)
    names = ("books/style.css", "books/catalogue.js")
    found = [template.render(Context({"path": name})) for name in names]
    assert [name.rpartition(".")[2] for name in found] == ["css", "js"]
