"""The URLs of Django's admin, and the catalogue for everything else. Error handlers respond in the client's format."""

from django.urls import include, path

from books.admin import site

handler400 = "books.views.errors.bad_request"
handler403 = "books.views.errors.permission_denied"
handler404 = "books.views.errors.not_found"
handler500 = "books.views.errors.server_error"

urlpatterns = [
    path("admin/", site.urls),
    path("", include("books.urls")),
]
