import json
from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncClient

from books.models import Author, Book, Topic
from tests.people import LibrarianTestCase


class OneBook(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["夏目 漱石"], "topics": ["Novels"], "pages": 200})
        self.url = f"/books/{self.book.pk}/"

    async def send(self, method: str, body: Any, **headers: str) -> Any:
        send = getattr(self.async_client, method)
        return await send(self.url, json.dumps(body), content_type="application/json", headers=headers)

    def test_it_is_read_in_two_queries(self) -> None:
        with self.assertNumQueries(2):
            response = async_to_sync(AsyncClient().get)(self.url)
        assert response.json()["topics"] == ["novels"]

    async def test_who_has_this_version_already_gets_304(self) -> None:
        response = await self.async_client.get(self.url, headers={"if-none-match": '"1"'})
        assert (response.status_code, response.content) == (304, b"")

    async def test_patch_writes_the_fields_given_and_leaves_the_others(self) -> None:
        book = (await self.send("patch", {"title": "心"})).json()
        assert (book["title"], book["pages"], book["authors"], book["version"]) == ("心", 200, ["夏目 漱石"], 2)

    async def test_put_empties_the_fields_not_given(self) -> None:
        book = (await self.send("put", {"title": "心"})).json()
        assert (book["title"], book["pages"], book["authors"], book["topics"]) == ("心", None, [], [])

    async def test_what_is_found_follows_what_is_written(self) -> None:
        await self.send("patch", {"title": "Heart", "authors": ["Soseki"]})
        for query, count in {"q=heart+soseki": 1, "q=kokoro": 0, "author=soseki": 1}.items():
            assert (await self.async_client.get(f"/books/?{query}")).json()["count"] == count

    async def test_a_write_that_changes_nothing_makes_no_new_version(self) -> None:
        assert (await self.send("patch", {"title": "Kokoro"})).json()["version"] == 1

    async def test_who_has_read_an_older_version_is_told_and_changes_nothing(self) -> None:
        await self.send("patch", {"title": "first"}, **{"if-match": '"1"'})
        for method, body in {"patch": {"title": "second"}, "put": {"title": "second"}, "delete": {}}.items():
            with self.subTest(method=method):
                response = await self.send(method, body, **{"if-match": '"1"'})
                assert response.status_code == 412
        assert (await self.async_client.get(self.url)).json()["title"] == "first"

    async def test_an_if_match_that_fits_is_let_through(self) -> None:
        for header in ('"1"', "*", "", ' "2"'):
            with self.subTest(header=header):
                response = await self.send("patch", {"title": f"by {header}"}, **{"if-match": header})
                assert response.status_code == (200 if header != ' "2"' else 412)

    async def test_an_if_match_may_list_several_versions(self) -> None:
        assert (await self.send("patch", {"title": "x"}, **{"if-match": '"7", "x","1"'})).status_code == 200
        assert (await self.send("patch", {"title": "y"}, **{"if-match": '"1", "7"'})).status_code == 412
        assert (await self.send("delete", {}, **{"if-match": 'W/"1" , "2"'})).status_code == 204

    async def test_an_if_none_match_may_list_several_versions_and_weak_ones(self) -> None:
        for header, status in {'"7", W/"1"': 304, "*": 304, '"7", W/"8"': 200}.items():
            response = await self.async_client.get(self.url, headers={"if-none-match": header})
            assert response.status_code == status

    async def test_an_if_match_that_is_no_etag_of_ours_fits_nothing(self) -> None:
        for header in ("1", 'W/"1"', '"x"', 'W/"1", "2"', '"99999999999999999999"', ",", '"1'):
            with self.subTest(header=header):
                assert (await self.send("patch", {"title": "x"}, **{"if-match": header})).status_code == 412

    async def test_delete_takes_the_book_out_with_the_authors_and_topics_that_were_only_its_own(self) -> None:
        response = await self.async_client.delete(self.url)
        assert (response.status_code, response.content) == (204, b"")
        assert (await self.async_client.get(self.url)).status_code == 404
        assert not await Author.objects.aexists()
        assert not await Topic.objects.aexists()

    async def test_an_author_who_has_another_book_stays(self) -> None:
        await self.async_client.post(
            "/books/", json.dumps({"title": "b", "authors": ["夏目 漱石"]}), content_type="application/json"
        )
        await self.send("patch", {"authors": []})
        assert await Author.objects.acount() == 1

    async def test_authors_keep_the_order_they_were_given_in(self) -> None:
        await self.send("patch", {"authors": ["c", "a", "b"]})
        await self.send("patch", {"authors": ["b", "c", "a"]})
        assert (await self.async_client.get(self.url)).json()["authors"] == ["b", "c", "a"]
        page = (await self.async_client.get(self.url, headers={"accept": "text/html"})).content.decode()
        places = [page.index(f">{name}</a>") for name in "bca"]
        assert places == sorted(places)

    async def test_a_write_with_another_content_type_is_refused(self) -> None:
        response = await self.async_client.put(self.url, "title=x", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 415

    async def test_a_book_that_is_not_there_is_404_for_every_method(self) -> None:
        self.url = "/books/999999999999999999/"
        for method in ("get", "put", "patch", "delete"):
            with self.subTest(method=method):
                response = (
                    await self.send(method, {"title": "x"})
                    if method != "get"
                    else await self.async_client.get(self.url)
                )
                assert response.status_code == 404
                assert "/books/" in response.json()["detail"]
