from books.models.book import Book, DuplicateISBN, DuplicateSource, MergedAway, StaleVersion
from books.models.dismissal import Dismissal
from books.models.history import Action, Change, Editor, Via
from books.models.idempotency import FirstAnswer, KeyUsedOtherwise
from books.models.job import Job, Status, Worker
from books.models.job_file import FileChunk, JobFile
from books.models.outside import Finding, NotNow, Source
from books.models.owner import NotInvited, OwnerInvitation
from books.models.people import Author, BookAuthor, BookTopic, Topic
from books.models.throttle import TooManyTries, Tries
from books.models.token import Scope, Token
from books.models.words import Words

__all__ = [
    "Action",
    "Author",
    "Book",
    "BookAuthor",
    "BookTopic",
    "Change",
    "Dismissal",
    "DuplicateISBN",
    "DuplicateSource",
    "Editor",
    "FileChunk",
    "Finding",
    "FirstAnswer",
    "Job",
    "JobFile",
    "KeyUsedOtherwise",
    "MergedAway",
    "NotInvited",
    "NotNow",
    "OwnerInvitation",
    "Scope",
    "Source",
    "StaleVersion",
    "Status",
    "Token",
    "TooManyTries",
    "Topic",
    "Tries",
    "Via",
    "Words",
    "Worker",
]
