"""What has happened lately, and bringing back what should not have."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from books.history.rename import edit
from books.models import Actor, Book, Change, Channel, Job, Topic
from tests.people import LibrarianTestCase, owner, reader

HTML = {"accept": "text/html"}


class ActivityCase(LibrarianTestCase):
    def actor(self, user: User | None = None, **how: Any) -> Actor:
        return Actor(Channel.PAGE, (user or self.librarian).pk, **how)

    def add(self, title: str, **how: Any) -> Book:
        return Book.objects.add({"title": title}, self.actor(**how))

    def job(self, **values: Any) -> Job:
        ended = {
            "status": "succeeded",
            "created_at": timezone.now(),
            "finished_at": timezone.now(),
            "done": 1,
            "result": {"created": 1},
        }
        return Job.objects.create(
            **{"kind": "import", "queue": "default", "priority": 0, "created_by": self.librarian, **ended, **values}
        )

    def listed(self, query: str = "") -> list[tuple[str, str]]:
        """The action and the title of each entry; for a job its key."""
        found = self.client.get(f"/activity/{query}").json()["activity"]
        return [(row["action"], row["job"]["id"] if row["job"] else row["book"]["title"]) for row in found]


class Activities(ActivityCase):
    def test_changes_and_imports_stand_in_the_order_of_their_times(self) -> None:
        book = self.add("Emma")
        job = self.job(key="list")
        Book.objects.change(book.pk, {"title": "Emma, again"}, actor=self.actor())
        self.add("of the list", job_id=job.pk)
        assert self.listed() == [("changed", "Emma, again"), ("job", "list"), ("added", "Emma, again")]

    def test_test_runs_and_exports_are_left_out(self) -> None:
        self.job(key="try", arguments={"dry_run": True})
        self.job(key="export", kind="export")
        assert self.listed() == []

    def test_it_is_filtered_by_person_and_kind(self) -> None:
        other = owner("other")
        Book.objects.remove(self.add("Emma").pk, actor=self.actor(other))
        self.job(key="mine")
        assert self.listed("?person=other") == [("deleted", "Emma")]
        assert self.listed("?kind=added") == [("added", "Emma")]
        assert self.listed("?kind=job") == [("job", "mine")]
        assert self.client.get("/activity/?kind=eaten").status_code == 400
        assert self.client.get("/activity/?after=x").status_code == 400

    def test_every_entry_is_on_one_page_whatever_the_size(self) -> None:
        for number in range(5):
            self.add(f"{number}")
            self.job(key=f"job-{number}")
        whole, pages, url = self.listed(), [], "/activity/?size=3"
        while url:
            page = self.client.get(url).json()
            pages.append([row["id"] for row in page["activity"]])
            url = page["next"]
        assert [len(page) for page in pages] == [3, 3, 3, 1]
        assert [pk for page in pages for pk in page] == [
            row["id"] for row in self.client.get("/activity/").json()["activity"]
        ]
        assert len(whole) == 10

    def test_a_merge_is_one_entry(self) -> None:
        first, second = (Book.objects.add({"title": "Kokoro", "authors": ["N"]}, self.actor()) for _ in range(2))
        form = {"keep": first.pk, "book": [f"{first.pk}:1", f"{second.pk}:1"]}
        self.client.post(f"/duplicates/{first.fingerprint}/", form)
        assert self.listed() == [("merged", "Kokoro"), ("added", "Kokoro"), ("added", "Kokoro")]

    def test_a_renaming_is_one_entry_however_many_books_it_changed_and_is_undone_there(self) -> None:
        for title in ("Kokoro", "Botchan"):
            Book.objects.add({"title": title, "topics": ["Novel"]})
        edit(Topic.objects.get(), {"name": "Novels"}, self.actor())
        [renamed, *added] = self.client.get("/activity/").json()["activity"]
        about = renamed["name"]
        assert ([row["action"] for row in added], renamed["action"]) == (["added", "added"], "name")
        assert (about["action"], about["url"], about["books"]) == ("renamed", "/topics/novels/", 2)
        page = self.client.get("/activity/?kind=name&person=librarian", headers=HTML).content.decode()
        assert "<b>Renamed</b> the topic <bdi>Novel</bdi>: now" in page
        assert f'action="{renamed["undo_url"]}"' in page
        after = self.client.get("/activity/?size=1").json()["next"]
        assert [row["book"]["title"] for row in self.client.get(after).json()["activity"]] == ["Botchan"]

    def test_what_can_be_undone_says_how_and_only_that(self) -> None:
        book = self.add("Emma")
        Book.objects.remove(book.pk, actor=self.actor())
        [deleted, added] = self.client.get("/activity/").json()["activity"]
        assert (added["undo_url"], deleted["undo_url"] is None) == (None, False)
        assert self.client.post(deleted["undo_url"]).status_code == 200
        [restored, deleted, _] = self.client.get("/activity/").json()["activity"]
        assert (restored["action"], restored["undoes"], deleted["undo_url"]) == ("added", deleted["id"], None)

    def test_the_page_restores_a_deleted_book(self) -> None:
        book = self.add("Emma")
        Book.objects.remove(book.pk, actor=self.actor())
        page = self.client.get("/activity/", headers=HTML).content.decode()
        assert "Restore <bdi>Emma</bdi>" in page
        undo = f"/books/{book.pk}/history/{Change.objects.latest('pk').pk}/undo/"
        assert f'action="{undo}"' in page
        assert self.client.post(undo, headers=HTML).status_code == 303
        assert Book.objects.get().title == "Emma"

    def test_the_page_leads_to_the_undoing_of_an_import(self) -> None:
        self.job(key="list")
        assert '/jobs/list/#undoing"' in self.client.get("/activity/", headers=HTML).content.decode()


class DeletedBook(ActivityCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = self.add("Emma").get_absolute_url()
        self.client.delete(self.url)

    def test_its_address_offers_librarians_to_restore_it(self) -> None:
        answer = self.client.get(self.url, headers=HTML)
        assert (answer.status_code, "Restore this book" in answer.content.decode()) == (404, True)

    def test_others_are_told_that_there_is_no_such_book(self) -> None:
        for user in (None, reader()):
            client = Client(headers=HTML)
            if user:
                client.force_login(user)
            answer = client.get(self.url)
            assert (answer.status_code, "Emma" in answer.content.decode()) == (404, False)

    def test_one_that_never_was_is_not_found(self) -> None:
        answer = self.client.get("/books/999/", headers=HTML)
        assert (answer.status_code, "Restore" in answer.content.decode()) == (404, False)
