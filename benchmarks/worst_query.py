"""The anonymous request that costs most, found by a search over the grammar of our own queries.

    DATABASE_URL=… python -m benchmarks.worst_query [--tries 500] [--seed 1]

It asks the catalogue that DATABASE_URL names (fill it: benchmarks/generate.py 100000 --fill), and writes nothing.
Hypothesis makes requests from the grammar below, and looks for dearer ones near the dearest. Nothing is answered from a
cache. Printed are the processor's seconds of a whole request (PostgreSQL's with ours) and the request: the cheaper of
two tries, since others use the machine too.
"""

import argparse
import time
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis import strategies as st

from benchmarks import machine, set_up  # comes first
from books.models.book import BookQuerySet
from books.search.pagination import Cursor, is_text

LETTERS = list("aeiounsrtlmdkbpghfvzcwy1290")
BEGINNINGS = [a + b for a in "aeioustdl" for b in "aeinrtlh"] + "the der gen con man and ing ber 978 197 198".split()
WORDS = "the of and der die das und de la le in a life world garden history война мир и в العالم".split()
PAIRS = list("の心夜世中国的人一大한국이가") + "世界 物語 人生 中国 歴史 の夜 の心 한국 이야".split()
OTHERS = ["zzzz", "qwertyuiopasdfghjklx", "йцукенгшщзхъфывапрол", "٣", "é", "ﷺ", "गोदान", "ก", "x" * 60]
YEARS = ["1501..1899", "1601..2000", "1900..1999", "-4000..2100", "..1950", "1850..", "1999"]
PATHS = ["/books/"] * 6 + ["/opds/books/", "/opds2/books/", "/topics/poetry/", "/authors/1/", "/authors/"]
FILTERS = {
    "author": ["1", "the", "a e i o", " ".join(LETTERS)],
    "topic": ["novels", "poetry", "nosuch", 'x" OR "y'],
    "language": ["en", "ja", "en-gb", "xx"],
    "year": YEARS,
    "series": ["The Garden"],
    "isbn": ["none"],
    "sort": list(BookQuerySet.ORDERINGS),
    "size": ["1", "20", "100"],
}
PLACES = [{}] * 40 + [
    {"sort": sort, side: Cursor.encode(ordering, [text if is_text(name) else 3 for name in ordering.columns])}
    for sort, ordering in BookQuerySet.ORDERINGS.items()
    for side, text in (("after", ""), ("after", "m"), ("before", "힣"))
]

words = st.one_of(*map(st.sampled_from, (LETTERS, BEGINNINGS, WORDS, PAIRS, OTHERS)))
phrases = st.lists(words, min_size=2, max_size=20).map(lambda chosen: f'"{" ".join(chosen)}"')
fields = st.sampled_from(["", "", "", "title:", "author:", "topic:", "isbn:"])
years = st.sampled_from(YEARS).map("year:{}".format)
terms = (
    st.tuples(fields, words | words | words | phrases).map("".join) | years | st.sampled_from(["lang:en", "lang:qqq"])
)
parts = st.tuples(st.sampled_from(["", "", "-"]), terms).map("".join)
searches = st.lists(parts, min_size=1, max_size=90).map(lambda chosen: " ".join(chosen)[:200])
filters = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FILTERS.items()})
parameters = st.tuples(st.just({}) | searches.map(lambda text: {"q": text}), filters, st.sampled_from(PLACES))
accepted = st.sampled_from(["text/html", "application/json"])


def database_seconds() -> float:
    """The processor time of our connection to PostgreSQL."""
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return machine.seconds_of({cursor.fetchone()[0]})


def cost(path: str, accept: str) -> float:
    """Seconds of the processor; 0 for what is refused."""
    of_database, began = database_seconds(), time.process_time()
    status = Client().get(path, headers={"accept": accept}).status_code
    used = time.process_time() - began + database_seconds() - of_database
    assert status in {200, 400}, (path, status)
    return used if status == 200 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    set_up.for_requests()
    costs: dict[tuple[str, str], float] = {}

    @seed(options.seed)
    @settings(
        max_examples=options.tries,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(PATHS), accepted, parameters)
    def search(path: str, accept: str, chosen: tuple[dict[str, str], ...]) -> None:
        query, some, place = chosen
        asked = f"{path}?{urlencode({**query, **some, **place})}", accept
        costs[asked] = min(cost(*asked), costs.get(asked, 60.0))
        target(costs[asked])

    search()
    print(f"{connection.vendor}: {len(costs):,} requests")
    for asked in sorted(costs, key=lambda asked: costs[asked], reverse=True)[:12]:
        print(f"{min(costs[asked], cost(*asked)):6.2f} s   {asked[1]:<17}{asked[0]}")


if __name__ == "__main__":
    main()
