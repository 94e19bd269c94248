from books.models.book import Book, DuplicateISBN, StaleVersion
from books.models.history import Action, Change, Editor, Via
from books.models.idempotency import FirstAnswer, KeyUsedOtherwise
from books.models.owner import NotInvited, OwnerInvitation
from books.models.people import Author, BookAuthor, BookTopic, Topic
from books.models.throttle import TooManyTries, Tries
from books.models.token import Scope, Token

__all__ = [
    "Action",
    "Author",
    "Book",
    "BookAuthor",
    "BookTopic",
    "Change",
    "DuplicateISBN",
    "Editor",
    "FirstAnswer",
    "KeyUsedOtherwise",
    "NotInvited",
    "OwnerInvitation",
    "Scope",
    "StaleVersion",
    "Token",
    "TooManyTries",
    "Topic",
    "Tries",
    "Via",
]
