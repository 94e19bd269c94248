"""What no client should send: each gets the same 4xx on every database, in the client's format, and never a 500."""

import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client, TestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from books.models import Book
from books.models.idempotency import MAX_KEY
from tests.examples import some
from tests.people import LibrarianTestCase, librarian

NUMBERS = [
    "x",
    "-1",
    "0",
    "1e3",
    "1.5",
    "%2B1",
    "1 2",
    "1_0",
    "10" * 15,
    "9" * 5000,
    "١٩",
    "１",
    "%00",
    "1%00",
    "%F0%9F%98%80",
]
TEXTS = ["%00", "a%00b", "%ff", "%ed%a0%80", "%zz", "%", "a%2", "%EF%BF%BD"]


class InTheQuery(TestCase):
    async def refused(self, address: str) -> None:
        response = await self.async_client.get(address)
        with self.subTest(address=address[:80]):
            assert response.status_code == 400
            assert response.json().keys() <= {"errors", "detail"}

    async def test_a_size_is_a_number_from_1_to_100(self) -> None:
        for number in [*NUMBERS, "101"]:
            await self.refused(f"/books/?size={number}")

    async def test_an_unknown_parameter_is_named_with_the_one_that_may_be_meant(self) -> None:
        for address, name, meant in (
            ("/books/?lang=en", "lang", "Did you mean language=? Known parameters: size, after, before, q, author,"),
            ("/books/?autor=x", "autor", "Did you mean author=?"),
            ("/books/?published_year=1950", "published_year", "Did you mean year=?"),
            ("/books/?title=x", "title", "Did you mean q=?"),
            ("/authors/?query=x", "query", "Did you mean q=? Known parameters: size, after, before, q."),
            ("/books/?zzz=x", "zzz", "Unknown parameter. Known parameters: size,"),
        ):
            with self.subTest(address):
                response = await self.async_client.get(address)
                page = await self.async_client.get(address, headers={"accept": "text/html"})
                assert (response.status_code, page.status_code) == (400, 400)
                assert meant in response.json()["errors"][name][0]
                assert meant in page.content.decode()

    async def test_a_year_is_a_year(self) -> None:
        for year in [number for number in NUMBERS if number not in {"-1", "0"}] + [
            "1..2..3",
            "..",
            "a..b",
            "1900-1950-2000",
        ]:
            await self.refused(f"/books/?year={year}")

    async def test_a_cursor_is_one_of_ours(self) -> None:
        for text in [*NUMBERS, *TEXTS]:
            await self.refused(f"/books/?after={text}")
            await self.refused(f"/books/?before={text}")

    async def test_two_cursors_are_one_too_many(self) -> None:
        await self.refused("/books/?after=WyJ0aXRsZSIsImEiLDFd&before=WyJ0aXRsZSIsImEiLDFd")

    async def test_a_cursor_belongs_to_its_order(self) -> None:
        await self.refused("/books/?sort=year&after=WyJ0aXRsZSIsImEiLDFd")

    async def test_text_is_readable_text(self) -> None:
        for text in TEXTS:
            for name in ("q", "author", "topic", "language"):
                await self.refused(f"/books/?{name}={text}")
            await self.refused(f"/authors/?q={text}")
            await self.refused(f"/books.csv?q={text}")

    async def test_a_topic_is_no_search_expression(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "The Sea", "topics": ["Novels", "Poetry"]})
        for topic in ('"', "a'b", "a\\", 'a"} : x', "x':*", 'NEAR("a"', 'x" OR {title} : "the', "x' | 'the", "NOVELS"):
            await self.found(0, topic=topic)
        await self.found(0, topic="novels @poetry")
        await self.found(1, topic="novels")

    async def test_what_is_nothing_once_folded_finds_nothing(self) -> None:
        await sync_to_async(Book.objects.add)({"title": "The Sea", "language": "en", "published_year": 1950})
        for query in ({"author": "!"}, {"author": "0"}, {"author": "9" * 20}, {"author": "9223372036854775808"}):
            await self.found(0, q="sea", year="1..2000", **query)
            await self.found(0, **query)
        await self.found(0, q="!", language="en", sort="year")
        await self.found(0, q="year:1950 year:1951")
        await self.found(0, q="year:1960..1940")
        await self.found(1, q="year:1940..1950 year:1950..1960")

    async def found(self, count: int, **query: str) -> None:
        for address in ("/books/", "/opds2/books/"):
            with self.subTest(address=address, **query):
                response = await self.async_client.get(address, query)
                assert response.status_code == 200
                answer = response.json()
                assert answer.get("count", answer.get("metadata", {}).get("numberOfItems")) == count

    async def test_a_digit_of_another_kind_is_no_id_of_an_author(self) -> None:
        assert (await self.async_client.get("/books/?author=%C2%B2")).json()["count"] == 0

    async def test_a_sort_is_one_of_ours(self) -> None:
        await self.refused("/books/?sort=price")

    async def test_a_query_has_an_end(self) -> None:
        response = await self.async_client.get("/books/", {"q": "a" * 201})
        assert response.json() == {"errors": {"q": ["At most 200 characters, not 201."]}}

    async def test_a_malformed_query_is_refused_everywhere(self) -> None:
        for address in ("/", "/books/1/", "/books/new/", "/topics/", "/authors/1/", "/health_check/", "/books.jsonl"):
            await self.refused(f"{address}?x=%zz")

    async def test_an_unknown_parameter_is_refused_by_its_name(self) -> None:
        for address in ("/books/", "/authors/", "/books.csv", "/opds/books/"):
            with self.subTest(address=address):
                response = await self.async_client.get(f"{address}?utm_source=x&size=3")
                assert (response.status_code, list(response.json()["errors"])) == (400, ["utm_source"])


class InTheAddress(LibrarianTestCase):
    async def test_an_id_that_is_none_is_404(self) -> None:
        for number in NUMBERS:
            for address in ("/books/{}/", "/books/{}/edit/", "/books/{}/delete/", "/authors/{}/", "/topics/{}/"):
                response = await self.async_client.get(address.format(number))
                with self.subTest(address=address, number=number[:20]):
                    assert response.status_code == 404

    async def test_a_browser_gets_the_error_as_a_page(self) -> None:
        response = await self.async_client.get("/books/0/", headers={"accept": "text/html"})
        assert response.status_code == 404
        assert response["Content-Type"] == "text/html; charset=utf-8"


BAD_JSON = {
    "broken": b'{"title": ',
    "blank": b" ",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "an array": b"[1]",
    "a string": b'"x"',
    "null": b"null",
    "NaN": b'{"title": "x", "pages": NaN}',
    "infinity": b'{"title": "x", "series_number": Infinity}',
    "a number of 5,000 digits": b'{"title": "x", "pages": ' + b"9" * 5000 + b"}",
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "UTF-32": '{"title": "x"}'.encode("utf-32"),
    "a name twice": b'{"title": "x", "title": "y"}',
    "a name twice, deep down": b'{"title": "x", "authors": [{"a": 1, "a": 2}]}',
    "a number beyond all": b'{"title": "x", "series_number": 1e400}',
    "a byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "Latin-1": '{"title": "é"}'.encode("latin-1"),
}
BAD_BOOKS: list[dict[str, Any]] = [
    {"title": None},
    {"title": 5},
    {"title": []},
    {"title": {}},
    {"title": "\0"},
    {"title": "\ud800"},
    {"title": "x" * 1001},
    {"title": "x", "authors": {"a": "b"}},
    {"title": "x", "authors": [None]},
    {"title": "x", "authors": [["a"]]},
    {"title": "x", "authors": ["\udfff"]},
    {"title": "x", "topics": ["a"] * 10 + [1]},
    {"title": "x", "topics": ["…"]},
    {"title": "x", "pages": 10**30},
    {"title": "x", "pages": -1},
    {"title": "x", "pages": 1.5},
    {"title": "x", "pages": True},
    {"title": "x", "published_year": "1950"},
    {"title": "x", "published_year": 10**10},
    {"title": "x", "series_number": 1e300},
    {"title": "x", "isbn13": "9790260000438"},
    {"title": "x", "language": "日本"},
    {"title": "x", "source_key": "a:1"},
    {"title": "x", "\ud800": 1},
    {},
]


class InTheBody(LibrarianTestCase):
    async def post(self, body: Any, kind: str = "application/json") -> Any:
        return await self.async_client.post("/books/", body, content_type=kind)

    async def test_what_is_no_json_object_in_utf_8_is_400(self) -> None:
        for name, body in BAD_JSON.items():
            with self.subTest(name):
                response = await self.post(body)
                assert response.status_code == 400
                assert "JSON" in response.json()["detail"]

    async def test_what_no_book_may_hold_is_422(self) -> None:
        for book in BAD_BOOKS:
            with self.subTest(book=repr(book)[:80]):
                response = await self.post(json.dumps(book))
                assert response.status_code == 422
                assert response.json()["errors"]

    async def test_of_very_many_names_none_is_named(self) -> None:
        response = await self.post(json.dumps({"title": "x"} | dict.fromkeys(map(str, range(2000)), 1)))
        assert response.status_code == 422
        assert response.json() == {"detail": "This object has 2,001 names: send the fields of a book alone."}

    async def test_more_than_a_mebibyte_is_413(self) -> None:
        response = await self.post(json.dumps({"title": "x", "description": "x" * 2**20}))
        assert response.status_code == 413

    async def test_too_much_or_too_many_fields_in_a_form_is_413(self) -> None:
        for form in ("title=" + "x" * 2**20, "&".join(f"f{n}=x" for n in range(300))):
            assert (await self.post(form, "application/x-www-form-urlencoded")).status_code == 413

    async def test_a_form_without_a_boundary_is_400(self) -> None:
        for kind in (
            "multipart/form-data",
            "multipart/form-data; boundary=",
            f"multipart/form-data; boundary={'x' * 300}",
        ):
            assert (await self.post(b"--x\r\n\r\n", kind)).status_code == 400

    async def test_a_form_that_is_no_utf_8_is_400(self) -> None:
        for body in ("title=%ff", "title=%zz", "title=%ed%a0%80"):
            assert (await self.post(body, "application/x-www-form-urlencoded")).status_code == 400
        multipart = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\xfe\r\n--x--\r\n'
        assert (await self.post(multipart, "multipart/form-data; boundary=x")).status_code == 400

    async def test_unreadable_text_in_a_form_is_422(self) -> None:
        assert (await self.post("title=a%00b", "application/x-www-form-urlencoded")).status_code == 422

    async def test_another_kind_of_body_is_415(self) -> None:
        for kind in ("text/plain", "application/xml", "x", "application/octet-stream"):
            assert (await self.post(b"{}", kind)).status_code == 415

    async def test_a_form_page_takes_forms_only(self) -> None:
        for kind in ("application/json", "text/plain"):
            response = await self.async_client.post("/books/1/delete/", b"{}", content_type=kind)
            assert response.status_code == 415

    async def test_who_is_not_signed_in_and_sends_what_cannot_be_kept_is_led_or_refused_all_the_same(self) -> None:
        for body, kind in ((b"{}", "text/plain"), (b"title=%ff", "application/x-www-form-urlencoded")):
            headers = {"accept": "text/html"}
            response = await AsyncClient().post("/books/", body, content_type=kind, headers=headers)
            assert 300 <= response.status_code < 500

    async def test_a_tokens_name_is_readable_text(self) -> None:
        body = json.dumps({"name": "\ud800", "scopes": ["read"]})
        assert (
            await self.async_client.post("/accounts/tokens/", body, content_type="application/json")
        ).status_code == 422

    async def test_the_longest_idempotency_key_fits(self) -> None:
        headers = {"idempotency-key": "k" * MAX_KEY}
        response = await self.async_client.post(
            "/books/", '{"title": "x"}', content_type="application/json", headers=headers
        )
        assert response.status_code == 201

    async def test_nothing_of_all_this_is_in_the_catalogue(self) -> None:
        for body in BAD_JSON.values():
            await self.post(body)
        assert not await Book.objects.aexists()


def job_requests() -> st.SearchStrategy[str]:
    """JSON that nearly starts a job: the right names with any values, doubled names and numbers of any size too."""
    numbers = st.sampled_from(["1e400", "-0", "9" * 400, "1.5", "-1", "00", "NaN"]) | st.integers(0, 1001).map(str)
    texts = st.text(st.characters(), max_size=6).map(json.dumps) | st.sampled_from(
        ['"\\ud800"', '"\\u0000"', '"9780306406157"']
    )
    kinds = st.sampled_from(["clock", "import", "export", "lookup", "undo_import", "reindex"]).map(json.dumps)
    names = st.sampled_from("kind arguments seconds isbns ids without mapping format q year job dry_run".split())
    values = st.recursive(
        st.sampled_from(["null", "true", "[]", "{}"]) | numbers | texts | kinds,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
            | st.lists(st.tuples(names.map(json.dumps), inner), max_size=4).map(json_object)
        ),
        max_leaves=6,
    )
    arguments = st.lists(st.tuples(names.map(json.dumps), values), max_size=3).map(json_object)
    return (
        st.tuples(kinds | values, arguments | values).map(
            lambda parts: json_object([('"kind"', parts[0]), ('"arguments"', parts[1])])
        )
        | values
    )


def json_object(pairs: list[tuple[str, str]]) -> str:
    return f"{{{','.join(f'{name}:{value}' for name, value in pairs)}}}"


class AnyBody(HypothesisTestCase):
    signed_in: Client

    @classmethod
    def setUpTestData(cls) -> None:
        cls.signed_in = Client()
        cls.signed_in.force_login(librarian())

    def setup_example(self) -> None:
        super().setup_example()
        self.client.cookies = SimpleCookie(self.signed_in.cookies)

    @settings(max_examples=some(50), deadline=None)
    @given(
        st.binary(min_size=1, max_size=200)
        | st.text(min_size=1, max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
    def test_any_bytes_as_json_are_refused_or_a_book(self, body: bytes) -> None:
        response = self.client.post("/books/", body, content_type="application/json")
        assert response.status_code in {201, 400, 422}

    @settings(max_examples=some(100), deadline=None)
    @given(st.sampled_from(["/jobs/", "/jobs/a/"]), job_requests())
    def test_any_json_starts_the_job_that_it_asks_for_or_nothing(self, address: str, body: str) -> None:
        data = body.encode("utf-8", "surrogatepass")
        response = self.client.post(address, data, content_type="application/json")
        assert response.status_code in {200, 202, 400, 409, 422}
        if response.status_code == 202:
            assert response.json()["kind"] == json.loads(data).get("kind", "clock")

    @settings(max_examples=some(50), deadline=None)
    @given(
        st.sampled_from(["/jobs/?after={}", "/jobs/?before={}", "/jobs/?size={}", "/jobs/{}/", "/jobs/a/files/{}/"]),
        st.text(max_size=80),
    )
    def test_any_key_and_any_cursor_of_jobs_is_one_or_none(self, address: str, text: str) -> None:
        response = self.client.get(address.format(quote(text, safe="", errors="surrogatepass")))
        assert response.status_code in {200, 301, 400, 404}

    @settings(max_examples=some(50), deadline=None)
    @given(st.text(st.characters(codec="ascii"), max_size=60))
    def test_any_query_is_refused_or_answered(self, query: str) -> None:
        response = self.client.get(f"/books/?{query}")
        assert response.status_code in {200, 400}


@pytest.mark.parametrize("host", ["evil.example", "a b", "localhost:port", "localhost, evil.example"])
def test_another_hosts_name_is_refused(client: Any, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


def test_an_accept_header_that_nobody_needs_so_long_is_ignored(client: Any) -> None:
    answer = client.get("/nothing-here/", headers={"accept": "text/html;a=" + "x" * 20_000})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
