from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count
from django.urls import reverse

from books.metadata.roles import AUTHOR, LABELS, SEARCHED
from books.models import BookAuthor, Named
from books.views.name_pages import Entries, NameDetail, NameList
from books.web import serializers

MAX_SHOWN = 20  # books per role
WORDS = {role: word for word, role in SEARCHED.items()}


class AuthorList(NameList):
    """The authors by name, with the number of their books; ?q= searches names."""

    kind, columns = "author", ("name", "sort_name")

    def entries(self, rows: Iterable[Mapping[str, Any]]) -> Entries:
        return [serializers.author(row["id"], row["name"], row["books_count"], row["sort_name"]) for row in rows]


class AuthorDetail(NameDetail):
    """One author, and the author's books. PATCH renames the author, or merges two."""

    kind = "author"

    def about(self, named: Named) -> dict[str, Any]:
        return {**super().about(named), "contributions": [*contributions(named)]}


def contributions(author: Named) -> Iterator[dict[str, Any]]:
    """The roles of a person besides author, each with the first books."""
    links = BookAuthor.objects.filter(author=author.pk).exclude(role=AUTHOR)
    counts = links.order_by("role").values_list("role").annotate(count=Count("pk"))
    for role, count in counts:
        rows = links.filter(role=role).order_by("book__title_key", "book").values_list("book", "book__title")
        yield {
            "role": LABELS[role],
            "count": count,
            "books": [serializers.link("book_detail", *row) for row in rows[:MAX_SHOWN]],
            "url": reverse("book_list", query={"q": f'{WORDS[role]}:"{author.name.replace('"', "")}"'}),
        }
