"""Any query of our own grammar, and whatever is like one: answered or refused, never an error of ours.

FUZZ_EXAMPLES=100000 python -m pytest tests/test_query_fuzz.py: for long.
"""

import json
import os
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from books.models import Book
from books.models.book import BookQuerySet

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
NUMBERS = ["0", "-0", "007", "9" * 20, "9223372036854775808", "-1", "1e9", "٣", "²", "2147483648", "32768"]
SIGNS = [*"\"'\\*^:()&|!<>-+~{}[]@#_%;,./?=`$ \t\n\x00\ufffd", "\ud800", "NEAR(", " OR ", " AND ", " NOT ", "<->"]
WORDS = "sea the 夏目漱石 心 ﷺ गोदान é İ ß 1984 0306406152 ! … 𠀀".split()
atoms = st.sampled_from(WORDS) | st.sampled_from(NUMBERS) | st.sampled_from(SIGNS) | st.text(max_size=5)
texts = st.lists(atoms, max_size=6).map("".join)
fields = st.sampled_from(["", "title:", "author:", "topic:", "year:", "lang:", "isbn:", "AUTHOR：", "other:"])
terms = st.tuples(st.sampled_from(["", "-", "--"]), fields, st.sampled_from(["", '"', "“"]), texts).map("".join)
searches = st.lists(terms, max_size=25).map(" ".join) | st.text(max_size=250)
years = st.tuples(st.sampled_from(["", "-4001", "1950", *NUMBERS]), st.sampled_from(["", ".."]), texts).map("".join)
keys = st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), min_size=1, max_size=4)
orderings = st.sampled_from(sorted(BookQuerySet.ORDERINGS))
cursors = st.builds(lambda name, key: b64encode(json.dumps([name, *key]).encode(), b"-_"), orderings, keys)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "q": searches,
        "author": texts | searches,
        "topic": texts | st.just("novels"),
        "language": texts | st.sampled_from(["en", "ja", "en-gb", "zh-Hant-TW"]),
        "year": years,
        "series": texts | st.just("Old books"),
        "isbn": texts | st.just("none"),
        "sort": texts | orderings,
        "size": texts | st.sampled_from(["1", "100"]),
        "after": texts | cursors,
        "before": texts | cursors,
    },
)
paths = st.sampled_from(
    "/books/ /books/ /topics/novels/ /authors/{}/ /books.csv /books.jsonl /opds/books/ /opds2/books/ /authors/ "
    "/opds/authors/ /opds/topics/".split()
)
accepted = st.sampled_from(["text/html", "application/json", "*/*"])


async def drained(parts: Any) -> bytes:
    return b"".join([part async for part in parts])


class AnyQuery(TestCase):
    author: int

    @classmethod
    def setUpTestData(cls) -> None:
        book = Book.objects.add({
            "title": "The Sea", "authors": ["夏目 漱石"], "topics": ["Novels"], "language": "en",
            "published_year": 1950, "series": "Old books", "isbn13": "9780306406157",
        })  # fmt: skip
        cls.author = book.authors.get().pk
        Book.objects.add({"title": "心", "language": "ja", "description": "sea"})

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(paths, accepted, parameters)
    def test_it_is_answered_or_refused(self, path: str, accept: str, query: dict[str, str]) -> None:
        sent = urlencode(query, errors="surrogatepass")
        response = self.client.get(f"{path.format(self.author)}?{sent}", headers={"accept": accept})
        if response.streaming:
            async_to_sync(drained)(response.streaming_content)  # type: ignore[attr-defined]
        assert response.status_code in {200, 400}, (path, query, response.status_code)
