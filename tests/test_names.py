"""Authors and topics are renamed and merged in all their books at once, and that is undone as a whole."""

import io
import re
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from django.test import Client, TestCase

from books.history.rename import NameTaken, TooManyBooks, edit, undo
from books.history.undo import CannotUndo
from books.importing.importer import import_file
from books.models import Actor, Author, AuthorName, Book, Change, Channel, NameChange, Topic
from books.models.change import COMMAND
from books.models.derive import derive_all
from books.models.named import MAX_REDIRECTS
from books.models.topic import TopicName
from tests.people import LibrarianTestCase, reader

JSON = "application/json"


def author(name: str) -> Author:
    return Author.objects.get(name=name)


def names() -> dict[str, str]:
    return dict(Book.objects.order_by("pk").values_list("title", "author_names"))


class Renaming(TestCase):
    def setUp(self) -> None:
        values: Any = {"title": "Kokoro", "authors": ["Natsume", "Anon"], "topics": ["Novels", "Japan"]}
        self.kokoro = Book.objects.add(values)
        self.botchan = Book.objects.add({"title": "Botchan", "authors": ["Natsume"]})

    def test_changes_all_books_each_with_a_version_and_an_entry_in_its_history(self) -> None:
        old = author("Natsume")
        assert edit(old, {"name": "夏目 漱石"}, Actor(Channel.PAGE)).pk == old.pk
        assert names() == {"Kokoro": "夏目 漱石\nAnon", "Botchan": "夏目 漱石"}
        found = Book.objects.search("漱石").order_by("pk")
        assert [(book.pk, book.version, book.author_key) for book in found] == [
            (self.kokoro.pk, 2, "夏目漱石   夏目 漱石"),
            (self.botchan.pk, 2, "夏目漱石   夏目 漱石"),
        ]
        assert list(Book.objects.search("Natsume").order_by("pk")) == list(found)  # its other name now
        [change] = Change.objects.filter(book_id=self.kokoro.pk, action="changed")
        assert change.fields == {"authors": [["Natsume", "Anon"], ["夏目 漱石", "Anon"]]}
        assert change.name_change == NameChange.objects.get()

    def test_to_a_name_of_another_joins_their_books_where_the_first_of_them_stood(self) -> None:
        kept = Book.objects.add({"title": "Sanshiro", "authors": ["Edwin", "Sōseki", "Natsume"]}).authors.get(
            name="Sōseki"
        )
        assert edit(author("Natsume"), {"name": "Sōseki"}, COMMAND, merge=True).pk == kept.pk
        assert names() == {"Kokoro": "Sōseki\nAnon", "Botchan": "Sōseki", "Sanshiro": "Edwin\nSōseki"}
        assert list(Author.objects.order_by("name").values_list("name", flat=True)) == ["Anon", "Edwin", "Sōseki"]
        assert set(kept.books.values_list("title", flat=True)) == {"Kokoro", "Botchan", "Sanshiro"}

    def test_is_undone_with_the_row_its_address_and_all_books(self) -> None:
        old = author("Natsume")
        edit(old, {"sort_name": "Natsume, K."}, COMMAND)
        Book.objects.add({"title": "Sanshiro", "authors": ["Sōseki"]})
        edit(old, {"name": "Sōseki"}, COMMAND, merge=True)
        undoing, skipped = undo(NameChange.objects.latest("pk").pk, COMMAND)
        assert (undoing.books, skipped) == (2, [])
        assert names() == {"Kokoro": "Natsume\nAnon", "Botchan": "Natsume", "Sanshiro": "Sōseki"}
        assert (author("Natsume").pk, author("Natsume").sort_name) == (old.pk, "Natsume, K.")
        assert Book.objects.get(title="Botchan").author_key == "natsume  k"
        last = Change.objects.filter(book_id=self.botchan.pk).latest("pk")
        assert last.undoes is not None
        assert last.undoes.name_change == undoing.undoes

    def test_that_was_undone_can_be_done_again_by_undoing_that(self) -> None:
        old = author("Natsume")
        kept = Book.objects.add({"title": "Sanshiro", "authors": ["Sōseki"]}).authors.get()
        edit(old, {"name": "Sōseki"}, COMMAND, merge=True)
        undoing, _ = undo(NameChange.objects.latest("pk").pk, COMMAND)
        again, _ = undo(undoing.pk, COMMAND)
        assert names() == {"Kokoro": "Sōseki\nAnon", "Botchan": "Sōseki", "Sanshiro": "Sōseki"}
        assert (again.source, again.into) == (str(old.pk), str(kept.pk))
        assert not Author.objects.filter(name="Natsume").exists()

    def test_is_undone_but_for_the_books_that_name_others_since(self) -> None:
        edit(author("Natsume"), {"name": "Sōseki"}, COMMAND)
        Book.objects.change(self.kokoro.pk, {"authors": ["Sōseki"]})
        Book.objects.change(self.botchan.pk, {"title": "Botchan!"})
        undoing, skipped = undo(NameChange.objects.get().pk, COMMAND)
        assert skipped == [{"id": self.kokoro.pk, "url": f"/books/{self.kokoro.pk}/", "title": "Kokoro"}]
        assert names() == {"Kokoro": "Sōseki", "Botchan!": "Natsume"}
        assert undoing.books == 1

    def test_is_undone_once_and_not_after_the_name_was_changed_again(self) -> None:
        edit(author("Natsume"), {"name": "Sōseki"}, COMMAND)
        first = NameChange.objects.get().pk
        edit(author("Sōseki"), {"name": "夏目"}, COMMAND)
        with pytest.raises(CannotUndo, match="“Sōseki” was renamed, merged or deleted since"):
            undo(first, COMMAND)
        undo(NameChange.objects.latest("pk").pk, COMMAND)
        undo(first, COMMAND)
        with pytest.raises(CannotUndo, match="undone already"):
            undo(first, COMMAND)
        assert names() == {"Kokoro": "Natsume\nAnon", "Botchan": "Natsume"}

    def test_is_refused_its_undo_where_another_has_the_old_name_now(self) -> None:
        edit(author("Natsume"), {"name": "Sōseki"}, COMMAND)
        Author.objects.bulk_create([Author(name="Natsume").derived()])
        with pytest.raises(CannotUndo, match="another “Natsume” now"):
            undo(NameChange.objects.get().pk, COMMAND)

    def test_of_a_topic_changes_its_address_and_all_books(self) -> None:
        novels = Topic.objects.get(slug="novels")
        edit(novels, {"name": "Fiction & more"}, COMMAND)
        assert (Topic.objects.get(pk=novels.pk).slug, Book.objects.get(pk=self.kokoro.pk).topic_names) == (
            "fiction-and-more",
            "Fiction & more\nJapan",
        )
        assert list(Book.objects.search("topic:fiction")) == [self.kokoro]

    def test_of_a_topic_may_change_its_spelling_alone(self) -> None:
        edit(Topic.objects.get(slug="novels"), {"name": "NOVELS"}, COMMAND)
        assert Book.objects.get(pk=self.kokoro.pk).topic_names == "Japan\nNOVELS"

    def test_of_topics_merges_them_under_the_kept_ones_own_spelling(self) -> None:
        edit(Topic.objects.get(slug="novels"), {"name": "JAPAN"}, COMMAND, merge=True)
        assert (Topic.objects.get().name, Book.objects.get(pk=self.kokoro.pk).topic_names) == ("Japan", "Japan")

    @pytest.mark.sqlite
    def test_takes_as_many_statements_for_many_books_as_for_few(self) -> None:
        natsume = author("Natsume")
        with self.assertNumQueries(42):
            edit(natsume, {"name": "Sōseki"}, COMMAND)
        for number in range(30):
            Book.objects.add({"title": f"Volume {number}", "authors": ["Sōseki"]})
        with self.assertNumQueries(44):  # one finds the author, one the other names that there are now
            edit(author("Sōseki"), {"name": "Natsume"}, COMMAND)

    def test_of_too_many_books_is_refused(self) -> None:
        with mock.patch("books.history.rename.MAX_BOOKS", 1), pytest.raises(TooManyBooks):
            edit(author("Natsume"), {"name": "Sōseki"}, COMMAND)
        assert names() == {"Kokoro": "Natsume\nAnon", "Botchan": "Natsume"}


class SortNames(TestCase):
    def test_file_the_author_and_the_books_that_begin_with_the_author(self) -> None:
        for title, people in (("Roots", ["Vincent van Gogh"]), ("Emma", ["Jane Austen", "Vincent van Gogh"])):
            Book.objects.add({"title": title, "authors": people})
        edit(author("Vincent van Gogh"), {"sort_name": "Van Gogh, Vincent"}, COMMAND)
        assert dict(Book.objects.values_list("title", "author_key")) == {
            "Roots": "van gogh  vincent",
            "Emma": "austen  jane",
        }
        assert set(Book.objects.values_list("version", flat=True)) == {1}
        undo(NameChange.objects.get().pk, COMMAND)
        assert (author("Vincent van Gogh").sort_name, Book.objects.get(title="Roots").author_key) == (
            "",
            "gogh  vincent van",
        )

    def test_stay_with_a_new_name_of_the_same_words_alone(self) -> None:
        Book.objects.add({"title": "Roots", "authors": ["vincent van gogh"]})
        edit(Author.objects.get(), {"sort_name": "Van Gogh, Vincent"}, COMMAND)
        edit(Author.objects.get(), {"name": "Vincent van Gogh", "sort_name": "Van Gogh, Vincent"}, COMMAND)
        assert (Author.objects.get().sort_name, Book.objects.get().author_key) == (
            "Van Gogh, Vincent",
            "van gogh  vincent",
        )
        edit(Author.objects.get(), {"name": "Theo van Gogh"}, COMMAND)
        assert (Author.objects.get().sort_name, Book.objects.get().author_key) == ("", "gogh  theo van")


@pytest.mark.once
class OverHTTP(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        Book.objects.add({"title": "Kokoro", "authors": ["Natsume"], "topics": ["Novels"]})
        Book.objects.add({"title": "Botchan", "authors": ["Soseki"], "topics": ["Japan"]})
        self.natsume, self.soseki = author("Natsume").get_absolute_url(), author("Soseki").get_absolute_url()

    def patch(self, url: str, **sent: Any) -> Any:
        headers = {"If-Match": sent.pop("if_match")} if "if_match" in sent else {}
        return self.client.patch(url, sent, JSON, headers=headers)

    def test_an_author_is_renamed_by_patch(self) -> None:
        response = self.patch(self.natsume, name=" 夏目  漱石 ")
        data = response.json()
        assert (response.status_code, response["ETag"]) == (200, '"2"')
        assert {name: data[name] for name in ("url", "name", "sort_name", "version", "books")} == {
            "url": self.natsume, "name": "夏目 漱石", "sort_name": "夏目 漱石", "version": 2, "books": 1,
        }  # fmt: skip
        assert self.client.post(data["undo_url"]).json()["books"] == 1
        assert names() == {"Kokoro": "Natsume", "Botchan": "Soseki"}

    def test_who_changes_nothing_is_not_offered_to_undo_what_others_did(self) -> None:
        self.patch(self.natsume, name="夏目")
        assert self.patch(self.natsume, name="夏目").json()["undo_url"] is None

    def test_a_book_in_which_somebody_has_two_roles_counts_once(self) -> None:
        Book.objects.add({"title": "Faust", "authors": ["Natsume"], "contributors": ["Natsume (translator)"]})
        assert self.patch(self.natsume, name="Natsume Soseki").json()["books"] == 2

    def test_a_name_that_another_has_is_a_question_first(self) -> None:
        response = self.patch(self.natsume, name="Soseki")
        assert response.status_code == 409
        assert self.soseki in response.json()["errors"]["name"][0]
        assert names() == {"Kokoro": "Natsume", "Botchan": "Soseki"}
        assert self.patch(self.natsume, name="Soseki", merge=True).json()["url"] == self.soseki
        assert names() == {"Kokoro": "Soseki", "Botchan": "Soseki"}

    def test_the_old_address_leads_to_the_kept_one_with_its_query(self) -> None:
        self.patch(self.natsume, name="Soseki", merge=True)
        response = self.client.get(f"{self.natsume}?sort=year")
        assert (response.status_code, response["Location"]) == (301, f"{self.soseki}?sort=year")
        self.patch(self.soseki, name="夏目")
        assert self.client.get(self.natsume)["Location"] == self.soseki
        assert self.patch(self.natsume, name="x").status_code == 404

    def test_a_list_by_an_old_address_leads_to_that_of_the_kept_one(self) -> None:
        self.patch(self.natsume, name="Soseki", merge=True)
        self.patch("/topics/novels/", name="Fiction")
        old, kept = (url.split("/")[2] for url in (self.natsume, self.soseki))
        response = self.client.get(f"/books/?author={old}&sort=year&topic=novels")
        assert (response.status_code, response["Location"]) == (301, f"/books/?author={kept}&sort=year&topic=fiction")
        assert [book["title"] for book in self.client.get(response["Location"]).json()["books"]] == ["Kokoro"]
        for path in ("/books.csv", "/books.ris", "/opds/books/", "/opds2/books/"):
            assert self.client.get(f"{path}?author={old}")["Location"] == f"{path}?author={kept}"
        for nothing in (f"author={kept}&q=zzz", "author=999", "topic=fiction&q=zzz", "topic=none"):
            assert self.client.get(f"/books/?{nothing}").status_code == 200

    def test_as_many_other_names_as_merges_have_added_are_saved_in_the_form(self) -> None:
        names = [f"Name {number}" for number in range(150)]
        for url in (self.natsume, "/topics/novels/"):
            sent = {"names": "\n".join(names)}
            assert self.client.post(f"{url}edit/", sent, headers={"accept": "text/html"}).status_code == 303
        assert author("Natsume").names == Topic.objects.get(slug="novels").names == names

    def test_the_old_address_of_a_topic_leads_through_all_its_later_ones(self) -> None:
        self.patch("/topics/novels/", name="Fiction")
        self.patch("/topics/fiction/", name="Japan", merge=True)
        assert [self.client.get(f"/topics/{slug}/")["Location"] for slug in ("novels", "fiction")] == [
            "/topics/japan/"
        ] * 2
        for change in NameChange.objects.order_by("-pk"):
            self.client.post(f"/name-changes/{change.pk}/undo/")
        assert self.client.get("/topics/novels/").status_code == 200
        assert self.client.get("/topics/fiction/")["Location"] == "/topics/novels/"

    def test_an_old_address_leads_to_a_topic_however_often_it_was_renamed_and_whoever_took_a_name_of_it(self) -> None:
        names = ["Novels", *(f"Name {number}" for number in range(MAX_REDIRECTS + 1))]
        for old, new in pairwise(names):
            edit(Topic.objects.get(name=old), {"name": new, "names": []}, COMMAND)
        TopicName.objects.all().delete()
        Book.objects.add({"title": "Sanshiro", "topics": ["Name 0"]})
        assert self.client.get("/topics/novels/")["Location"] == f"/topics/name-{MAX_REDIRECTS}/"

    def test_what_is_no_change_or_no_name_is_refused_by_field(self) -> None:
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"name": " "}, "name"),
            ({"name": "A; B"}, "name"),
            ({"name": 1}, "name"),
            ({"nme": "x"}, "nme"),
            ({"name": "x", "merge": "yes"}, "merge"),
            ({"sort_name": []}, "sort_name"),
        ]
        for sent, field in wrong:
            with self.subTest(sent):
                response = self.patch(self.natsume, **sent)
                assert (response.status_code, list(response.json()["errors"])) == (422, [field])
        assert self.patch(self.natsume, name="Natsume").json()["version"] == 1
        assert self.patch("/topics/novels/", name="!").status_code == 422

    def test_a_change_of_what_was_changed_since_is_refused(self) -> None:
        assert self.patch(self.natsume, name="Sōseki", if_match='"1"').status_code == 200
        stale = self.patch(self.natsume, name="Other", if_match='"1"')
        assert (stale.status_code, list(stale.json())) == (412, ["detail"])
        form = {"name": "Other", "sort_name": "", "version": "1"}
        back = self.client.post(f"{self.natsume}edit/", form, headers={"accept": "text/html"})
        self.assertContains(back, "was changed while you were editing", status_code=412)
        self.assertContains(back, '<b>Saved value</b><p dir="auto">Sōseki</p>', count=1, status_code=412)
        self.assertContains(back, 'value="Other"', status_code=412)
        self.assertContains(back, 'name="version" value="2"', status_code=412)  # so that the next try is saved

    def test_a_stale_form_asks_about_what_both_have_changed_and_takes_over_what_only_others_have(self) -> None:
        self.patch(self.natsume, sort_name="Theirs", names=["Kinnosuke"])
        form = {"name": "Mine", "sort_name": "Mine", "names": "", "also_writes_as": "", "version": "1"}
        back = self.client.post(f"{self.natsume}edit/", form, headers={"accept": "text/html"})
        page = back.content.decode()
        assert re.findall(r'<div class="theirs" id="id_(\w+)-theirs">', page) == ["sort_name"]
        assert re.findall(r'id="id_(\w+)-origin">from the saved version', page) == ["names"]
        self.assertContains(back, 'value="Mine"', count=2, status_code=412)
        self.assertContains(back, "\nKinnosuke</textarea>", status_code=412)

    def test_a_stale_form_shows_all_that_differs_where_the_changes_since_are_not_known(self) -> None:
        self.patch(self.natsume, sort_name="Theirs")
        NameChange.objects.all().delete()
        form = {"name": "Mine", "sort_name": "", "version": "1"}
        page = self.client.post(f"{self.natsume}edit/", form, headers={"accept": "text/html"}).content.decode()
        assert re.findall(r'<div class="theirs" id="id_(\w+)-theirs">', page) == ["name", "sort_name"]

    def test_two_spellings_are_mended_in_four_clicks_and_undone_in_one(self) -> None:
        self.client.defaults["HTTP_ACCEPT"] = "text/html"
        page = self.client.get(self.natsume)
        self.assertContains(page, f'href="{self.natsume}edit/"')
        form = self.client.get(f"{self.natsume}edit/")
        self.assertContains(form, 'value="Natsume"')
        asked = self.client.post(f"{self.natsume}edit/", {"name": "Soseki", "sort_name": "", "version": "1"})
        self.assertContains(asked, "Merging puts them all under", status_code=409)
        self.assertContains(asked, '<button class="button" name="merge" value="1">', status_code=409)
        merged = {"name": "Soseki", "sort_name": "", "version": "1", "merge": "1"}
        self.assertRedirects(self.client.post(f"{self.natsume}edit/", merged), self.soseki, status_code=303)
        undo_url = f"/name-changes/{NameChange.objects.get().pk}/undo/"
        self.assertContains(self.client.get(self.soseki), undo_url)
        self.assertRedirects(self.client.post(undo_url), self.soseki, status_code=303)
        assert names() == {"Kokoro": "Natsume", "Botchan": "Soseki"}

    def test_the_books_that_an_undo_leaves_are_named(self) -> None:
        undo_url = self.patch(self.natsume, name="Sōseki").json()["undo_url"]
        Book.objects.change(Book.objects.get(title="Kokoro").pk, {"authors": ["Sōseki", "Anon"]})
        response = self.client.post(undo_url, headers={"accept": "text/html"})
        self.assertContains(response, ">Kokoro</a>")
        assert self.client.post(undo_url).status_code == 409

    def test_its_history_tells_who_did_what(self) -> None:
        self.patch(self.natsume, name="Soseki", merge=True)
        [change] = self.client.get(f"{self.soseki}history/").json()["changes"]
        assert (change["action"], change["books"], change["by"], change["via"]) == ("merged", 1, "librarian", "api")
        assert [[each["name"] for each in change[side]] for side in ("before", "after")] == [
            ["Natsume", "Soseki"],
            ["Soseki"],
        ]
        self.assertContains(self.client.get(f"{self.soseki}history/", headers={"accept": "text/html"}), "Merged")

    def test_readers_are_shown_no_forms(self) -> None:
        undo_url = self.patch(self.natsume, name="Sōseki").json()["undo_url"]
        visitor = Client(headers={"accept": "text/html"})
        for account in (None, reader()):
            if account:
                visitor.force_login(account)
            for url in (self.natsume, "/topics/novels/"):
                page = visitor.get(url).content.decode()
                assert "edit/" not in page
                assert undo_url not in page

    def test_of_too_many_books_not_even_the_other_names_are_changed(self) -> None:
        with mock.patch("books.history.rename.MAX_BOOKS", 0):
            for sent in ({"name": "Sōseki"}, {"names": ["Kinnosuke"]}):
                answer = self.patch(self.natsume, **sent)
                with self.subTest(sent):
                    assert answer.status_code == 409
                    assert "books have this name" in str(answer.json()["errors"])


class OtherNames(TestCase):
    def setUp(self) -> None:
        self.book = Book.objects.add({"title": "Kokoro", "authors": ["Natsume Sōseki"], "topics": ["Novels"]})
        self.author = author("Natsume Sōseki")

    def found(self, query: str) -> list[str]:
        return list(Book.objects.search(query).order_by("pk").values_list("title", flat=True))

    def test_of_an_author_are_searched_like_the_name(self) -> None:
        edit(self.author, {"names": ["夏目漱石", "Kinnosuke"]}, COMMAND)
        for query in ("漱石", "author:kinnosuke", "kinno kokoro"):
            assert self.found(query) == ["Kokoro"], query
        Book.objects.add({"title": "Botchan", "authors": ["Natsume Sōseki"]})
        assert sorted(self.found("漱石")) == ["Botchan", "Kokoro"]
        assert [each.name for each in Author.objects.named("kinnosuke")] == ["Natsume Sōseki"]
        undo(NameChange.objects.latest("pk").pk, COMMAND)
        assert self.found("漱石") == []
        assert Book.objects.get(pk=self.book.pk).version == 1

    def test_of_topics_are_searched_like_the_name_beside_those_of_people(self) -> None:
        edit(self.author, {"names": ["夏目漱石"]}, COMMAND)
        edit(Topic.objects.get(), {"name": "Fiction", "names": ["Belletristik"]}, COMMAND)
        for query in ("topic:belletristik", "topic:novels", "topic:fiction", "漱石 topic:belle"):
            assert self.found(query) == ["Kokoro"], query
        assert self.found("topic:漱石") == self.found("author:belletristik") == []
        derive_all()
        assert self.found("漱石 topic:belle") == ["Kokoro"]
        undo(NameChange.objects.latest("pk").pk, COMMAND)
        assert self.found("topic:belletristik") == []

    def test_are_what_it_was_called_before_a_renaming_and_a_merge(self) -> None:
        edit(self.author, {"name": "夏目漱石"}, COMMAND)
        other = Book.objects.add({"title": "Botchan", "authors": ["Soseki"]}).authors.get()
        edit(self.author, {"name": "Soseki"}, COMMAND, merge=True)
        assert Author.objects.get(pk=other.pk).names == ["Natsume Sōseki", "夏目漱石"]
        assert self.found("漱石") == ["Kokoro", "Botchan"]
        undo(NameChange.objects.latest("pk").pk, COMMAND)
        assert (Author.objects.get(pk=other.pk).names, author("夏目漱石").names) == ([], ["Natsume Sōseki"])
        assert self.found("漱石") == ["Kokoro"]

    def test_lead_writers_and_imports_to_the_author(self) -> None:
        edit(self.author, {"names": ["Natsume, S."]}, COMMAND)
        Book.objects.add({"title": "Botchan", "authors": ["Natsume, S."]})
        text = 'title,authors,topics\nSanshiro,"Natsume, S.",Fiction\nKokoro,"Natsume, S.",\n'
        edit(Topic.objects.get(), {"names": ["Fiction"]}, COMMAND)
        for _ in import_file(io.BytesIO(text.encode())):
            pass
        assert names() == {"Kokoro": "Natsume Sōseki", "Botchan": "Natsume Sōseki", "Sanshiro": "Natsume Sōseki"}
        assert Book.objects.get(title="Sanshiro").topic_names == "Novels"
        assert Author.objects.count() == Topic.objects.count() == 1

    def test_that_two_authors_have_lead_to_neither(self) -> None:
        Book.objects.add({"title": "Botchan", "authors": ["Soseki"]})
        edit(self.author, {"names": ["N. S."]}, COMMAND)
        edit(author("Soseki"), {"names": ["N. S."]}, COMMAND)
        assert Book.objects.add({"title": "x", "authors": ["N. S."]}).author_names == "N. S."

    def test_may_not_be_the_name_of_another_author(self) -> None:
        Book.objects.add({"title": "Botchan", "authors": ["Soseki"]})
        with pytest.raises(NameTaken):
            edit(self.author, {"names": ["Soseki"]}, COMMAND)

    def test_go_with_the_author(self) -> None:
        edit(self.author, {"names": ["Soseki"]}, COMMAND)
        Book.objects.remove(self.book.pk)
        assert not AuthorName.objects.exists()


@pytest.mark.once
class Pseudonyms(LibrarianTestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ("Ruth Rendell", "Barbara Vine", "Anon"):
            Book.objects.add({"title": name, "authors": [name]})
        self.url = author("Ruth Rendell").get_absolute_url()

    def names_of(self, name: str) -> list[str]:
        data = self.client.get(author(name).get_absolute_url()).json()
        return [each["name"] for each in data["also_writes_as"]]

    def test_are_shown_on_both_pages_and_undone(self) -> None:
        sent = {"also_writes_as": ["Barbara Vine"]}
        undo_url = self.client.patch(self.url, sent, JSON).json()["undo_url"]
        assert (self.names_of("Ruth Rendell"), self.names_of("Barbara Vine")) == (["Barbara Vine"], ["Ruth Rendell"])
        assert names()["Barbara Vine"] == "Barbara Vine"
        page = self.client.get(self.url, headers={"accept": "text/html"})
        self.assertContains(page, 'dir="auto">Barbara Vine</a></p>')
        self.client.post(undo_url)
        assert (self.names_of("Ruth Rendell"), self.names_of("Barbara Vine")) == ([], [])

    def test_stay_linked_to_the_name_that_one_of_them_is_merged_into(self) -> None:
        self.client.patch(self.url, {"also_writes_as": ["Barbara Vine"]}, JSON)
        self.client.patch(self.url, {"name": "Anon", "merge": True}, JSON)
        assert (self.names_of("Anon"), self.names_of("Barbara Vine")) == (["Barbara Vine"], ["Anon"])

    def test_are_those_of_one_person_though_a_link_was_undone_and_done_again(self) -> None:
        Book.objects.add({"title": "x", "authors": ["Lewis Carroll", "Charles Dodgson"]})
        edit(author("Ruth Rendell"), {"also_writes_as": ["Barbara Vine"]}, COMMAND)
        undoing, _ = undo(NameChange.objects.get().pk, COMMAND)
        edit(author("Lewis Carroll"), {"also_writes_as": ["Charles Dodgson"]}, COMMAND)
        undo(undoing.pk, COMMAND)
        assert self.names_of("Ruth Rendell") == ["Barbara Vine"]
        assert self.names_of("Lewis Carroll") == ["Charles Dodgson"]

    def test_that_the_catalogue_does_not_know_are_refused(self) -> None:
        response = self.client.patch(self.url, {"also_writes_as": ["Nobody"]}, JSON)
        assert (response.status_code, list(response.json()["errors"])) == (422, ["also_writes_as"])

    def test_stay_as_the_form_shows_them(self) -> None:
        self.client.patch(self.url, {"also_writes_as": ["Barbara Vine", "Anon"], "names": ["R. R."]}, JSON)
        form = self.client.get(f"{self.url}edit/", headers={"accept": "text/html"})
        self.assertContains(form, "\nAnon\nBarbara Vine</textarea>")
        self.assertContains(form, "\nR. R.</textarea>")
        self.client.post(f"{self.url}edit/", {"name": "Ruth Rendell", "also_writes_as": "Anon", "names": "R. R."})
        assert (self.names_of("Ruth Rendell"), self.names_of("Anon")) == (["Anon"], ["Ruth Rendell"])
