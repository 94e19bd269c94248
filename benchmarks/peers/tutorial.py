"""The tutorials' way: Django's own handler, the middlewares of `startproject`, an async view over the same books."""

import json

from django.core.asgi import get_asgi_application

application = get_asgi_application()

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
        after = int(request.GET["after"]) if "after" in request.GET else None
        if after is not None:
            books = books.filter(id__lt=after)
        told = page([entry(vars(book)) async for book in books[: SIZE + 1]], count, after)
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
