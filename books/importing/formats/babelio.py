"""What Babelio writes into a title and a name."""

import re

_VOLUME = re.compile(r"(.+?),? \(?(?:tome|t\.) ?(\d+)\)?(?: ?: ?(.+)| ?;?)", re.IGNORECASE)
_INITIAL_OR_PARTICLE = re.compile(r".*\.|d[eu]|van|von|da|di|del", re.IGNORECASE)


def volume(title: str) -> dict[str, str]:
    """The fields in “Les Bidochon, tome 8 : Vent du soir”."""
    if found := _VOLUME.fullmatch(title):
        return {"title": found[3] or title.rstrip(" ;"), "series": found[1], "series_number": found[2]}
    return {"title": title}


def turned_round(name: str) -> str:
    """“Hugo Victor” as Victor Hugo. Of three names nobody knows how many are the family's: they stay as they are."""
    family, _, given = (part.strip() for part in name.partition("  ")) if "  " in name else name.partition(" ")
    is_clear = "  " in name or " " not in given or _INITIAL_OR_PARTICLE.fullmatch(given.rpartition(" ")[2])
    return f"{given} {family}".strip() if is_clear else name
