"""The admin's forms: a book, and another name for an author or a topic."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from books.forms.books import BookForm
from books.history.rename import MOST_BOOKS
from books.metadata import record
from books.models import Actor, Author, Book, DuplicateISBN, StaleVersion


class BookAdminForm(BookForm, forms.ModelForm):  # type: ignore[type-arg]
    """The book form, valid once the catalogue has taken what it says.

    Only the write itself can tell that nobody was first, with another text or with this ISBN. Django's admin checks
    a form within the transaction that it saves in.
    """

    editor: Actor  # who fills it in
    idempotency_key = None  # type: ignore[assignment]

    class Meta:
        model = Book
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        if book := options.get("instance"):
            options["initial"] = {**book.as_record(), "version": book.version}
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs["class"] = "vLargeTextField"

    @property
    def changed_data(self) -> list[str]:
        return [name for name in record.EDITABLE if self.cleaned_data[name] != self.initial.get(name)]

    def _post_clean(self) -> None:
        """Django's hook for what only the model can tell: last, when the fields are right by themselves."""
        if self.errors:
            return
        try:
            self.instance = self._written()
        except DuplicateISBN as error:
            there = reverse("admin:books_book_change", args=[error.book_id])
            self.add_error("isbn13", format_html('<a href="{}">Another book</a> has this ISBN.', there))
        except StaleVersion:
            self._show_theirs(Book.objects.get(pk=self.instance.pk))
        except Book.DoesNotExist:
            self.add_error(None, "This book was deleted meanwhile. Its history can bring it back.")

    def _written(self) -> Book:
        if self.instance.pk is None:
            return Book.objects.add(self.record(), self.editor)
        return Book.objects.change(self.instance.pk, self.record(), self.cleaned_data["version"] or 0, self.editor)

    def _show_theirs(self, book: Book) -> None:
        self.show_conflict(book.as_record(), book.version)
        self.add_error(None, "Somebody else changed this book since you read it. Save again to put your text in place.")
        for name in record.EDITABLE:
            if theirs := self.fields[name].theirs:  # type: ignore[attr-defined]
                self.add_error(name, f"The catalogue has now: {theirs}")


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another name for an author or a topic."""

    def clean_name(self) -> str:
        field = "authors" if isinstance(self.instance, Author) else "topics"
        names: list[str] = record.CLEANERS[field]([self.cleaned_data["name"]])
        if self.instance.books.count() > MOST_BOOKS:
            raise ValidationError(
                f"More than {MOST_BOOKS:,} books have it: change it in a file of books, and import that."
            )
        return names[0]

    def clean(self) -> dict[str, Any]:
        """Not Django's, which refuses a name that another has: here that makes the two one."""
        return self.cleaned_data
