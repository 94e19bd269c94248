"""Fingerprints, shared by possible duplicates: title and first author, however they are spelled. Pure functions.

A fingerprint begins with the title, so that fingerprints sort like titles, and ends with a digest of title and author:
`kokoro-3f9a01c7`. Year and ISBN are left out: they distinguish editions, which is for people to judge.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby

from books.metadata.folding import APOSTROPHES, compiled, fold
from books.metadata.text import INDIC, UNSPACED, ascii_words, is_unspaced, joined_initials

BEGINNING = 8  # characters of the title
LENGTH = BEGINNING + 9
SHAPE = rf"\w{{0,{BEGINNING}}}-[0-9a-f]{{8}}"
# In the languages of most lists. Dropping one that is a word in another language (die) does no harm.
ARTICLES = frozenset("the a an der die das ein eine le la les l un une el los las lo il gli i o os as het een".split())
_BETWEEN = rf"(?:[^\w{UNSPACED}{INDIC}]|_)+"
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_NOT_IN_ADDRESSES = re.compile(r"[\W_]+")


def of(title: str, authors: list[str]) -> str:
    return _of(title, authors[0] if authors else "")


@lru_cache(5000)  # an import computes each one twice per batch
def _of(title: str, author: str) -> str:
    work = main_title(title)
    digest = blake2b(f"{work}\n{person(author)}".encode(), digest_size=4).hexdigest()
    beginning = work if work.isalnum() else _NOT_IN_ADDRESSES.sub("", work)
    return f"{beginning[:BEGINNING]}-{digest}"


def main_title(title: str) -> str:
    """The title without accents, punctuation, spaces, leading article and anything after a colon."""
    folded = fold(_APOSTROPHE.sub(" ", title))  # so that l'étranger loses its article
    words = _words(folded.partition(":")[0]) or _words(folded)
    if len(words) > 1 and words[0] in ARTICLES:
        del words[0]
    return "".join(words) or _unspaced(folded) or _unspaced(title)


@lru_cache(5000)
def subtitle(title: str, subtitle: str) -> str:
    """The subtitle, in the title or in its own field: the same for `Kokoro: a novel` and for Kokoro with A Novel."""
    return "".join(_words(fold(title).partition(":")[2]) + _words(fold(subtitle)))


@lru_cache(20_000)
def person(name: str) -> str:
    """A name in any order: Natsume, Sōseki equals Sōseki Natsume. Names in unspaced scripts, 夏目 漱石, keep theirs."""
    words = _with_initials(_words(fold(joined_initials(name))))
    return "".join(words if any(map(is_unspaced, words)) else sorted(words)) or _unspaced(name)


def of_person(name: str) -> str:
    """The fingerprint of a person's name: it sorts like the name and fits into a URL."""
    spelled = person(name)
    digest = blake2b(spelled.encode(), digest_size=4).hexdigest()
    return f"{_NOT_IN_ADDRESSES.sub('', spelled)[:BEGINNING]}-{digest}"


def _unspaced(text: str) -> str:
    return "".join(text.split())


def _with_initials(words: list[str]) -> list[str]:
    """The words with runs of single letters joined: j r r tolkien becomes jrr tolkien."""
    if max(map(len, words), default=1) == 1:
        return words
    runs = groupby(words, key=lambda word: len(word) == 1 and not is_unspaced(word))
    return [word for is_initial, run in runs for word in (["".join(run)] if is_initial else run)]


def _words(folded: str) -> list[str]:
    return ascii_words(folded) if folded.isascii() else compiled(_BETWEEN).sub(" ", folded).split()
