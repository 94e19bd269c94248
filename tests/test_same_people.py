"""Authors that may be one person are proposed at /duplicates/authors/, merged there or marked as different people."""

from typing import Any

import pytest

from books.history.rename import undo
from books.metadata import fingerprint
from books.models import Author, Book, NameChange
from books.models.change import COMMAND
from tests.people import LibrarianTestCase

URL = "/duplicates/authors/"


@pytest.mark.parametrize(
    "names",
    [
        ["J.R.R. Tolkien", "J. R. R. Tolkien", "Tolkien, J.R.R.", "J R R TOLKIEN", "JRR Tolkien", "Tolkien, J. R. R."],
        ["Natsume Sōseki", "Soseki, Natsume"],
        ["夏目 漱石", "夏目漱石"],
        ["Émile Zola", "ZOLA, Emile"],
    ],
)
def test_spellings_of_one_name_have_one_fingerprint(names: list[str]) -> None:
    assert len(set(map(fingerprint.of_person, names))) == 1


def test_other_initials_and_other_names_are_other_people() -> None:
    names = ["J.R.R. Tolkien", "J.R. Tolkien", "Christopher Tolkien", "Tolkien", "A. B.", "B. A. Tolkien"]
    assert len(set(map(fingerprint.of_person, names))) == len(names)


class SamePeople(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        for title, name in (("A", "J.R.R. Tolkien"), ("B", "Tolkien, J.R.R."), ("C", "J.R.R. Tolkien"), ("D", "Zola")):
            Book.objects.add({"title": title, "authors": [name]})

    def groups(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(URL).json()["groups"]
        return found

    def test_a_group_is_merged_into_the_name_that_is_kept_and_that_is_undone(self) -> None:
        [group] = self.groups()
        assert [(each["name"], each["books"]) for each in group["authors"]] == [
            ("J.R.R. Tolkien", 2),
            ("Tolkien, J.R.R.", 1),
        ]
        kept, other = (each["id"] for each in group["authors"])
        sent = {"keep": kept, "author": [f"{kept}:1", f"{other}:1"]}
        assert self.client.post(group["url"], sent)["Location"] == f"/authors/{kept}/"
        assert Book.objects.get(title="B").author_names == "J.R.R. Tolkien"
        assert self.groups() == []
        undo(NameChange.objects.get().pk, COMMAND)
        assert Author.objects.filter(name="Tolkien, J.R.R.").exists()
        assert self.client.post(group["url"], sent).status_code == 412

    def test_a_browser_goes_on_to_the_next_group_or_gets_the_same_again_with_the_reason(self) -> None:
        for name in ("Émile Zola", "ZOLA, Emile", "A. Carr", "Carr, A."):
            Book.objects.add({"title": name, "authors": [name]})
        _, group, last = self.groups()
        kept, other = (each["id"] for each in group["authors"])
        post, html = group["url"], {"accept": "text/html"}
        refused = self.client.post(post, {"keep": other, "author": f"{kept}:1"}, headers=html)
        page = refused.content.decode()
        assert (refused.status_code, "Nothing was merged" in page) == (422, True)
        assert [author["name"] for author in last["authors"] if author["name"] not in page] == []
        assert f'value="{kept}:1" checked' in page
        assert f'value="{other}" checked' in page
        assert "Carr" not in page  # which comes before
        assert self.client.get(post).json()["groups"][0]["url"] == post
        sent = {"keep": kept, "author": [f"{kept}:1", f"{other}:1"]}
        merged = self.client.post(post, sent, headers=html)
        assert merged.status_code == 303
        assert [each["url"] for each in self.client.get(merged["Location"]).json()["groups"]] == [last["url"]]
        page = self.client.get(merged["Location"], headers=html).content.decode()
        assert f'action="/name-changes/{NameChange.objects.latest("pk").pk}/undo/"' in page
        stale = self.client.post(post, sent, headers=html)
        assert (stale.status_code, "Nothing was merged" in stale.content.decode()) == (412, True)
        assert self.client.get(post).status_code == 404

    def test_nothing_is_ticked_and_one_name_alone_is_not_merged(self) -> None:
        assert b"checkbox" in (page := self.client.get(URL, headers={"accept": "text/html"}).content)
        assert page.count(b"checked") == 1  # the name to keep
        [group] = self.groups()
        author = group["authors"][0]["id"]
        assert self.client.post(group["url"], {"keep": author, "author": f"{author}:1"}).status_code == 422

    def test_different_people_are_not_proposed_again_until_there_is_another(self) -> None:
        [group] = self.groups()
        sent = {name: group[name] for name in ("count", "newest")}
        assert self.client.post(f"{group['url']}dismiss/", sent).status_code == 303
        assert self.groups() == []
        Book.objects.add({"title": "E", "authors": ["J R R Tolkien"]})
        assert [each["count"] for each in self.groups()] == [3]
