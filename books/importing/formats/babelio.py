"""Babelio, « Exporter ma bibliothèque » : https://www.babelio.com"""

import re
from collections.abc import Mapping
from typing import Any

from books.importing.formats.base import Format, RawFields
from books.importing.formats.values import text

USES = {
    "ISBN": "isbn13",
    "Titre": "title",
    "Auteur": "authors",
    "Editeur": "publisher",
    "Date de publication": "published_year",
}
_VOLUME = re.compile(r"(.+?),? \(?(?:tome|t\.) ?(\d+)\)?(?: ?: ?(.+)| ?;?)", re.IGNORECASE)
_INITIAL_OR_PARTICLE = re.compile(r".*\.|d[eu]|van|von|da|di|del", re.IGNORECASE)


def read(cells: Mapping[str, Any]) -> RawFields:
    title = text(cells["Titre"])
    in_series: dict[str, Any] = {}
    if found := _VOLUME.fullmatch(title):
        title = found[3] or title.rstrip(" ;")
        in_series = {"series": found[1], "series_number": found[2]}
    return {
        "title": title,
        **in_series,
        "authors": [turned_round(text(cells["Auteur"]))],
        "isbn13": text(cells["ISBN"]),
        "publisher": text(cells.get("Editeur")),
        "published_year": text(cells.get("Date de publication")),
    }, []


def turned_round(name: str) -> str:
    """“Hugo Victor” as Victor Hugo. Of three names nobody knows how many are the family's: they stay as they are."""
    family, _, given = (part.strip() for part in name.partition("  ")) if "  " in name else name.partition(" ")
    is_clear = "  " in name or " " not in given or _INITIAL_OR_PARTICLE.fullmatch(given.rpartition(" ")[2])
    return f"{given} {family}".strip() if is_clear else name


COLUMNS = frozenset({"ISBN", "Titre", "Auteur", "Statut"})
FORMAT = Format("babelio", read, COLUMNS, uses=USES, title="Babelio")
