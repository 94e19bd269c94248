"""Queries of the index of words in one form for both databases, and the words in PostgreSQL's index."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from books.metadata import text as search

COLUMNS = {"title": "A", "authors": "B", "topics": "C", "series": "E", "other": "D"}  # their letters in PostgreSQL
FOUND_BY_NAME = {"topics", "series"}  # columns that are only searched by name
EVERYWHERE = ("title", "authors", "other")

_NO_LEXEME = str.maketrans("'\\", "  ")  # in languages written by other programs
_QUOTED = str.maketrans({"'": "''", "\\": "\\\\"})  # in a word of a tsquery


@dataclass(frozen=True)
class Phrase:
    """Adjacent words in one of the columns; the last one may be a prefix."""

    words: tuple[str, ...]
    columns: tuple[str, ...] = EVERYWHERE
    begins: bool = True  # whether the last word is a prefix

    def whole(self, *columns: str) -> "Phrase":
        return Phrase(self.words, columns, begins=False)

    def within(self, *columns: str) -> "Phrase":
        return Phrase(self.words, columns, self.begins)

    def cut(self, most: int) -> "Phrase":
        """The phrase, limited to so many words."""
        return self if len(self.words) <= most else replace(self, words=self.words[:most], begins=False)

    def parts(self) -> list["Phrase"]:
        """The phrase in the form of the index, with a short prefix as its mark if there is one."""
        (last, *before), marked = self.words[::-1], [name for name in self.columns if name != "other"]
        if not self.begins or before or len(last) > search.SHORT or search.is_unspaced(last):
            return [self]
        found = [Phrase((f"{last}-",), tuple(marked), begins=False)] if marked else []
        return [*found, self.whole("other")] if "other" in self.columns else found

    def as_fts5(self) -> str:
        star = " *" if self.begins else ""
        quoted = " ".join(self.words).replace('"', '""')
        return f'{{{" ".join(self.columns)}}} : "{quoted}"{star}'

    def as_tsquery(self) -> str:
        *before, last = (word.translate(_QUOTED) for word in self.words)
        ending = ":*" if self.begins else ""
        # A word alone means all columns or the line of other words; a letter before it means a column.
        alone = self.columns == EVERYWHERE or (self.columns == ("other",) and last[0] in "#@")
        letters = [""] if alone else [f"{COLUMNS[name]}:" for name in self.columns]
        return " | ".join(
            " <-> ".join([*(f"'{letter}{word}'" for word in before), f"'{letter}{last}'{ending}"]) for letter in letters
        )


@dataclass(frozen=True)
class Term:
    """Alternatives: a book must have one of the phrases."""

    phrases: tuple[Phrase, ...]

    def whole(self, *columns: str) -> "Term":
        return Term(tuple(phrase.whole(*columns) for phrase in self.phrases[:1]))

    def cut(self, most: int) -> "Term":
        return Term(tuple(phrase.cut(most) for phrase in self.phrases))

    def within(self, *columns: str) -> "Term":
        return Term(tuple(phrase.within(*columns) for phrase in self.phrases[:1]))


@dataclass(frozen=True)
class Expression:
    """Terms that must all match, and terms that must not match."""

    terms: tuple[Term, ...]
    without: tuple["Expression", ...] = ()

    def as_fts5(self) -> str:
        terms = [
            " OR ".join(part.as_fts5() for phrase in term.phrases for part in phrase.parts()) for term in self.terms
        ]
        wanted = " AND ".join(f"({term})" for term in terms)
        unwanted = " OR ".join(f"({other.as_fts5()})" for other in self.without)
        return f"({wanted}) NOT ({unwanted})" if unwanted else wanted

    def as_tsquery(self) -> str:
        terms = ([part.as_tsquery() for phrase in term.phrases for part in phrase.parts()] for term in self.terms)
        wanted = [f"({' | '.join(f'({part})' for part in parts)})" for parts in terms]
        return " & ".join([*wanted, *(f"!({other.as_tsquery()})" for other in self.without)])


def tsvector(lines: Sequence[str]) -> str:
    """A book's lines of words as PostgreSQL's tsvector: each word alone, and with the letter of its column before it.

    Without weights, since a GIN index has only the words, so the rows would have to be read for weights.
    """
    written, place = [], 0
    for line, (column, letter) in zip(lines, COLUMNS.items(), strict=True):
        for word in line.translate(_NO_LEXEME).split():
            place += 1
            if word == search.BREAK:
                continue
            at = min(place, 16383)
            if column != "other" or len(word) <= search.SHORT:
                written.append(f"'{letter}:{word}':{at}")
            if column not in FOUND_BY_NAME and (word[-1] != "-" or word[0] == "@"):
                written.append(f"'{word}':{at}")
        place += 1  # so that no phrase runs from one line into the next
    return " ".join(written)
