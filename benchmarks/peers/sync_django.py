"""Django as most people run it: sync views in gunicorn's threads, each with its kept connection."""

import json

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views import View

from benchmarks.peers.shelf import CAP, COLUMNS, SIZE, entry, page, wants_page
from books.models import Book


class BookList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        books = Book.objects.order_by("-id").values(*COLUMNS)
        count = Book.objects.order_by()[: CAP + 1].count()
        after = int(request.GET["after"]) if "after" in request.GET else None
        if after is not None:
            books = books.filter(id__lt=after)
        told = page([entry(book) for book in books[: SIZE + 1]], count, after)
        return render(request, "books.html", told) if wants_page(request.headers.get("Accept")) else JsonResponse(told)


class BookDetail(View):
    def patch(self, request: HttpRequest, book_id: int) -> HttpResponse:
        given = json.loads(request.body)
        found = Book.objects.filter(id=book_id)
        if not found.update(description=given["description"], version=F("version") + 1):
            raise Http404
        return JsonResponse(given)


urlpatterns = [path("books/", BookList.as_view()), path("books/<int:book_id>/", BookDetail.as_view())]
