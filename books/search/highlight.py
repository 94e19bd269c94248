"""Finds the searched words in a text, so that a page can highlight them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from books.metadata.folding import compiled, fold, repeat
from books.metadata.text import PIECES
from books.search.expressions import Phrase
from books.search.query import SearchQuery

MOST_TEXT = 4000  # characters that are searched: a title has up to 1,000, the names of ten authors 2,000
Parts = list[tuple[str, bool]]  # a text in pieces, each with whether it matches

# A character with its accents or voicing marks. Folded one by one, each keeps its place in the text. No script has ten
# marks on a letter, and sorting thousands of them takes quadratic time.
_CHARACTER = re.compile(r"(?s).[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u3099\u309a\uff9e\uff9f]{0,10}")


class Highlighter:
    """Finds the searched words in the texts of one column, split into words as the index does."""

    def __init__(self, query: SearchQuery, column: str) -> None:
        self.phrases: dict[str, list[Phrase]] = defaultdict(list)  # by the first character
        found = {phrase for term in query.terms for phrase in term.phrases if column in phrase.columns}
        self.first_words = {phrase.words[0] for phrase in found}
        for phrase in sorted(found, key=lambda phrase: -len("".join(phrase.words))):
            self.phrases[phrase.words[0][0]].append(phrase)

    def parts(self, text: str) -> Parts:
        if not self.phrases:
            return [(text, False)]
        folded, places = _fold_with_places(text[:MOST_TEXT])
        if not any(map(folded.__contains__, self.first_words)):  # as in most names of authors
            return [(text, False)]
        words = list(_words(folded))
        parts, end = [], 0
        for place, (word, _) in enumerate(words):
            for phrase in self.phrases.get(word[0], ()):
                if stop := _end(phrase, words[place : place + len(phrase.words)]):
                    start, stop = places[words[place][1]], places[stop]
                    if stop > start >= end:
                        parts += [(text[end:start], False), (text[start:stop], True)]
                        end = stop
                    break
        return [part for part in (*parts, (text[end:], False)) if part[0]]


_fold = lru_cache(5000)(fold)


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and where in the text each of its characters comes from."""
    if text.isascii():  # where only apostrophes fold to nothing
        return fold(text), [*[place for place, each in enumerate(text) if each not in "'`"], len(text)]
    folded, places = [], []
    for character in _CHARACTER.finditer(text):
        piece = _fold(character[0])
        folded.append(piece)
        places += [character.start()] * len(piece)
    return repeat("".join(folded)), [*places, len(text)]


def _words(folded: str) -> Iterator[tuple[str, int]]:
    """Each word, and each pair of unspaced text, with its place."""
    for piece in compiled(PIECES).finditer(folded):
        if piece[1]:
            yield from ((folded[place : min(place + 2, piece.end())], place) for place in range(*piece.span()))
        else:
            yield piece[0], piece.start()


def _end(phrase: Phrase, words: list[tuple[str, int]]) -> int:
    """Where the phrase ends if it begins here, possibly with a prefix as its last word; otherwise 0."""
    *before, last = phrase.words
    if len(words) > len(before) and words[-1][0].startswith(last) and [word for word, _ in words[:-1]] == before:
        return words[-1][1] + len(last)
    return 0
