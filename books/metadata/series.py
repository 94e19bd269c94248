"""A book's places in one or more series. Pure functions."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from books.metadata import numbers

_PLACED = re.compile(r"(.*?[^\s,;])(?:[\s,;]+[#№]|\s*;(?=\s))\s*([^#;]+)")
_CENT = Decimal("0.01")


class Place(NamedTuple):
    """A book's place in a series; `label` is the number as written, if that says more."""

    series: str
    number: Decimal | None = None
    label: str = ""

    def __str__(self) -> str:
        """In the form that `parse_place` reads."""
        return f"{self.series.replace(';', ',')} #{self.written}" if self.written else self.series

    @property
    def written(self) -> str:
        return self.label or ("" if self.number is None else f"{Decimal(str(self.number)).normalize():f}")


def parse_place(written: str) -> Place:
    """The place in `Discworld #7`, `Ravenor, #1-3` or `講談社現代新書 ; 2100`."""
    if found := _PLACED.fullmatch(written):
        try:
            number = numbers.series_number(found[2])
        except ValidationError:  # C# in Depth
            number = None
        if number is not None:
            return Place(found[1], number.quantize(_CENT), numbers.series_label(found[2]))
    return Place(written)


def places(record: Mapping[str, Any]) -> list[Place]:
    """A record's places in all its series, without duplicates; the field `series` comes first."""
    found = {}
    if record["series"]:
        found[record["series"]] = Place(record["series"], record["series_number"], record["series_label"])
    for further in map(parse_place, record["more_series"]):
        found.setdefault(further.series, further)
    return [*found.values()]


def series_names(fields: Mapping[str, Any]) -> Iterator[str]:
    """The names of the series in the fields, which may be only some of a record's."""
    if series := fields.get("series"):
        yield series
    if further := fields.get("more_series"):
        yield from (parse_place(text).series for text in further)


def normalize_series[Values: Mapping[str, Any]](record: Values, names: Mapping[str, str] = {}) -> Values:
    """The record with its series renamed and without duplicates. If `series` is empty, the first further one moves up.

    Of two places in one series, the first with a number counts.
    """
    found: dict[str, Place] = {}
    for place in places(record):
        name = names.get(place.series, place.series)
        if name not in found or found[name].number is None:
            found[name] = place._replace(series=name)
    return {**record, **as_fields([*found.values()])} if found else record  # type: ignore[return-value]


def rename_series(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The fields, which may be only some of a record's, with these series renamed."""
    found = dict(fields)
    if name := names.get(fields.get("series", "")):
        found["series"] = name
    if further := fields.get("more_series"):
        named = (place._replace(series=names.get(place.series, place.series)) for place in map(parse_place, further))
        found["more_series"] = list(map(str, named))
    return found


def as_fields(found: Sequence[Place]) -> dict[str, Any]:
    """The fields that hold these places in a record; at least one place."""
    first, *further = found
    named = {"series": first.series, "series_number": first.number, "series_label": first.label}
    return {**named, "more_series": list(map(str, further))}


def merge_series(
    every: Sequence[Mapping[str, Any]], values: Mapping[str, Any], chosen: Collection[str]
) -> dict[str, Any]:
    """The series fields of books merged into one with these values: all series are kept, each number with its own."""
    same = [each for each in every if each["series"] == values["series"]]
    numbered = next((each for each in same if each["series_number"] is not None), same[0])
    found = {name: numbered[name] for name in ("series_number", "series_label") if name not in chosen}
    further = [places(each) if values["series"] else map(parse_place, each["more_series"]) for each in every]
    named = [str(place) for place in chain.from_iterable(further) if place.series != values["series"]]
    return {**found, "more_series": named}
