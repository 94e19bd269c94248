from books.models.author import Author, BookAuthor
from books.models.book import Book, DuplicateISBN, DuplicateSource, MergedAway, StaleVersion
from books.models.change import Action, Change, Editor, Via
from books.models.idempotency import FirstAnswer, KeyUsedOtherwise
from books.models.job import Job, Status, Worker
from books.models.job_file import FileChunk, JobFile
from books.models.login_attempt import TooManyTries, Tries
from books.models.lookup import Finding, NotNow, Source
from books.models.not_duplicate import Dismissal
from books.models.owner_invitation import NotInvited, OwnerInvitation
from books.models.token import Scope, Token
from books.models.topic import BookTopic, Topic
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
