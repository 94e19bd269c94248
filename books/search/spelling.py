"""Suggestions for searches without results: words in our books that are one typing error away."""

import json
import re
from collections.abc import Iterator

from asgiref.sync import sync_to_async
from django.db import connection

from books.metadata.folding import fold
from books.metadata.text import is_unspaced
from books.search.compiled_query import fetch
from books.search.index import using_index
from books.search.pagination import COUNT_CAP

MOST_WORDS, MOST_UNKNOWN = 6, 3  # words of a query to check, and to correct: each takes up to 0.1 s
LENGTHS = range(4, 21)  # letters of a word to correct: shorter words are one error away from too many others
ENOUGH = 50  # books up to which every word is counted; the most frequent ones are counted further

ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяії",
    "αβγδεζηθικλμνξοπρσςτυφχψω",
    "אבגדהוזחטיכלמנסעפצקרשתםןףךץ",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىئءپچژگ",
)
_WORD = re.compile(r"[^\W\d_]+")
# For each word in a list, the number of books with it in the title or authors, up to ENOUGH.
_COUNT = {
    "sqlite": """
        SELECT value, (SELECT COUNT(*) FROM (
            SELECT 1 FROM books_search WHERE books_search MATCH '{title authors} : "' || value || '"' LIMIT %s
        )) FROM json_each(%s)""",
    "postgresql": """
        SELECT value, (SELECT COUNT(*) FROM (
            SELECT 1 FROM books_book WHERE words @@ ('''A:' || value || '''|''B:' || value || '''')::tsquery LIMIT %s
        ) AS capped) FROM json_array_elements_text(%s::json) AS value""",
}


async def asuggestion(query: str) -> str:
    """The query with unknown words replaced by known ones; "" if there is no suggestion."""
    if not any(_is_looked_at(word) for word in _WORD.findall(query)):
        return ""
    return await sync_to_async(_suggestion)(query)


def _suggestion(query: str) -> str:
    words = {word: fold(word) for word in _WORD.findall(query)[:MOST_WORDS] if _is_looked_at(word)}
    known = _counts(list(words.values()))
    unknown = {word: folded for word, folded in words.items() if not known.get(folded)}
    better = query
    for word, folded in unknown.items() if len(unknown) <= MOST_UNKNOWN else ():
        counts = _counts(sorted(set(_slips(folded)) - {folded}))
        frequent = [each for each in counts if counts[each] >= ENOUGH]
        if len(frequent) > 1:
            counts |= _counts(frequent, COUNT_CAP)
        best = max(counts, key=lambda each: (counts[each], each[0] == folded[0]), default="")
        if best and counts[best]:
            better = re.sub(rf"\b{re.escape(word)}\b", best, better)
    return better if better != query else ""


def _is_looked_at(word: str) -> bool:
    folded = fold(word)
    return len(folded) in LENGTHS and not is_unspaced(folded) and any(folded[0] in each for each in ALPHABETS)


def _slips(word: str) -> Iterator[str]:
    """All words one error away: a letter missing, added or wrong, or two letters swapped."""
    letters = next(alphabet for alphabet in ALPHABETS if word[0] in alphabet)
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (f"{before}{letter}{after}" for letter in letters)
        if after:
            yield before + after[1:]
            yield from (f"{before}{letter}{after[1:]}" for letter in letters)
        if len(after) > 1:
            yield f"{before}{after[1]}{after[0]}{after[2:]}"


def _counts(words: list[str], most: int = ENOUGH) -> dict[str, int]:
    with using_index():
        return dict(fetch(_COUNT[connection.vendor], [most, json.dumps(words)], keeps_plan=False))
