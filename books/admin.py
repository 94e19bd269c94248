"""Django's admin at /admin/: its views are sync, and Django runs them in the request's thread.

A book is written by the catalogue's own verbs here too, so that its history and its links are right whoever wrote it.
"""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from books.forms.admin import BookAdminForm, NameForm
from books.history.rename import rename
from books.models import (
    Actor,
    Author,
    Book,
    Change,
    Channel,
    IdempotentResponse,
    Job,
    LoginAttempts,
    OwnerInvitation,
    Token,
    Topic,
)
from books.models.login_attempt import digest_of
from books.web.authentication import RequestUser
from books.web.negotiation import HTTPError, error_response

NOT_STAFF = "Your account may not administer the catalogue: ask an administrator, or sign in with another account."


class CatalogueAdmin(admin.AdminSite):
    """The admin behind the catalogue's own doors: one sign-in, with its limit of tries, and one change of password."""

    site_header = site_title = "Book catalogue"
    index_title = "Administration"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            request.request_user = RequestUser(request.user)  # type: ignore[attr-defined]
            return error_response(request, HTTPError(403, NOT_STAFF))
        next_page = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(next_page, reverse("login"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        return redirect("logout", preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        return redirect("password_change")


class Lean(admin.ModelAdmin):  # type: ignore[type-arg]
    """What keeps a list of 200,000 rows as cheap as one of 50."""

    show_full_result_count = False
    list_per_page = list_max_show_all = 50


class ReadOnly(Lean):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


site = CatalogueAdmin()
site.register(User, UserAdmin)
site.register(Group, GroupAdmin)


@admin.register(Book, site=site)
class BookAdmin(Lean):
    form = BookAdminForm
    list_display = ["title", "author_names", "isbn13", "published_year", "language", "updated_at"]
    sortable_by = ["isbn13"]
    ordering = ["title_key", "id"]
    search_fields = ["title"]  # which turns the box on; `searched` looks
    search_help_text = "What the catalogue's own search takes: words, “phrases”, author:name, an ISBN."

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.searched(search_term), False

    def get_form(self, request: HttpRequest, obj: Book | None = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **{**options, "fields": []})  # the form declares all it has
        form.editor = editor(request)
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Book, form: Any, change: bool) -> None:
        """The form has written the book."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """So it has their links."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        return [str(book) for book in objs], {"books": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Book) -> None:
        with suppress(Book.DoesNotExist):
            Book.objects.remove(obj.pk, actor=editor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Book]) -> None:
        with transaction.atomic():
            for book in queryset.order_by("pk"):
                self.delete_model(request, book)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Our own history knows what changed by every door."""
        book = self.get_object(request, object_id)
        return redirect("book_history", book.pk) if book else super().history_view(request, object_id, extra_context)


def editor(request: HttpRequest) -> Actor:
    return Actor(Channel.ADMIN, request.user.pk)


class NameAdmin(Lean):
    """Authors and topics live as long as a book names them: they come and go with books, and are renamed here."""

    form = NameForm
    fields = ["name"]
    list_display: Any = ["name"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        hint = "Its books are changed with it, each with its history. A name that is there already makes the two one."
        return super().get_form(request, obj, change, help_texts={"name": hint}, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("books.change_book") and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.has_changed():
            rename(type(obj).objects.get(pk=obj.pk), obj.name, editor(request))


@admin.register(Author, site=site)
class AuthorAdmin(NameAdmin):
    ordering = ["name_key", "id"]
    search_fields = ["name"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.named(search_term), False


@admin.register(Topic, site=site)
class TopicAdmin(NameAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]


@admin.register(Change, site=site)
class ChangeAdmin(ReadOnly):
    list_display = ["id", "book_id", "action", "via", "user", "at"]
    list_select_related = ["user"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["book_id__exact"]
    search_help_text = "A book's id."

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Job, site=site)
class JobAdmin(ReadOnly):
    """Old ones are pruned by themselves; a job is cancelled and tried again on its own page."""

    list_display = ["key", "kind", "status", "created_by", "attempt", "message", "created_at", "finished_at"]
    list_select_related = ["created_by"]
    list_filter = ["status", "kind"]
    exclude = ["checkpoint"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["key__exact"]
    search_help_text = "A job's whole key."

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Token, site=site)
class TokenAdmin(ReadOnly):
    list_select_related = ["user"]
    fields = ["name", "user", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]
    list_display = ["name", "user", "scopes", "expires_at", "revoked_at", "last_used_at"]
    search_fields = ["name", "user__username"]
    actions = ["revoke"]

    @admin.action(
        permissions=["revoke"],
        description="Revoke: the token is refused from now on",
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> HttpResponseBase | None:
        for token in queryset.filter(revoked_at=None):
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            self.log_change(request, token, "Revoked.")
        self.message_user(request, "Revoked.")
        return None

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("books.change_token")


@admin.register(LoginAttempts, site=site)
class LoginAttemptsAdmin(ReadOnly):
    """To let somebody try again at once, delete the row. Whose tries a row counts, only those who know can find."""

    list_display = ["id", "count", "since"]
    fields = ["count", "since"]
    ordering = ["-since"]
    search_fields = ["key"]
    search_help_text = "A whole user name or network address."

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        keys = [digest_of(f"{kind} {search_term.casefold()}") for kind in ("account", "device", "address")]
        return queryset.filter(key__in=keys) if search_term else queryset, False


@admin.register(OwnerInvitation, site=site)
class OwnerInvitationAdmin(ReadOnly):
    fields = ["created_at"]


@admin.register(IdempotentResponse, site=site)
class IdempotentResponseAdmin(ReadOnly):
    list_display = ["key", "created_at"]
    fields = ["key", "answer", "created_at"]
    ordering = ["-id"]
    search_fields = ["key"]
