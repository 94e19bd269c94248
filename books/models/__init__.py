from books.models.book import Book, DuplicateISBN, StaleVersion
from books.models.idempotency import FirstAnswer, KeyUsedOtherwise
from books.models.people import Author, BookAuthor, BookTopic, Topic

__all__ = [
    "Author",
    "Book",
    "BookAuthor",
    "BookTopic",
    "DuplicateISBN",
    "FirstAnswer",
    "KeyUsedOtherwise",
    "StaleVersion",
    "Topic",
]
