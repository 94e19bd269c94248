"""Queries of the index of words, and the words that PostgreSQL's index stores: one form for both databases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from books.metadata import text as search

COLUMNS = {"title": "A", "authors": "B", "topics": "C", "series": "E", "other": "D"}  # PostgreSQL's letters for them
FOUND_BY_NAME = {"topics", "series"}  # the columns that are not searched everywhere
EVERYWHERE = ("title", "authors", "other")

_NO_LEXEME = str.maketrans("'\\", "  ")  # which a language may hold that another program wrote
_QUOTED = str.maketrans({"'": "''", "\\": "\\\\"})  # in a word of a tsquery


@dataclass(frozen=True)
class Phrase:
    """Words that stand side by side in one of the columns; of the last it may be the beginning."""

    words: tuple[str, ...]
    columns: tuple[str, ...] = EVERYWHERE
    begins: bool = True  # whether the last word may go on

    def whole(self, *columns: str) -> "Phrase":
        return Phrase(self.words, columns, begins=False)

    def within(self, *columns: str) -> "Phrase":
        return Phrase(self.words, columns, self.begins)

    def cut(self, most: int) -> "Phrase":
        """The phrase, cut to so many words."""
        return self if len(self.words) <= most else replace(self, words=self.words[:most], begins=False)

    def parts(self) -> list["Phrase"]:
        """The phrase as the index is queried for it: a short prefix by its mark, if there are marks."""
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
        # Everywhere, and what only the rest has, is said by the word alone; a column by its letter before the word.
        alone = self.columns == EVERYWHERE or (self.columns == ("other",) and last[0] in "#@")
        letters = [""] if alone else [f"{COLUMNS[name]}:" for name in self.columns]
        return " | ".join(
            " <-> ".join([*(f"'{letter}{word}'" for word in before), f"'{letter}{last}'{ending}"]) for letter in letters
        )


@dataclass(frozen=True)
class Term:
    """One thing that is asked for: any of the phrases."""

    phrases: tuple[Phrase, ...]

    def whole(self, *columns: str) -> "Term":
        return Term(tuple(phrase.whole(*columns) for phrase in self.phrases[:1]))

    def cut(self, most: int) -> "Term":
        return Term(tuple(phrase.cut(most) for phrase in self.phrases))

    def within(self, *columns: str) -> "Term":
        return Term(tuple(phrase.within(*columns) for phrase in self.phrases[:1]))


@dataclass(frozen=True)
class Expression:
    """Terms that must all match, and terms that must not."""

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
    """A book's lines of words as PostgreSQL writes a tsvector: each word by itself, and after its column's letter.

    Letters and not weights: a GIN index knows the words alone, and would have to look at the rows for weights.
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
        place += 1  # no phrase reaches from one line into the next
    return " ".join(written)
