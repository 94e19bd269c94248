"""Django as most people run it: sync views in gunicorn's threads, each with its kept connection."""

import json
import os
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.project"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views import View

from benchmarks.peers import orm
from benchmarks.peers.shelf import wants_page


class BookList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        after = request.GET.get("after")
        told: dict[str, Any] = orm.read(int(after) if after else None)
        if wants_page(request.headers.get("Accept")):
            return render(request, "books.html", told)
        return JsonResponse(told)


class BookDetail(View):
    def patch(self, request: HttpRequest, book_id: int) -> HttpResponse:
        given = json.loads(request.body)
        if not orm.write(book_id, given["description"]):
            raise Http404
        return JsonResponse(given)


urlpatterns = [path("books/", BookList.as_view()), path("books/<int:book_id>/", BookDetail.as_view())]
