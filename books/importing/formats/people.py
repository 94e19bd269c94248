"""Tells the people in a cell apart. What may be one name stays one: “García Márquez, Gabriel José”."""

import re
from collections.abc import Iterable, Sequence
from itertools import batched

from books.importing.formats.values import EAST_ASIAN, SUFFIX, list_in, natural_order, role_before, split_role
from books.metadata import roles
from books.metadata.sorting import is_institution, is_last_name

FEW = 3  # names that show how the names of a column are written
LONGEST = 1000  # characters that are searched for roles
FIRST_LAST, LAST_FIRST = "first last", "last, first"
_ROLE_WORDS = r"지음|지은이|옮김|옮긴이|그림|원작|글"
_EAST = r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_BETWEEN = re.compile(
    r"[;；؛|\n、]|\s[/／+]\s|,(?<=\),)(?!\s*[a-z])|[,，]\s*+(?:[,，]|$)|(?<=[／/][著訳譯译編编作文絵画])[\s,，]+"
    rf"|[/／](?<={_EAST}.)(?!{_ROLE_WORDS})(?={_EAST}{{2}})"
)
_COMMAS = ",，،"
_AND_WORDS = "and|und|et|y|e|og|och|и|en|és|ve|ja|i|a|with"
_AND = re.compile(rf",?\s(?:{_AND_WORDS}|&)\s")
_BY = "by|von|par|por|di|door|av"
_MAY_BE_SEVERAL = re.compile(rf"[/(\[（［【:{_COMMAS}]|[^\W\d_]{{2}}\.\s|\s(?:{_AND_WORDS}|{_BY}|&)\s")
_AMPERSAND = re.compile(r"\s&\s")
_AFTER_INITIALS = re.compile(rf"(?<=\w\.)(?:,|,?\s(?:{_AND_WORDS}|&))\s*(?=[^\W\d_]{{2}})")
_BEGINS_WITH_INITIAL = re.compile(r"\w\.")  # J. R. R. Tolkien, Christopher Tolkien: two people
_INITIALS_LAST = re.compile(r"[^\W\d_]{2}.*[\s,](?:\w\.[\s-]?)+")
_INITIALS = re.compile(r"(?:\w\.[\s-]?)+")
_BEFORE_ROLE = re.compile(rf"(?:[,.]|(?<!\s))\s++(?=\w[\w ]{{0,25}}?(?:\w\.|\s?:|\s(?:{_BY}))\s)")
_OF_SEVERAL = re.compile(r"(?:eds|hgg|\w+(?:or|er|eur|rice)s)\.?", re.IGNORECASE)
_TITLED = re.compile(
    r"(?:lord|lady|baron(?:ess|et)?|earl|count(?:ess)?|duke|duchess|viscount|marqu\w+|graf|gräfin|freiherr|fürst|comte|"
    r"conde|duque|marchese|conte|saint|pope|king|queen|prince|princess)\b",
    re.IGNORECASE,
)


def order_of(cells: Iterable[str]) -> str:
    """How the names in the cells of a column are written, if all that show it agree; else ""."""
    written = [cell.strip() for cell in cells]
    first_last = sum(_is_full_name(name) and not re.search(f"[{_COMMAS}{_EAST[1:]}", name) for name in written)
    last_first = sum(natural_order(name) != name and " " not in name.partition(",")[0] for name in written)
    if max(first_last, last_first) < FEW or min(first_last, last_first):
        return ""
    return FIRST_LAST if first_last else LAST_FIRST


def names_in(cells: Iterable[str], order: str = "") -> list[str]:
    """The people in the cells of a book, in a column whose names are in this order. Of several, all are First Last."""
    texts = [text for cell in cells for text in _texts(cell)]
    names = [name for text in texts for name in _split(text, order)]
    if len(names) > 1 and {name.count(",") for name in names if name.strip()} == {1}:
        return list(map(natural_order, names))
    return names


def _texts(cell: str) -> list[str]:
    return list_in(cell) or _BETWEEN.split(cell)


def _split(written: str, order: str) -> list[str]:
    """The people in a text. It is split only where a comma or an “and” cannot be part of a name."""
    if not _MAY_BE_SEVERAL.search(written):  # as in most cells
        return [written]
    parts = _with_roles(written, order) if len(written) <= LONGEST else []
    if not parts and (names := _several(written, order)):
        parts = [part for name in names for part in _split(name, order)]
    return parts or [written]


def _with_roles(written: str, order: str) -> list[str]:
    """The people in a text that says what they did; none if it says nothing, or only of the last one."""
    person, words = roles.split_brackets(written.strip())
    if words and role_before(words)[1]:  # Homer (trans. Emily Wilson)
        return [*_split(person, order), words]
    for gap in _BEFORE_ROLE.finditer(written):  # Homer, translated by Emily Wilson
        if role_before(written[gap.end() :])[1]:
            return [*_split(written[: gap.start()], order), *_split(written[gap.end() :], order)]
    if _OF_SEVERAL.fullmatch(words) and all(roles.codes(words)):
        order = FIRST_LAST
    else:
        person, words = role_before(written)
    if words and (names := _several(person, order)) and not any(split_role(name)[1] for name in names):
        return [f"{name} ({words})" for name in names]  # Edited by Ann Lee and Jo Poe; Ann Lee, Jo Poe (eds.)
    return []


def _several(written: str, order: str) -> list[str]:
    """The names of several people; none if there may be just one."""
    names = _AFTER_INITIALS.split(written)  # Smith, J., Brown, K.
    if len(names) > 1 and all(map(_INITIALS_LAST.fullmatch, names)):
        return names
    return _at_slashes(written) or _at_and(written) or _at_ampersands(written) or _at_commas(written, order)


def _at_slashes(written: str) -> list[str]:
    names = written.split("/")
    are_names = len(names) > 1 and all(map(_is_full_name, names))
    return names if are_names and len({name.count(",") for name in names}) == 1 else []


def _at_and(written: str) -> list[str]:
    names = _AND.split(written)
    if len(names) < 2:
        return []
    parted = [_between_commas(name) for name in names]
    if any(len(each) == 1 for each in parted):
        names = [name for each in parted for name in each]
    return names if all(map(_is_full_name, names)) else []


def _at_ampersands(written: str) -> list[str]:
    names = _AMPERSAND.split(written)
    is_one = len(names) == 2 and " " not in names[0].strip() and is_institution(names[1])
    return [] if is_one or len(names) < 2 else names  # Bill & Melinda Gates Foundation is one


def _at_commas(written: str, order: str) -> list[str]:
    names = _between_commas(written)
    if len(names) < 2:
        return []
    alone, found_roles = zip(*map(split_role, names), strict=True)
    if all(EAST_ASIAN.fullmatch("".join(name.split())) for name in alone):
        return names if _are_east_asian(alone) or "，" in written else []
    if len(names) > 3 and len(names) % 2 == 0 and _are_pairs(names, order):
        return [", ".join(pair) for pair in batched(names, 2)]
    is_certain = order == FIRST_LAST and not _TITLED.match(alone[1]) and not is_last_name(alone[0])
    is_list = is_certain or len(names) > 2 or any(found_roles) or bool(_BEGINS_WITH_INITIAL.match(written))
    return names if is_list and all(map(_is_full_name, alone)) else []


def _between_commas(written: str) -> list[str]:
    """The parts between commas, each with the “Jr.” after it."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, re.split(f"[{_COMMAS}]", written))):
        if parts and SUFFIX.fullmatch(part) and not _INITIALS.fullmatch(part):
            parts[-1] += f", {part}"
        else:
            parts.append(part)
    return parts


def _are_pairs(names: list[str], order: str) -> bool:
    """Whether these are last and first names by turns: Tolkien, J.R.R., Tolkien, Christopher."""
    last, first = names[::2], names[1::2]
    has_initials = any(map(_INITIALS.fullmatch, first)) and not any(map(_INITIALS.search, last))
    return all(" " not in name for name in last) and (order == LAST_FIRST or has_initials)


def _are_east_asian(names: Sequence[str]) -> bool:
    """Whether these are names of several people, and not the last and the first name of one."""
    joined = ["".join(name.split()) for name in names]
    are_korean = all(name[0] >= "\uac00" for name in joined)
    return len(names) > 2 or joined != [*names] or max(map(len, joined)) > (2 if are_korean else 3)


def _is_full_name(name: str) -> bool:
    words = name.split()
    is_name = len(words) > 1 and not words[0][0].islower() and not words[-1][0].islower()  # no “Comte de”
    return is_name and not any(map(str.isdecimal, name)) and not is_institution(name)
