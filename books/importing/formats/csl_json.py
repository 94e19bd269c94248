"""CSL-JSON, what citation processors read: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html"""

from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.citations import finished, isbns, series, titled
from books.importing.formats.values import count, first_isbn, natural, text, values

USES = {
    "title": "title",
    "title-short": "title",
    "author": "authors",
    "editor": "authors",
    "translator": "authors",
    "ISBN": "isbn13",
    "publisher": "publisher",
    "issued": "published_year",
    "original-date": "published_year",
    "language": "language",
    "number-of-pages": "pages",
    "abstract": "description",
    "keyword": "topics",
    "collection-title": "series",
    "collection-number": "series_number",
}
BOOKS = {"book", "thesis", "report", "collection", "pamphlet", "manuscript", "document"}


def read(cells: Mapping[str, Any]) -> RawFields:
    is_book = text(cells["type"]) in BOOKS
    written = {role: list(map(_csl_name, values(cells.get(role or "author")))) for role in ("", "editor", "translator")}
    fields = {
        **titled(text(cells["title"]), text(cells.get("title-short"))),
        "isbn13": first_isbn(*isbns(cells.get("ISBN"))),
        "publisher": text(cells.get("publisher")),
        "published_year": _csl_year(cells.get("original-date")) or _csl_year(cells.get("issued")),
        "language": text(cells.get("language")),
        "pages": count(cells.get("number-of-pages")),
        "description": text(cells.get("abstract")),
        **series(text(cells.get("collection-title")), text(cells.get("collection-number")), is_book=is_book),
    }
    keywords = text(cells.get("keyword"))
    return finished(fields, written, keywords.split(";" if ";" in keywords else ","))


def _csl_name(name: Any) -> str:
    if not isinstance(name, dict):
        return text(name)
    given = " ".join(filter(None, (text(name.get(part)) for part in ("given", "dropping-particle"))))
    family = " ".join(filter(None, (text(name.get(part)) for part in ("non-dropping-particle", "family"))))
    whole = natural(", ".join(filter(None, (family, given, text(name.get("suffix"))))))
    return text(name.get("literal")) or whole


def _csl_year(date: Any) -> str:
    if not isinstance(date, dict):
        return text(date)
    parts = next(iter(values(date.get("date-parts"))), None)
    return text(next(iter(values(parts)), "")) or text(date.get("raw")) or text(date.get("literal"))


FORMAT = Format("csl-json", read, frozenset({"type", "title", "issued"}), uses=USES, title="CSL-JSON")
