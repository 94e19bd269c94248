"""Each system check is shown something broken, and names it and the file to mend."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View

from books import checks
from books.apps import TAG
from books.metadata.record import BY_NAME
from books.views.base import CatalogueView
from books.views.topics import TopicList
from books.web.permissions import READ

pytestmark = pytest.mark.once


class NoRule(CatalogueView):
    async def get(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


class NoHandler(CatalogueView):
    rules = {"DELETE": READ}


class ForeignView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


def plain(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def said(messages: Any) -> list[tuple[str, str]]:
    return [(message.msg, message.hint) for message in messages]


def test_the_catalogue_as_it_is_passes() -> None:
    assert run_checks(tags=[TAG]) == []


@pytest.mark.parametrize("view", [plain, ForeignView.as_view()])
def test_a_view_of_another_kind_is_named(view: Any) -> None:
    [(message, hint)] = said(checks.check_url(path("plain/", view, name="home")))
    assert message.startswith("/plain/ has no CatalogueView")
    assert "books/urls.py" in hint


@pytest.mark.parametrize(
    ("view", "message", "hint"),
    [
        (NoRule, "GET /new/: its rule in `rules` is missing.", "Add it in tests/test_checks.py."),
        (NoRule, "GET /new/: its docstring is missing.", "Add it in tests/test_checks.py."),
        (NoHandler, "DELETE /new/: the handler `delete` is missing.", "Add it in tests/test_checks.py."),
    ],
)
def test_what_a_method_lacks_is_named(view: type[CatalogueView], message: str, hint: str) -> None:
    assert (message, hint) in said(checks.check_url(path("new/", view.as_view(), name="home")))


def test_a_plain_view_beside_the_catalogue_is_warned_of() -> None:
    [(message, _)] = said(checks.check_foreign_url(path("plain/", plain)))
    assert message == "/plain/ has a view that declares no `rules`."
    assert said(checks.check_foreign_url(path("topics/", TopicList.as_view()))) == []


def test_a_field_is_named_in_every_place_that_lacks_it() -> None:
    field = replace(BY_NAME["publisher"], name="edition", parameter="edition")
    assert said(checks.check_field(field)) == [
        ("The field edition is missing in the type Record.", "Add it in books/metadata/record.py."),
        ("The field edition is missing in the model.", "Add it in books/models/book.py, and migrate."),
        ("The field edition is missing in the book form.", "Add it in books/forms/books.py."),
        ("The field edition is missing in the form for merging.", "Add it in books/forms/duplicates.py."),
        ("The field edition is missing in a book as JSON.", "Add it in books/web/serializers.py."),
        ("The field edition is missing in the description.", "Add it in books/openapi/schemas.py."),
        ("The field edition is missing in the filter ?edition=.", "Add it in books/forms/lists.py."),
        ("The field edition is missing in the exports.", "Add it in books/exporting/."),
    ]
