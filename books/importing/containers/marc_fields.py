"""The fields of a MARC 21 or UNIMARC record, under readable names."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pymarc import Field, Record

from books.importing.formats.values import SUFFIX, natural_order
from books.metadata import isbn
from books.metadata.html_text import without_entities

_REMARKS = re.compile(r"[\x80-\x9f]|(?<!\s)\s*+\[from old catalog\]")  # sorting marks, and a remark of an old program
_ISBD = " \t/:;=,،؛"
_ABBREVIATED = re.compile(r"(?:^|[\s.])(?:\w|[A-Z]\w{0,2}|etc|vol|dept|co)\.$")
_UP_TO_PAGES = re.compile(
    r"(.*\d.*?)\]?\s*(?<![^\W\d_])(?:p\b|pp\b|pgs?\b|pages|leaves|S\b|Seiten|s\b|стр|с\b|頁|ページ|页|쪽|면)"
)
_UNKNOWN = re.compile(r"\[?\(?s\.? ?[nl]\.?\)?\]?|\[?publisher not identified\]?|\[?n\.? ?p\.?\]?", re.IGNORECASE)
_HEADING, _SUBDIVISIONS = tuple("abcdfklnpt"), tuple("jvxyz")
_RANKS = {*"Brother Father Imam King Lady Lord Mother Pope Prophet Queen Rabbi Saint Sir Sister".split()}
SUBJECTS = ("600", "610", "611", "630", "648", "650", "651", "653", "655")
UNIMARC_SUBJECTS = ("600", "601", "602", "605", "606", "607", "608", "610")


def fields_of(record: Record) -> dict[str, Any]:
    found = _unimarc_fields(record) if "200" in record and "245" not in record else _marc21_fields(record)
    return {name: value for name, value in found.items() if value not in ("", [], None)}


def _marc21_fields(record: Record) -> dict[str, Any]:
    title = _original_script(record, _first(record, "245"))
    dates = _data(record, "008").ljust(40)
    written = [
        *record.get_fields("100", "110", "111"),
        *filter(_is_of_this_book, record.get_fields("700", "710", "711", "720")),
    ]
    printed = (each for each in record.get_fields("264") if each.indicator2 == "1")
    imprint = _original_script(record, next(printed, _first(record, "260", "264")))
    named = [tag for tag in ("830", "440", "490") if any(_join(each, "a") for each in record.get_fields(tag))]
    series = _original_script(record, _first(record, *named))
    return {
        "Control number": _key(record),
        "Title": _clean(_join(title, "a", "n", "p")) or _uniform_title(record),
        "Subtitle": _clean(_join(title, "b")),
        "Other title": _romanized_title(title, _first(record, "245")),
        "People": [_person(_original_script(record, each) or each, _role(each)) for each in written],
        "ISBN": _isbns(record.get_fields("020")),
        "Publisher": _publisher(_clean(_join(imprint, "b", only_first=True))),
        "Year": _year(dates) or _join(imprint, "c", only_first=True).strip(" .,;[]"),
        "Language": _tag(record) or _language(dates[35:38]) or _join(_first(record, "041"), "a", only_first=True)[:3],
        "Pages": _pages(_join(_first(record, "300"), "a")),
        "Summary": "\n".join(_join(each, "a", "b") for each in record.get_fields("520")),
        "Subjects": [_subject(each) for each in record.get_fields(*SUBJECTS) if each.tag != "653"]
        + _terms(record.get_fields("653")),
        "Series": _clean(_join(series, "a", "n", "p", only_first=True)),
        "Number": _clean(_join(series, "v", only_first=True)),
    }


def _unimarc_fields(record: Record) -> dict[str, Any]:
    title, series = _first(record, "200"), _first(record, "461", "225")
    written = record.get_fields("700", "701", "702", "710", "711", "712")
    imprint = _first(record, "214", "210")
    return {
        "Control number": _key(record),
        "Title": _clean(_join(title, "a", "h", "i", only_first=True)),
        "Subtitle": _clean(_join(title, "e")),
        "People": [[_name_of_unimarc(each), _role_of_unimarc(each), ""] for each in written],
        "ISBN": _isbns(record.get_fields("010")),
        "Publisher": _publisher(_clean(_join(imprint, "c", only_first=True))),
        "Year": _join(imprint, "d", only_first=True).strip(" .,;[]"),
        "Language": _join(_first(record, "101"), "a", only_first=True),
        "Pages": _pages(_join(_first(record, "215"), "a")),
        "Summary": "\n\n".join(_join(each, "a") for each in record.get_fields("330")),
        "Subjects": [
            _subject(each, ". " if each.tag == "601" else ", ")
            for each in record.get_fields(*UNIMARC_SUBJECTS)
            if each.tag != "610"
        ]
        + _terms(record.get_fields("610")),
        "Series": _clean(_join(series, "t", only_first=True) or _join(series, "a", only_first=True)),
        "Number": _clean(_join(series, "v", only_first=True)),
    }


def _first(record: Record, *tags: str) -> Field | None:
    """The first field with one of the tags, or else one that the record has only in the original script."""
    unlinked = tuple(f"{tag}-00" for tag in tags)
    alone = (each for each in record.get_fields("880") if next(_values(each, "6"), "").startswith(unlinked))
    return next((found for tag in tags for found in record.get_fields(tag)), next(alone, None))


def _original_script(record: Record, field: Field | None) -> Field | None:
    """The field in the script of the book, if the record has that too: $6 links a field to its 880."""
    link = next(_values(field, "6"), "")[4:6]
    if field is None or not link.isdigit() or link == "00":
        return field
    wanted = f"{field.tag}-{link}"
    linked = (each for each in record.get_fields("880") if next(_values(each, "6"), "").startswith(wanted))
    return next((each for each in linked if any(_values(each, "a", "b"))), field)


def _uniform_title(record: Record) -> str:
    return _clean(_join(_first(record, "240", "130", "740", "246"), "a", "n", "p", only_first=True))


def _romanized_title(title: Field | None, other: Field | None) -> str:
    return "" if title is other else _clean(_join(other, "a", "n", "p"))


def _data(record: Record, tag: str) -> str:
    return next((str(each.data or "") for each in record.get_fields(tag)), "")


def _parts(field: Field | None, codes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The subfields with one of the codes, without the `=` and `/` that separate them."""
    for subfield in field.subfields if field else ():
        if subfield.code in codes and (value := _REMARKS.sub("", subfield.value).rstrip(" =/").lstrip()):
            yield subfield.code, without_entities(value)


def _values(field: Field | None, *codes: str) -> Iterator[str]:
    return (value for _, value in _parts(field, codes))


def _join(field: Field | None, *codes: str, only_first: bool = False) -> str:
    if not only_first:
        return " ".join(_values(field, *codes))
    found: dict[str, str] = {}
    for code, value in _parts(field, codes):
        found.setdefault(code, value)
    return " ".join(found.values())


def _clean(text: str) -> str:
    """Without the punctuation that cataloguers write between the parts of a record."""
    bare = text.strip(_ISBD)
    return bare if _ABBREVIATED.search(bare) or bare.endswith("..") else bare.removesuffix(".").rstrip(_ISBD)


def _key(record: Record) -> str:
    """A record's number is only unique together with its catalogue's name."""
    catalogue, number = _data(record, "003").strip(), _data(record, "001").strip()
    return f"{catalogue.lower()}:{number}" if catalogue and number else ""


def _is_of_this_book(field: Field) -> bool:
    """Whether an added entry is about this book, and not about another work or a part of this one."""
    return field.indicator2 != "2" and not any(each.code in {"t", "i"} for each in field.subfields)


def _subject(field: Field, between: str = " ") -> str:
    """A heading in full, such as “United States. Navy -- History”."""
    heading = between.join(_values(field, *_HEADING))
    return " -- ".join(filter(None, map(_clean, [heading, *_values(field, *_SUBDIVISIONS)])))


def _terms(fields: Iterable[Field]) -> list[str]:
    """Keywords of which a field may hold several."""
    return [_clean(term) for field in fields for term in _values(field, "a")]


def _person(field: Field, role: str) -> list[str]:
    """Name, role and sort name, which is the entry for a person. An institution's name includes its subdivision."""
    name, is_in_own_script = _clean(_join(field, "a", only_first=True)).strip("[]"), field.tag == "880"
    tag = next(_values(field, "6"), "")[:3] if is_in_own_script else field.tag
    if not tag.endswith("00") and tag + field.indicator1 != "7201":
        return [". ".join([name, *map(_clean, _values(field, "b"))]).replace("..", "."), role, ""]
    filed = " ".join([name, *_values(field, "b")]).strip(" ,")
    addition = _clean(next(_values(field, "c"), "")).partition(",")[0]
    is_family_name = field.indicator1 != "0" or "," in name
    if is_family_name and SUFFIX.fullmatch(addition):
        filed = f"{filed}, {addition}"
    elif not is_family_name and _is_byname(addition):
        filed = f"{filed} {addition}"
    return [natural_order(filed) if is_family_name else filed, role, "" if is_in_own_script else filed]


def _is_byname(addition: str) -> bool:
    """Whether this is part of a name, as in “Thomas Aquinas” and “Hildegard von Bingen”, and not a rank."""
    return addition[:1].islower() or (addition.isalpha() and addition not in _RANKS)


def _name_of_unimarc(field: Field) -> str:
    if not field.tag.startswith("70"):
        return _clean(". ".join(_values(field, "a", "b")))
    name = natural_order(_clean(", ".join(_values(field, "a", "b"))))
    return " ".join([name, *_values(field, "d")])


def _role(field: Field) -> str:
    codes = [code.rstrip(".")[-3:] for code in _values(field, "4")]  # also the end of a URL
    return ", ".join([*_values(field, "e", "j"), *codes])


def _role_of_unimarc(field: Field) -> str:
    return _role(field) or ("further person" if field.tag in {"702", "712"} else "")


def _isbns(fields: Iterable[Field]) -> list[str]:
    return [value for field in fields for value in _values(field, "a") if not isbn.means_none(value)]


def _publisher(publisher: str) -> str:
    if _UNKNOWN.fullmatch(publisher):
        return ""
    return publisher if "[" in publisher[1:] else publisher.strip("[]")  # but Elsevier [u.a.]


def _year(dates: str) -> str:
    """The year of the first publication, which comes second for a reprint."""
    first, second = dates[7:11], dates[11:15]
    found = second if dates[6] == "r" and second.isdigit() else first
    return found if found.isdigit() and found not in {"9999", "0000"} else ""


def _language(code: str) -> str:
    return code if code.isalpha() and code not in {"und", "zxx", "xxx"} else ""


def _tag(record: Record) -> str:
    """The language as a BCP 47 tag, which may say more than the three-letter code."""
    tagged = (each for each in record.get_fields("041") if "rfc5646" in _values(each, "2"))
    return _join(next(tagged, None), "a", only_first=True)


def _pages(extent: str) -> str:
    """The largest number: 320 in “xii, 320, 11 p.”."""
    found = _UP_TO_PAGES.match(extent[:100])  # it takes quadratic time
    return max(re.findall(r"\d+", found[1]), key=int) if found else ""
