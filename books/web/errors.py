"""The HTTP error for each exception of the catalogue, with what to do next."""

import logging

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.urls import reverse

from books.models import Book, DuplicateISBN, Job, KeyReused, MergedAway, NotInvited, StaleVersion, TooManyAttempts
from books.models.password_link import LinkEnded
from books.search.index import Behind
from books.web.negotiation import HTTPError
from books.web.serializers import book_url

STALE = "This book was changed since you read it. Read it again, then send your change with the new ETag."
KEY_REUSED = "This Idempotency-Key was sent with a different request before. Choose a new one."
GONE = "Somebody else has just deleted this, or merged it into another. Nothing was changed."
CONFLICT = "Somebody else changed the same thing at this moment. Nothing was changed for you: try again."
LINK_ENDED = "This link was used already or is too old. Ask an owner of this catalogue for a new one."
NOT_INVITED = (
    "This link has been used, has expired or was withdrawn: ask whoever sent it for a new one. The link for the first "
    "account is printed anew at each start of the server: look for it in the server's log."
)

log = logging.getLogger(__name__)

REFUSED = (  # what `http_error` has an answer for
    *(ObjectDoesNotExist, StaleVersion, DuplicateISBN, KeyReused, IntegrityError, Behind),
    *(NotInvited, LinkEnded, TooManyAttempts),
)


def http_error(error: Exception) -> HTTPError:  # noqa: PLR0911 - one for each kind
    match error:
        case MergedAway():
            return HTTPError(404, f"This book was merged into {book_url(error.into)}.")
        case StaleVersion():
            return HTTPError(412, STALE)
        case DuplicateISBN():
            return HTTPError(409, errors={"isbn13": [isbn_taken(error, 'send "shares_isbn": true')]})
        case KeyReused():
            return HTTPError(409, KEY_REUSED)
        case Behind():
            return HTTPError(503, str(error), headers={"Retry-After": "5"})
        case Job.DoesNotExist():
            return HTTPError(404, f"There is no job with this key. All jobs are at {reverse('job_list')}.")
        case NotInvited():
            return HTTPError(404, NOT_INVITED)
        case LinkEnded():
            return HTTPError(404, LINK_ENDED)
        case TooManyAttempts():
            return HTTPError(429, str(error), headers=error.headers())
        case IntegrityError():  # another transaction came first: it deleted an author, say, that this one names
            log.warning("a write is refused: %s", error)
            return HTTPError(409, CONFLICT)
        case ObjectDoesNotExist() if not isinstance(error, Book.DoesNotExist):
            log.warning("what a request is about is gone: %r", error)
            return HTTPError(404, GONE)
        case _:
            return HTTPError(404, f"There is no book with this id. All books are at {reverse('book_list')}.")


def isbn_taken(error: DuplicateISBN, consent: str) -> str:
    return (
        f"Another book has this ISBN: {book_url(error.book_id)}. If this is another volume of the same set, give it "
        f"its own number in the series, and {consent}."
    )
