"""What a search finds, beside what the database's own LIKE finds in the same texts.

A text holds a phrase if it stands there once both are folded (NFKC, no case, no accents): where words have spaces, only
where one of them begins; where they have none, anywhere. What stands between words is a space, and a change of script
is one too. One to three letters alone are a whole word in descriptions, elsewhere the beginning of one. Of an ISBN any
five digits or more are found. A phrase that begins in one text and ends in another is in neither.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import batched, chain, groupby, pairwise
from typing import Any

from django.db import connection
from django.test import TestCase

from books.metadata import record
from books.models import Book
from tests.importing.lists import csv_file, imported
from tests.plausible_books import books

COUNT = 2000  # books that are made up, beside those of TITLES
TITLES = """
銀河鉄道の夜 | 心 | こころ | 吾輩は猫である | 三四郎 | 世界の歴史 | 夏目漱石全集 | 心の旅 ガイドブック | 红楼梦 |
三国演义 | 中国文学史 | 한국 문학의 역사 | 봄날은 간다 | ألف ليلة وليلة | تاريخ العالم | كتاب الحيوان | Οδύσσεια |
Η ζωή εν τάφω | Ιστορία της πόλης | Die Verwandlung | Kunstgeschichte der Stadt | Straße ohne Ende |
Kafka on the Shore | The Castle | The Trial of the Century | War and Peace | Война и мир | गोदान |
The Hobbit, or There and Back Again | There | A History of the World | Histoire du monde | L’Étranger |
戦争と平和 War & Peace | Nº 5: ﬁn de siècle
""".replace("\n", " ").split("|")
LANGUAGES = ("ja", "zh", "ko", "ar", "el", "de", "en")
EACH = 25  # queries in a language; with as many for ISBNs they are 200
COLUMNS = ("id", "title", "subtitle", "series", "author_names", "topic_names", "description", "isbn13", "language")
NAMED = {"title": "title", "subtitle": "title", "series": "title", "description": "description", "isbn13": "isbn"}
EVERYWHERE = ("title", "author", "description", "isbn")
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) not in '":-'}
HALF_WIDTH = {ord(unicodedata.normalize("NFKC", chr(code))): chr(code) for code in range(0xFF66, 0xFF9E)}


KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
VARIANTS = str.maketrans("历歷國记戰爭書", "歴歴国記戦争書", "'’")

Queries = dict[str, tuple[str, tuple[str, ...]]]  # a name for each; what it is about


def plain(text: str) -> str:
    """Folded; a sign that makes another letter (が of か) is no accent and stays."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFKC", "".join(part for part in parts if unicodedata.combining(part) < 10))
    return folded.translate(KATAKANA).translate(VARIANTS)


SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    plain,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: text.translate(FULL_WIDTH),
    lambda text: text.translate(HALF_WIDTH),
]


AFTER_ARTICLE = re.compile(r"\bال(\w{3,})")  # a word is written together with al-, and looked for without it


@cache
def script(character: str) -> str:
    if unicodedata.category(character)[0] not in "LNM":
        return ""
    return "unspaced" if unicodedata.name(character).startswith(UNSPACED) else "spaced"


def line(text: str) -> str:
    """Its words and its runs of unspaced text, one space between."""
    return " ".join("".join(characters) for kind, characters in groupby(plain(text), script) if kind)


def texts(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What of a book is searched: the field and its text."""
    for name in filter(None, row["author_names"].split("\n")):
        yield "author", name
        if "unspaced" in map(script, name):  # 夏目 漱石 is written 夏目漱石 too
            yield "author", name.replace(" ", "")
        yield from (("author", word) for word in AFTER_ARTICLE.findall(name))
    yield from (("topic", name) for name in row["topic_names"].split("\n") if name)
    for name, field in NAMED.items():
        if row[name]:
            spelled = {row[name], row[name].replace("’", " "), *AFTER_ARTICLE.findall(row[name])}
            spelled |= {row[name].replace("&", word) for word in ("and", "und", "et", "y")}
            yield from ((field, text) for text in spelled)


def phrase_of(text: str, chance: random.Random) -> str:
    """Two characters or more, from where a phrase can begin; "" if there are none."""
    kinds = ["", *map(script, text)]
    pairs = enumerate(pairwise(kinds))
    start = chance.choice([place for place, (before, kind) in pairs if kind and not before == kind == "spaced"])
    length = chance.randint(2, 14 if kinds[start + 1] == "spaced" else 6)
    found = text[start : start + length].strip()
    return chance.choice(SPELLINGS)(found) if len(line(found)) > 1 else ""


class RecallTests(TestCase):
    rows: list[dict[str, Any]]

    @classmethod
    def setUpTestData(cls) -> None:
        made: list[dict[str, Any]] = [dict(book) for book in books(COUNT)]
        made += [{"title": title.strip()} for title in TITLES]
        done = imported(
            csv_file([book | {name: "; ".join(book.get(name, ())) for name in record.NAMES} for book in made])
        )
        assert (done.totals.created, done.totals.rejected) == (len(made), 0)
        cls.rows = list(Book.objects.order_by("id").values(*COLUMNS))
        lines = [(row["id"], field, f" {line(text)} ") for row in cls.rows for field, text in texts(row)]
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE truth (book bigint, field varchar(20), line text)")
            for part in batched(lines, 1000):
                values = ", ".join(["(%s, %s, %s)"] * len(part))
                cursor.execute(f"INSERT INTO truth VALUES {values}", list(chain.from_iterable(part)))  # noqa: S608

    def truth(self, phrase: str, fields: tuple[str, ...]) -> set[int]:
        asked, alternatives, values = line(phrase), [], []
        is_short = len(asked) <= 3 and set(map(script, asked)) == {"spaced"}
        for field in fields:
            if script(asked[0]) == "unspaced" or (field == "isbn" and asked.isdigit() and len(asked) > 4):
                pattern = f"%{asked}%"
            else:
                pattern = f"% {asked} %" if is_short and field == "description" else f"% {asked}%"
            alternatives.append("(field = %s AND line LIKE %s)")
            values += [field, pattern]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT book FROM truth WHERE {' OR '.join(alternatives)}", values)  # noqa: S608
            return {pk for (pk,) in cursor.fetchall()}

    def assert_true(self, queries: Queries) -> None:
        """Each query finds all books that hold its phrase in one of the fields, and no other."""
        wrong = {}
        for query, (phrase, fields) in queries.items():
            found, truth = set(Book.objects.search(query).values_list("id", flat=True)), self.truth(phrase, fields)
            if found != truth or not truth:
                wrong[query] = f"{len(truth - found)} of {len(truth)} missed, {len(found - truth)} too many"
        assert not wrong

    def test_175_phrases_in_seven_languages_find_all_that_hold_them_and_no_other(self) -> None:
        chance, queries = random.Random(1), Queries()
        for language in LANGUAGES:
            those, before = [row for row in self.rows if row["language"] == language], len(queries)
            while len(queries) < before + EACH:
                field, text = chance.choice([each for each in texts(chance.choice(those)) if each[0] != "isbn"])
                is_there_only = field == "topic" or (field != "description" and chance.random() < 0.3)
                if phrase := phrase_of(text, chance):
                    prefix, fields = (f"{field}:", (field,)) if is_there_only else ("", EVERYWHERE)
                    queries[f'{prefix}"{phrase}"'] = phrase, fields
        self.assert_true(queries)

    def test_phrases_of_well_known_titles_find_all_that_hold_them_and_no_other(self) -> None:
        chance, queries = random.Random(2), Queries()
        for row in self.rows[COUNT:]:
            phrases = filter(None, (phrase_of(row["title"], chance) for _ in range(4) if len(row["title"]) > 1))
            queries |= {f'"{phrase}"': (phrase, EVERYWHERE) for phrase in phrases}
        assert len(queries) > 80
        self.assert_true(queries)

    def test_25_parts_of_isbns_find_all_that_hold_them_and_no_other(self) -> None:
        chance, queries = random.Random(3), Queries()
        isbns = [row["isbn13"] for row in self.rows if row["isbn13"]]
        while len(queries) < EACH:
            start = chance.randint(0, 8)
            part = chance.choice(isbns)[start : start + chance.randint(5, 12)]
            queries[chance.choice(["", "isbn:"]) + part] = part, ("isbn",)
        self.assert_true(queries)
