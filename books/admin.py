"""Django's admin at /admin/: accounts, tokens, renaming authors and topics. Everything else is for reading.

Books are written on the catalogue's own pages, to which “View on site” leads.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from books import models
from books.history.rename import FIELDS, MAX_BOOKS, file_under, rename
from books.metadata import record
from books.models import Actor, Author, Channel, Topic


class CatalogueAdmin(admin.AdminSite):
    """The admin behind the catalogue's own sign-in, with its limit of attempts."""

    site_header = site_title = "Book catalogue"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("login"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        return redirect("logout", preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        return redirect("password_change")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    can_delete = False
    show_full_result_count = False  # counting 200,000 rows would make their list slow
    list_per_page = list_max_show_all = 50
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.can_delete and super().has_delete_permission(request, obj)


site = CatalogueAdmin()
site.register(User, UserAdmin)
site.register(Group, GroupAdmin)
# Deleting a row lets somebody try again at once: an account has 5 attempts, an address 20.
ATTEMPTS = ["count", "since"]
site.register(models.LoginAttempts, ReadOnlyAdmin, can_delete=True, list_display=ATTEMPTS, fields=ATTEMPTS)


@admin.register(models.Book, site=site)
class BookAdmin(ReadOnlyAdmin):
    readonly_fields = ["author_names", "topic_names"]
    list_display = ["title", "author_names", "isbn13", "published_year", "language", "updated_at"]
    search_fields = ["title"]  # shows the box; the catalogue's own search answers

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.searched(search_term), False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        book = self.get_object(request, object_id)
        return redirect("book_history", book.pk) if book else super().history_view(request, object_id, extra_context)


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        help_texts = {"name": "Changes all its books, each with its history. A name that exists merges the two."}

    def clean_name(self) -> str:
        if self.instance.books.count() > MAX_BOOKS:
            raise ValidationError(f"More than {MAX_BOOKS:,} books have it: change it in a file, and import that.")
        names: list[str] = record.CLEANERS[FIELDS[type(self.instance)]]([self.cleaned_data["name"]])
        return names[0]

    def clean(self) -> dict[str, Any]:
        """Without Django's check that the name is new: an existing one merges the two."""
        return self.cleaned_data


class AuthorForm(NameForm):
    class Meta(NameForm.Meta):
        help_texts = {
            **NameForm.Meta.help_texts,
            "sort_name": "As the author is filed: Gogh, Vincent van. Leave it empty for what follows from the name.",
        }

    def clean_sort_name(self) -> str:
        return record.line(record.MAX_NAME)(self.cleaned_data["sort_name"])


@admin.register(Topic, site=site)
class NameAdmin(ReadOnlyAdmin):
    """Authors and topics are created and deleted with the books that name them. Here they are renamed."""

    form = NameForm
    fields = ["name"]
    search_fields = ["name"]
    ordering = ["name"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_rename = admin.ModelAdmin.has_change_permission(self, request, obj)
        return may_rename and request.user.has_perm("books.change_book")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "name" in form.changed_data:
            rename(type(obj).objects.get(pk=obj.pk), obj.name, Actor(Channel.ADMIN, request.user.pk))


@admin.register(Author, site=site)
class AuthorAdmin(NameAdmin):
    form = AuthorForm
    fields = ["name", "sort_name"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "sort_name" in form.changed_data:
            file_under(Author.objects.get(name=obj.name), obj.sort_name)


@admin.register(models.Change, site=site)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ["id", "book_id", "action", "via", "user", "at"]
    list_select_related = ["user"]
    search_fields = ["book_id__exact"]


@admin.register(models.Job, site=site)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "status", "created_by", "attempt", "message", "created_at", "finished_at"]
    list_select_related = ["created_by"]
    list_filter = ["status", "kind"]
    exclude = ["checkpoint"]
    search_fields = ["key"]


@admin.register(models.Token, site=site)
class TokenAdmin(ReadOnlyAdmin):
    can_delete = True
    exclude = ["digest"]
    list_display = ["name", "user", "scopes", "expires_at", "revoked_at", "last_used_at"]
    search_fields = ["name", "user__username"]
    actions = ["revoke"]

    @admin.action(permissions=["revoke"], location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM])
    def revoke(self, request: HttpRequest, queryset: QuerySet[models.Token]) -> None:
        """Revoke: the token is refused from now on"""
        for token in queryset.filter(revoked_at=None):
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            self.log_change(request, token, "Revoked.")
        self.message_user(request, "Revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("books.change_token")
