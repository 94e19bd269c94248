"""Django's admin at /admin/: accounts and tokens. Everything else is for reading.

Books, authors and topics are written on the catalogue's own pages, to which “View on site” leads.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from books import models


class CatalogueAdmin(admin.AdminSite):
    """The admin behind the catalogue's own sign-in, with its limit of attempts."""

    site_header = site_title = "Book catalogue"
    site_url = reverse_lazy("home")  # type: ignore[assignment]

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

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_change_permission = has_add_permission

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.can_delete and super().has_delete_permission(request, obj)


site = CatalogueAdmin()
site.register(User, UserAdmin)
site.register(Group, GroupAdmin)
# Deleting a row lets somebody try again at once: an account has 5 attempts, an address 20.
ATTEMPTS = ["count", "since"]
site.register(models.LoginAttempts, ReadOnlyAdmin, can_delete=True, list_display=ATTEMPTS, fields=ATTEMPTS)
# Deleting a row ends a connection to a provider of OpenID Connect.
site.register(models.Identity, ReadOnlyAdmin, can_delete=True, list_display=["user", "issuer", "created_at"])

site.register([models.Author, models.Topic], ReadOnlyAdmin, search_fields=["name"], ordering=["name"])
site.register(
    models.Change,
    ReadOnlyAdmin,
    list_display=["id", "book_id", "action", "via", "user", "at"],
    list_select_related=["user"],
    search_fields=["book_id__exact"],
)
site.register(
    models.Job,
    ReadOnlyAdmin,
    list_display=["key", "kind", "status", "created_by", "attempt", "message", "created_at", "finished_at"],
    list_select_related=["created_by"],
    list_filter=["status", "kind"],
    exclude=["checkpoint"],
    search_fields=["key"],
)


@admin.register(models.Book, site=site)
class BookAdmin(ReadOnlyAdmin):
    readonly_fields = ["author_names", "topic_names"]
    list_display = ["title", "author_names", "isbn13", "published_year", "language", "updated_at"]
    search_fields = ["title"]  # shows the box; the catalogue's own search answers

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.search(search_term), False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        book = self.get_object(request, object_id)
        return redirect("book_history", book.pk) if book else super().history_view(request, object_id, extra_context)


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
