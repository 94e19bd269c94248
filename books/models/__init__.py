from books.models.author import Author, AuthorName, BookAuthor
from books.models.book import Book, BookQuerySet, MergedAway
from books.models.catalogue import Catalogue
from books.models.change import Action, Actor, Change, Channel
from books.models.errors import AlreadyRestored, DuplicateISBN, DuplicateSource, Refused, StaleVersion
from books.models.idempotency import IdempotentResponse, KeyReused
from books.models.identity import Identity, NoAccount
from books.models.invitation import Invitation, NotInvited, Role
from books.models.job import Job, Status, Worker
from books.models.job_file import FileChunk, JobFile, Upload
from books.models.login_attempt import LoginAttempts, TooManyAttempts
from books.models.lookup import CachedLookup, Source
from books.models.named import NameChange, Named
from books.models.not_duplicate import NotDuplicate
from books.models.series import BookSeries, Series, SeriesName
from books.models.token import Scope, Token
from books.models.topic import BookTopic, Topic, TopicName
from books.models.words import Words
