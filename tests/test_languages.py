import pytest
from django.core.exceptions import ValidationError

from books.metadata import languages

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("eng", "en"),
        ("EN", "en"),
        ("en_US", "en-us"),
        ("ger", "de"),
        ("deu", "de"),
        ("grc", "grc"),
        ("zh-Hant", "zh-hant"),
    ],
)
def test_one_language_has_one_code(written: str, canonical: str) -> None:
    assert languages.canonical(written) == canonical


@pytest.mark.parametrize("text", ["english", "e", "日本", "en-", "x" * 100])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="language code"):
        languages.canonical(text)


@pytest.mark.parametrize(
    ("tag", "name"), [("ja", "Japanese"), ("pt-br", "Brazilian Portuguese"), ("en-us", "English"), ("xx", "XX")]
)
def test_a_language_has_a_name_to_read(tag: str, name: str) -> None:
    assert languages.name(tag) == name
