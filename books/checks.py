"""System checks: what a URL or a field of a book still lacks, and the file to add it in.

`manage.py check`, `prepare` and `make dev` run them.
"""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.urls import URLPattern, URLResolver, get_resolver

from books.exporting import EXPORT_FORMATS
from books.forms.books import BookForm
from books.forms.duplicates import MergeForm
from books.forms.lists import BookQuery
from books.metadata.record import EMPTY, FIELDS, Field, Record
from books.models import Book
from books.openapi.description import summary_of
from books.openapi.schemas import SCHEMAS
from books.views.base import CatalogueView
from books.web.serializers import fields_of

SAME_FOR_ALL = {"HEAD", "OPTIONS"}


def run() -> list[CheckMessage]:
    found = [message for route in get_resolver("books.urls").url_patterns for message in check_url(route)]
    found += [message for route in get_resolver().url_patterns for message in check_foreign_url(route)]
    return found + [message for field in FIELDS for message in check_field(field)]


def check_url(route: Any) -> Iterator[CheckMessage]:
    """It has a CatalogueView, and each of its methods a handler, a rule and a docstring."""
    url = f"/{route.pattern}"
    view_class: Any = getattr(route.callback, "view_class", object)
    if not issubclass(view_class, CatalogueView):
        hint = "Derive its view from books.views.base.CatalogueView, or take it out of books/urls.py."
        yield Error(f"{url} has no CatalogueView, so nobody authorizes its requests.", hint=hint, id="books.E001")
        return
    view: CatalogueView = view_class(**route.callback.view_initkwargs)
    file = f"{view_class.__module__.replace('.', '/')}.py"
    for method in sorted({*view.methods(), *view.rules} - SAME_FOR_ALL):
        has_handler = method in view.methods()
        for what, is_there in (
            (f"the handler `{method.lower()}`", has_handler),
            ("its rule in `rules`", method in view.rules),
            ("its docstring", not has_handler or summary_of(view, method)),
        ):
            if not is_there:
                yield Error(f"{method} {url}: {what} is missing.", hint=f"Add it in {file}.", id="books.E002")


def check_foreign_url(route: URLPattern | URLResolver) -> Iterator[CheckMessage]:
    """It stands outside of the catalogue and the admin, and declares no rules."""
    if isinstance(route, URLPattern) and not getattr(getattr(route.callback, "view_class", None), "rules", None):
        hint = "Under READ_REQUIRES_LOGIN it takes an account; otherwise it answers everybody. See ROOT_URLCONF."
        yield CheckWarning(f"/{route.pattern} has a view that declares no `rules`.", hint=hint, id="books.W001")


def check_field(field: Field) -> Iterator[CheckMessage]:
    """It stands wherever fields of a book stand."""
    name, column = field.name, field.column or field.name
    is_edited, is_chosen = field.box is not None, field.box is not None and not field.column
    header = EXPORT_FORMATS["csv"].header.decode().split()[0].split(",")
    for place, is_there, file in (
        ("the type Record", name in Record.__annotations__, "books/metadata/record.py"),
        ("the model", column in {each.name for each in Book._meta.get_fields()}, "books/models/book.py, and migrate"),
        ("the book form", name in BookForm.base_fields or not is_edited, "books/forms/books.py"),
        ("the form for merging", name in MergeForm.base_fields or not is_chosen, "books/forms/duplicates.py"),
        ("a book as JSON", not is_edited or name in fields_of(EMPTY), "books/web/serializers.py"),
        ("the description", not is_edited or name in SCHEMAS["Book"]["properties"], "books/openapi/schemas.py"),
        (f"the filter ?{field.parameter}=", field.parameter in {"", *BookQuery.base_fields}, "books/forms/lists.py"),
        ("the exports", name in header, "books/exporting/"),
    ):
        if not is_there:
            yield Error(f"The field {name} is missing in {place}.", hint=f"Add it in {file}.", id="books.E003")
