"""The tutorials' way: Django's own handler, the middlewares of `startproject`, an async view over the same books."""

import os

import django
from django.conf import settings

from django41_example.settings import DATABASES, SECRET_KEY

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Books</title></head><body>
<h1>Books</h1><p>{{ count }} books</p><ul>{% for book in books %}
<li><a href="/books/{{ book.id }}/">{{ book.title }}</a> by {{ book.author_names }}
{% if book.published_year %}({{ book.published_year }}){% endif %} {{ book.language }} {{ book.isbn13|default:"" }}</li>
{% endfor %}</ul></body></html>"""

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
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"books.html": PAGE})]},
        }
    ],
    LOGGING_CONFIG=None,
)
os.environ.pop("DJANGO_SETTINGS_MODULE", None)
django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views import View  # noqa: E402

from books.models import Book  # noqa: E402


class BookList(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        count = await Book.objects.acount()
        books = [book async for book in Book.objects.order_by("title", "id")[:20]]
        if "text/html" in request.headers.get("Accept", ""):
            return render(request, "books.html", {"books": books, "count": count})
        shown = ("id", "title", "author_names", "isbn13", "published_year", "language")
        return JsonResponse({"count": count, "books": [{n: getattr(book, n) for n in shown} for book in books]})


urlpatterns = [path("books/", BookList.as_view())]
application = ASGIHandler()
