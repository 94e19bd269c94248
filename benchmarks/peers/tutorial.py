"""The tutorials' way: Django's own handler, the middlewares of `startproject`, an async view over the same books."""

import os

import django
from django.conf import settings

from benchmarks.peers.shelf import TEMPLATES
from django41_example.settings import DATABASES, SECRET_KEY

settings.configure(
    SECRET_KEY=SECRET_KEY,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {**DATABASES["default"], "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "books",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [TEMPLATES]}],
    LOGGING_CONFIG=None,
)
os.environ.pop("DJANGO_SETTINGS_MODULE", None)
django.setup()

import json

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import aget_object_or_404, render
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from benchmarks.peers.shelf import CAP, SIZE, entry, page, wants_page
from books.models import Book


class BookList(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        books = Book.objects.order_by("-id")
        count = await books[: CAP + 1].acount()
        after = request.GET.get("after")
        if after:
            books = books.filter(id__lt=int(after))
        entries = [entry(vars(book)) async for book in books[: SIZE + 1]]
        told = page(entries, count, int(after) if after else None)
        return render(request, "books.html", told) if wants_page(request.headers.get("Accept")) else JsonResponse(told)


@method_decorator(csrf_exempt, name="dispatch")
class BookDetail(View):
    async def patch(self, request: HttpRequest, book_id: int) -> HttpResponse:
        book = await aget_object_or_404(Book, id=book_id)
        book.description = json.loads(request.body)["description"]
        book.version += 1
        await book.asave(update_fields=["description", "version"])
        return JsonResponse({"description": book.description})


urlpatterns = [path("books/", BookList.as_view()), path("books/<int:book_id>/", BookDetail.as_view())]
application = ASGIHandler()
