"""The catalogue's spellings of people, topics and series."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from books.metadata import roles
from books.metadata.folding import letters
from books.metadata.series import normalize_series, rename_series, series_names
from books.models.author import Author
from books.models.series import Series
from books.models.topic import Topic, slug_of


class CanonicalNames:
    """The spellings of all names in some records, which may be partial. A new name keeps its first spelling."""

    def __init__(self, records: Collection[Mapping[str, Any]], known: Iterable[Mapping[str, Any]] = ()) -> None:
        """`known`: records of books in the catalogue, whose names need no query."""
        topics = {name for fields in records for name in fields.get("topics", ())}
        self.topics = {slug_of(name): canonical for name, canonical in Topic.objects.canonical_names(topics).items()}
        people, series = _names_in(records)
        known_people, known_series = _names_in(known)
        self.authors = {name: name for name in known_people}  # by name; new ones by their letters
        self.authors |= Author.objects.canonical_names(people - known_people)
        found = Series.objects.canonical_names(series - known_series)
        self.series = {name: canonical for name, canonical in found.items() if canonical != name}

    def of(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with these names."""
        return rename_series(self._without_series(fields), self.series)

    def of_record(self, full: Mapping[str, Any]) -> dict[str, Any]:
        """The whole record with these names, each series once."""
        return normalize_series(self._without_series(full), self.series)

    def _without_series(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        found = {**fields}
        if topics := fields.get("topics"):
            found["topics"] = self.of_topics(topics)
        if names := fields.get("authors"):
            found["authors"] = list(dict.fromkeys(map(self._author, names)))
        if contributors := fields.get("contributors"):
            people = {name: self._author(name) for name in (roles.contributor(text).name for text in contributors)}
            found["contributors"] = roles.rename(contributors, people)
        return found

    def of_topics(self, names: Iterable[str]) -> list[str]:
        return sorted(dict.fromkeys(self.topics.setdefault(slug_of(name), name) for name in names), key=slug_of)

    def _author(self, name: str) -> str:
        return self.authors.get(name) or self.authors.setdefault(letters(name), name)


def _names_in(records: Iterable[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """The names of people and of series."""
    people, series = set[str](), set[str]()
    for fields in records:
        people.update(roles.names(fields))
        series.update(series_names(fields))
    return people, series
