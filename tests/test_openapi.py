"""The description is OpenAPI, names every address and method, and says of real answers nothing but what is true."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError
from django.test import TestCase, override_settings
from django.urls import URLPattern

from books.metadata import record
from books.models import Book, Token
from books.openapi.description import description
from books.openapi.operations import OPERATIONS
from books.openapi.schemas import SCHEMAS, SENT
from books.urls import urlpatterns
from books.web.permissions import ADD
from tests import outside
from tests.people import LibrarianTestCase
from tests.test_hostile_input import BAD_BOOKS, BAD_JSON

pytestmark = pytest.mark.once

DOCUMENT = description()
WHOLE = "urn:openapi"
REGISTRY = jsonschema_rs.Registry([(WHOLE, DOCUMENT)])  # read once: a validator of its own copy takes 3 ms
RESPONSES = DOCUMENT["components"]["responses"]
OPERATION = {
    (method.upper(), path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
FORM = "application/x-www-form-urlencoded"


def all_objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_objects(inner)


def described(method: str, path: str, status: int) -> dict[str, Any]:
    response: dict[str, Any] = OPERATION[method, path]["responses"][str(status)]
    return RESPONSES[response["$ref"].rpartition("/")[2]] if "$ref" in response else response


@cache
def body_of(method: str, path: str, status: int, kind: str) -> jsonschema_rs.Draft202012Validator:
    """What checks the body of an answer."""
    return validator(described(method, path, status)["content"][kind]["schema"])


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    alone = json.loads(json.dumps(schema).replace('"#/', f'"{WHOLE}#/'))
    return jsonschema_rs.Draft202012Validator(alone, registry=REGISTRY, validate_formats=True)


def check(response: Any, method: str, path: str) -> None:
    """The answer's status, headers, media type and body are among those that are described."""
    said = described(method, path, response.status_code)
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if "content" in said:
        assert kind in said["content"]
    else:
        assert not response.content
    if kind != "text/html" or "content" not in said:  # what stands in headers, a page says in words
        assert said.get("headers", {}).keys() <= response.headers.keys()
    if kind == "application/json":
        body_of(method, path, response.status_code, kind).validate(response.json())


class TheDocument(TestCase):
    def test_it_is_answered_without_a_query_and_may_be_kept(self) -> None:
        with self.assertNumQueries(0):
            response = async_to_sync(self.async_client.get)("/openapi.json")
        assert response.json() == json.loads(json.dumps(DOCUMENT))
        assert response["Cache-Control"] == "public, max-age=3600"

    def test_it_names_exactly_the_addresses_and_methods_there_are(self) -> None:
        patterns = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
        views: Any = {pattern: pattern.callback.view_class() for pattern in patterns}  # type: ignore[attr-defined]
        there = {
            (method, "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)))
            for pattern, view in views.items()
            for method in {*view.methods()} - {"HEAD", "OPTIONS"}
        }
        assert OPERATION.keys() == there
        named = {f"{method} {pattern.name}" for pattern, view in views.items() for method in view.methods()}
        assert OPERATIONS.keys() <= named

    def test_every_schema_is_json_schema(self) -> None:
        for schema in [*SCHEMAS.values(), *(found["schema"] for found in all_objects(DOCUMENT) if "schema" in found)]:
            jsonschema_rs.meta.validate(schema)

    def test_every_reference_leads_somewhere(self) -> None:
        for found in all_objects(DOCUMENT):
            if "$ref" in found:
                _, components, kind, name = found["$ref"].split("/")
                assert name in DOCUMENT[components][kind]

    def test_every_operation_is_whole(self) -> None:
        for (method, path), operation in OPERATION.items():
            declared = {parameter["name"] for parameter in DOCUMENT["paths"][path]["parameters"]}
            with self.subTest(operation["operationId"]):
                assert declared == set(re.findall(r"{(\w+)}", path))
                assert operation["summary"]
                assert all(described(method, path, int(status))["description"] for status in operation["responses"])
        assert len({operation["operationId"] for operation in OPERATION.values()}) == len(OPERATION)

    def test_it_says_who_may_as_the_rules_do(self) -> None:
        assert OPERATION["GET", "/health_check/"]["security"] == []
        assert OPERATION["GET", "/books/"]["security"] == [{}, {"token": ["read"]}, {"session": []}]
        assert OPERATION["POST", "/books/"]["security"] == [{"token": ["write"]}, {"session": []}]
        assert OPERATION["GET", "/accounts/tokens/"]["security"] == [{"session": []}]
        assert str(ADD.permission) in OPERATION["POST", "/books/"]["description"]

    def test_where_reading_is_for_accounts_it_says_so(self) -> None:
        self.addCleanup(description.cache_clear)
        description.cache_clear()
        with override_settings(READ_REQUIRES_LOGIN=True):
            document = async_to_sync(self.async_client.get)("/openapi.json").json()
        search = document["paths"]["/books/"]["get"]
        assert {} not in search["security"]
        assert {"303", "401", "403"} <= search["responses"].keys()


class Answers(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        full = {
            "title": "Kokoro",
            "authors": ["夏目 漱石"],
            "topics": ["Novels", "小説"],
            "isbn13": "9780306406157",
            "pages": 9,
            "series": "Novels",
        }
        self.book = Book.objects.add({**record.EMPTY, **full, "published_year": 1914, "language": "ja"})
        Book.objects.add({"title": "Kokoro!", "authors": ["夏目漱石"]})
        self.keys = {
            "pk": self.book.pk,
            "fingerprint": self.book.fingerprint,
            "slug": "novels",
            "change": 1,
            "key": "job",
            "name": "a.csv",
            "case": "orm",
            "extension": "ris",
        }
        self.addresses = {"/authors/{pk}/": {"pk": self.book.authors.get().pk}}
        series = {"pk": self.book.bookseries_set.get().series_id}
        self.addresses |= dict.fromkeys(("/series/{pk}/", "/series/{pk}/edit/", "/series/{pk}/history/"), series)

    async def ask(self, method: str, path: str, **request: Any) -> int:
        address = path.format(**{**self.keys, **self.addresses.get(path, {}), **request.pop("keys", {})})
        response = await getattr(self.async_client, method.lower())(address + request.pop("query", ""), **request)
        try:
            check(response, method, path)
        except Exception as error:
            error.add_note(f"{method} {address} was answered with {response.status_code}.")
            raise
        status: int = response.status_code
        return status

    async def send(self, method: str, path: str, data: Any, **headers: str) -> int:
        return await self.ask(method, path, data=json.dumps(data), content_type="application/json", headers=headers)

    async def test_every_address_answers_a_get_as_described(self) -> None:
        for path in (path for method, path in OPERATION if method == "GET"):
            for accept in ("application/json", "text/html", "text/plain", "image/png"):
                await self.ask("GET", path, headers={"accept": accept})
            for accept in ("application/json", "text/html"):  # an error has no other type
                await self.ask("GET", path, headers={"accept": accept}, query="?size=%zz")
                await self.ask("GET", path, headers={"accept": accept, "authorization": "Bearer x"})

    async def test_what_is_not_there_is_refused_as_described(self) -> None:
        for method, path in OPERATION:
            if "{" in path and method in {"GET", "DELETE"}:
                assert await self.ask(
                    method, path, keys={"pk": 10**17, "slug": "none", "fingerprint": "x-aaaaaaaa", "case": "none"}
                ) in {403, 404, 406}  # 403: only the owner purges

    async def test_a_book_is_added_changed_and_taken_out_as_described(self) -> None:
        assert await self.send("POST", "/books/", {"title": "new", "series": "s", "series_number": 2.5}) == 201
        assert await self.send("POST", "/books/", {"title": "x", "isbn13": "9780306406157"}) == 409
        assert await self.send("PATCH", "/books/{pk}/", {"pages": 10}) == 200
        assert await self.send("PUT", "/books/{pk}/", {"title": "x"}, if_match='"1"') == 412
        assert await self.ask("GET", "/books/{pk}/", headers={"if-none-match": '"2"'}) == 304
        assert await self.send("PUT", "/books/{pk}/", {"title": "x"}, accept="image/png") == 406
        assert await self.ask("DELETE", "/books/{pk}/") == 204
        assert await self.ask("GET", "/books/{pk}/history/") == 200

    async def test_a_change_is_undone_as_described(self) -> None:
        await self.send("PATCH", "/books/{pk}/", {"pages": 10})
        listed = (await self.async_client.get(f"/books/{self.book.pk}/history/")).json()["changes"]
        self.keys["change"] = listed[0]["id"]
        assert await self.ask("POST", "/books/{pk}/history/{change}/undo/") == 200
        assert await self.ask("POST", "/books/{pk}/history/{change}/undo/") == 409

    async def test_forms_are_answered_as_described(self) -> None:
        for accept in ("application/json", "text/html"):
            for path, form, status in [
                ("/books/", "title=typed", 303),
                ("/books/new/", "title=", 422),
                ("/books/new/", "title=x&isbn13=9780306406157", 409),
                ("/books/{pk}/edit/", "title=x&version=9", 412),
                ("/books/{pk}/delete/", "version=9", 412),
                ("/accounts/tokens/", "name=x&scopes=read", 201),
                ("/accounts/tokens/", "name=&scopes=read", 422),
                ("/accounts/password/", "old=x&password=y&again=z", 422),
                ("/accounts/login/", "username=x&password=y", 403),
                ("/accounts/first/", "secret=x&username=a&password=correct horse&again=correct horse", 404),
                ("/books/{pk}/edit/", "title=%ff", 400),
                ("/books/new/", "title=" + "x" * 2**20, 413),
            ]:
                sent = {"data": form, "content_type": FORM, "headers": {"accept": accept}}
                assert await self.ask("POST", path, **sent) == status

    async def test_what_is_refused_is_refused_as_described(self) -> None:
        for text in BAD_JSON.values():
            assert await self.ask("POST", "/books/", data=text, content_type="application/json") == 400
        for book in BAD_BOOKS:
            assert await self.send("POST", "/books/", book) == 422
        assert await self.ask("PUT", "/books/{pk}/", data="x", content_type="text/plain") == 415
        assert await self.ask("POST", "/books/new/", headers={"origin": "https://evil.example"}) == 403

    async def test_who_may_not_is_refused_as_described(self) -> None:
        await self.async_client.alogout()
        for method, path in OPERATION:
            if method != "GET":
                await self.ask(method, path)
                await self.ask(method, path, headers={"accept": "text/html"}, data="", content_type=FORM)
        for _ in range(20):
            status = await self.ask("POST", "/accounts/login/", data="username=x&password=y", content_type=FORM)
        assert status == 429

    async def test_tokens_are_made_and_revoked_as_described(self) -> None:
        assert await self.send("POST", "/accounts/tokens/", {"name": "x", "scopes": ["read"], "days": 1}) == 201
        token = await Token.objects.aget()
        for method, path in (("DELETE", "/accounts/tokens/{pk}/"), ("POST", "/accounts/tokens/{pk}/revoke/")):
            assert await self.ask("GET", "/accounts/tokens/") == 200
            assert await self.ask(method, path, keys={"pk": token.pk}) in {204, 404}

    async def test_a_look_up_is_answered_as_described(self) -> None:
        with outside.outside() as server:
            for does, isbn, status in [
                (outside.edition("9780131103627"), "9780131103627", 200),
                (outside.knows({}), "9780140449136", 404),
                (outside.BROKEN, "9780141439518", 502),
                (outside.hangs_up, "9780141439518", 503),
                (outside.hangs_up, "9780306406157", 200),
                (outside.hangs_up, "x", 422),
            ]:
                server.does |= {outside.BOOKS: does, outside.SEARCH: outside.work()}
                for accept in ("application/json", "text/html"):
                    sent = {"query": f"?isbn={isbn}", "headers": {"accept": accept}}
                    assert await self.ask("GET", "/lookup/", **sent) == status

    async def test_a_database_that_fails_is_answered_as_described(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("books.models.book.BookQuerySet.aexists", self.fail_to_read)
            assert await self.ask("GET", "/health_check/") == 503

    async def fail_to_read(self) -> None:
        raise DatabaseError

    async def test_a_line_of_the_export_is_as_described(self) -> None:
        response = await self.async_client.get("/books.jsonl")
        lines = b"".join([chunk async for chunk in response.streaming_content]).splitlines()  # type: ignore[attr-defined]
        for line in lines:
            validator(SCHEMAS["BookLine"]).validate(json.loads(line))
        assert lines

    async def test_the_limits_described_are_those_in_force(self) -> None:
        assert SENT.keys() == set(record.EDITABLE)
        writable = validator(SCHEMAS["BookWrite"])
        for name, schema in SENT.items():
            for edge, values in (("maxLength", "x"), ("maxItems", "y")):
                if limit := schema.get(edge):
                    for size in (limit, limit + 1):
                        value: Any = values * size if edge == "maxLength" else [str(number) for number in range(size)]
                        self.same(writable, {"title": "x", name: value}, only=name not in {"isbn13", "language"})
            for edge, step in (("minimum", -1), ("maximum", 1), ("exclusiveMaximum", 1)):
                if edge in schema:
                    for value in (schema[edge], schema[edge] + step):
                        self.same(writable, {"title": "x", name: value})

    def same(self, writable: Any, book: dict[str, Any], *, only: bool = True) -> None:
        with self.subTest(book=repr(book)[:60]):
            assert not only or writable.is_valid(book) == (record.clean(book)[1] == {})
