import pytest
from django.core.exceptions import ValidationError

from books.metadata import languages

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("eng", "en"),
        ("engl.", "en"),
        ("ang.", "en"),
        ("ang", "ang"),
        ("ESP", "es"),
        ("рус.", "ru"),
        ("English edition", "en"),
        ("eng fre", "mul"),
        ("English with Latin", "mul"),
        ("mol", "ro"),
        ("EN", "en"),
        ("en_US", "en-us"),
        ("ger", "de"),
        ("deu", "de"),
        ("grc", "grc"),
        ("zh-Hant", "zh-hant"),
        ("yid", "yi"),
        ("tib", "bo"),
        ("bod", "bo"),
        ("scr", "hr"),
        ("iw", "he"),
        ("in", "id"),
        ("ji", "yi"),
        ("fil", "tl"),
        ("English", "en"),
        ("japanisch", "ja"),
        ("français", "fr"),
        ("FRANCAIS", "fr"),
        ("alemán", "de"),
        ("日本語", "ja"),
        ("フランス語", "fr"),
        ("한국어", "ko"),
        ("\u200eEnglish ", "en"),
        ("Portuguese (Brazil)", "pt-br"),
        ("English (US)", "en-us"),
        ("English [United Kingdom]", "en-gb"),
        ("Spanish (Latin America)", "es-419"),
        ("en (AU)", "en-au"),
        ("Chinese (Simplified)", "zh-hans"),
        ("中文（繁體）", "zh-hant"),
        ("Chinese (Traditional, Hong Kong)", "zh-hant-hk"),
        ("Serbian (Cyrillic)", "sr-cyrl"),
        ("Norwegian (Bokmål)", "nb"),
        ("Dutch (original)", "nl"),
        ("Brazilian Portuguese", "pt-br"),
        ("Ancient Greek", "grc"),
        ("English, German", "mul"),
        ("eng; fre", "mul"),
        ("English and en", "en"),
        ("castellano", "es"),
        ("Farsi", "fa"),
        ("nynorsk", "nn"),
        ("Mandarin", "zh"),
        ("Chinese, Mandarin", "zh"),
        ("Bahasa Indonesia", "id"),
        ("język polski", "pl"),
        ("engelska", "en"),
        ("日文", "ja"),
        ("義大利文", "it"),
        ("Greek, Modern (1453-)", "el"),
        ("English, Old (ca. 450-1100)", "ang"),
        ("Spanish; Castilian", "es"),
        ("Norwegian Nynorsk; Nynorsk, Norwegian", "nn"),
        ("Norwegian Bokmål; Norwegian Nynorsk", "mul"),
        ("lingua italiana", "it"),
        ("lengua española", "es"),
        ("langue anglaise", "en"),
        ("Deutsche Sprache", "de"),
        ("Serbo-Croatian", "hbs"),
        ("Serbo-Croatian (Cyrillic)", "hbs-cyrl"),
        ("sh", "hbs"),
        ("Ga", "gaa"),
        ("ga", "ga"),
        ("Bini; Edo", "bin"),
        ("Swiss German; Alemannic; Alsatian", "gsw"),
        ("Slavic languages", "sla"),
        ("Imperial Aramaic (700-300 BCE)", "arc"),
        ("正體中文", "zh-hant"),
        ("Provençal (to 1500)", "pro"),
        ("engleski", "en"),
        ("angol", "en"),
        ("englanti", "en"),
        ("tiếng Anh", "en"),
        ("Αγγλικά", "en"),
        ("อังกฤษ", "en"),
        ("Text in German", "de"),
        ("auf Deutsch", "de"),
        ("en français", "fr"),
        ("Langue : français", "fr"),
        ("eng.", "en"),
        ("en_US.UTF-8", "en-us"),
        ("cmn", "zh"),
        ("arb", "ar"),
        ("English-French", "mul"),
        ("inglese e francese", "mul"),
        ("русский и английский", "mul"),
        ("日本語・英語", "mul"),
    ],
)
def test_one_language_has_one_code(written: str, canonical: str) -> None:
    assert languages.canonical(written) == canonical


@pytest.mark.parametrize(
    ("code", "right"),
    [("jp", "ja"), ("cz", "cs"), ("gr", "el"), ("dk", "da"), ("UA", "uk"), ("cn", "zh"), ("USA", "en")],
)
def test_the_code_of_a_country_is_refused_with_the_right_one(code: str, right: str) -> None:
    with pytest.raises(ValidationError, match=rf"Did you mean {right} \("):
        languages.canonical(code)


@pytest.mark.parametrize("text", ["klingonese", "e", "日本", "bahasa", "en-", "xx", "x" * 300])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="language code"):
        languages.canonical(text)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("ja", "Japanese"),
        ("pt-br", "Brazilian Portuguese"),
        ("en-us", "English"),
        ("yi", "Yiddish"),
        ("mul", "Several languages"),
        ("sla", "Slavic languages"),
        ("xx", "XX"),
    ],
)
def test_a_language_has_a_name_to_read(tag: str, name: str) -> None:
    assert languages.name(tag) == name


@pytest.mark.parametrize(
    ("written", "rest"),
    [("Dutch (original)", "original"), ("English (US, UK)", "uk"), ("Chinese (Simplified)", ""), ("English", "")],
)
def test_what_a_tag_does_not_say_of_a_language_is_named(written: str, rest: str) -> None:
    assert languages.other_qualifiers(written) == rest
