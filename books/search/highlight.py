"""Where a text holds what was searched, so that a page can highlight it."""

import re
from collections.abc import Sequence

from books.metadata.folding import fold
from books.metadata.text import is_unspaced
from books.search.query import SearchQuery

Parts = list[tuple[str, bool]]  # a text in pieces, each with whether it was searched

# A character with all that belongs to it: accents, voicing marks. Folded one by one, each keeps its place in the text.
_CHARACTER = re.compile(r"(?s).[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u3099\u309a\uff9e\uff9f]*")


class Highlighter:
    """Finds what was searched in the texts of one column."""

    def __init__(self, query: SearchQuery, column: str) -> None:
        phrases = [phrase.words for term in query.terms for phrase in term.phrases if column in phrase.columns]
        self.pattern = _pattern(phrases) if phrases else None

    def parts(self, text: str) -> Parts:
        if self.pattern is None:
            return [(text, False)]
        folded, places = "", []
        for character in _CHARACTER.finditer(text):
            piece = fold(character[0])
            folded += piece
            places += [character.start()] * len(piece)
        places.append(len(text))
        parts, end = [], 0
        for match in self.pattern.finditer(folded):
            start, stop = places[match.start()], places[match.end()]
            if stop > start >= end:
                parts += [(text[end:start], False), (text[start:stop], True)]
                end = stop
        return [part for part in (*parts, (text[end:], False)) if part[0]]


def _pattern(phrases: Sequence[tuple[str, ...]]) -> re.Pattern[str]:
    """What finds any of the phrases in folded text: spaced words where they begin, others wherever they stand."""
    found = []
    for words in sorted(phrases, key=lambda words: -len("".join(words))):
        pieces = r"[\W_]*".join(map(re.escape, _runs(words)))
        found.append(pieces if is_unspaced(words[0]) else rf"(?<![^\W_]){pieces}")
    return re.compile("|".join(found))


def _runs(words: Sequence[str]) -> list[str]:
    """The words as they stand in a text: 夏目 目漱 漱石 is 夏目漱石."""
    runs: list[str] = []
    for word in words:
        if runs and is_unspaced(word) and is_unspaced(runs[-1]) and runs[-1].endswith(word[0]):
            runs[-1] += word[1:]
        else:
            runs.append(word)
    return runs
