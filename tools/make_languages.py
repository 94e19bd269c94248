"""Makes books/metadata/tables/languages.txt and countries.txt, from Unicode's CLDR (babel) and ISO 639 (pycountry).

    pip install babel pycountry && python tools/make_languages.py

languages.txt: a language a line, separated by tabs: its code (two letters where it has them), its other codes, its
English name, and its other names, lower case. countries.txt: the codes of countries that are none of languages, with
the language that most people there read.
"""

from contextlib import suppress
from pathlib import Path

import pycountry
from babel import Locale, UnknownLocaleError
from babel.core import get_global

FOLDER = Path("books/metadata/tables")
NAMED_IN = ("en", "de", "fr", "es", "ja", "it", "pt", "nl", "zh", "ru")
ALSO_NAMED_IN = (  # those of ISO 639-1
    *NAMED_IN,
    *("zh_Hant", "ar", "cs", "ko", "nb", "pl", "sv", "tr", "uk"),
    *("bg", "el", "et", "fa", "fi", "he", "hi", "hr", "hu", "id", "lt", "lv", "ro", "sk", "sl", "sr", "th", "vi"),
)
DEPRECATED = {"he": "iw", "id": "in", "yi": "ji", "jv": "jw", "ro": "mo", "sr": "scc", "hr": "scr"}
BCP47 = {"tl": "tgl fil"}


def names_of(tag: str) -> list[str]:
    languages = ALSO_NAMED_IN if len(tag) == len("en") else NAMED_IN
    found = [Locale.parse(language).languages.get(tag) for language in languages]
    with suppress(UnknownLocaleError, ValueError):
        found.append(Locale.parse(tag).get_display_name(tag))
    return [name for name in found if name]


def line_of(language: object) -> str:
    three = language.alpha_3
    code = getattr(language, "alpha_2", three)
    others = {three, getattr(language, "bibliographic", three), *DEPRECATED.get(code, "").split()}
    others |= set(BCP47.get(code, "").split())
    first, *more = names_of(code) or names_of(three) or [language.name]
    aliases = {each.strip().lower() for each in (language.name, *more)} - {first.lower(), ""}
    return "\t".join([code, " ".join(sorted(others - {code})), first, "\t".join(sorted(aliases))]).rstrip()


def main() -> None:
    cldr = Locale("en").languages
    two = [each for each in pycountry.languages if hasattr(each, "alpha_2") and each.alpha_2 != "sh"]
    three = [each for each in pycountry.languages if not hasattr(each, "alpha_2") and each.alpha_3 in cldr]
    three = [each for each in three if each.alpha_3 not in {"fil"}]
    lines = sorted(map(line_of, two)) + sorted(map(line_of, three))
    for tag in ("pt_BR", "zh_Hans", "zh_Hant", "en_GB", "en_US", "fr_CA", "es_419"):
        first, *more = names_of(tag)
        lines.append("\t".join([tag.lower().replace("_", "-"), "", first, *sorted({each.lower() for each in more})]))
    (FOLDER / "languages.txt").write_text("\n".join(lines) + "\n", "utf-8")
    known = {code for each in lines for code in (each.split("\t")[0], *each.split("\t")[1].split())}
    likely, found = get_global("likely_subtags"), {}
    for country in pycountry.countries:
        language = likely.get(f"und_{country.alpha_2}", "en").split("_")[0]
        found |= {code: language for code in (country.alpha_2.lower(),) if code not in known}
    (FOLDER / "countries.txt").write_text("".join(f"{code} {found[code]}\n" for code in sorted(found)), "utf-8")


if __name__ == "__main__":
    main()
