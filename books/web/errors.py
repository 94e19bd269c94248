"""The HTTP error for each exception of the catalogue, with advice."""

import logging

from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.urls import reverse

from books.models import Book, Change, DuplicateISBN, Job, MergedAway, NameChange, Refused, Upload
from books.search.index import Behind
from books.web.negotiation import HTTPError
from books.web.serializers import book_url

GONE = "Somebody else has just deleted this, or merged it into another. Nothing was changed."
CONFLICT = "Somebody else changed the same thing at this moment. Nothing was changed for you: try again."
MISSING = {  # the message if there is none, and the view that lists those there are
    Book.DoesNotExist: ("There is no book with this id. All books are at {}.", "book_list"),
    Job.DoesNotExist: ("There is no job with this key. All jobs are at {}.", "job_list"),
    User.DoesNotExist: ("There is no such account. All accounts are listed at {}.", "people"),
    Upload.DoesNotExist: ("There is no such list. Lists are kept for a week: choose the file again at {}.", "job_list"),
    Change.DoesNotExist: ("This book has no such change. The latest changes of all books are at {}.", "activity"),
    NameChange.DoesNotExist: ("There is no such change of a name. The latest changes are at {}.", "activity"),
}

log = logging.getLogger(__name__)

# The exceptions that `http_error` converts.
REFUSED = (ObjectDoesNotExist, DuplicateISBN, Refused, IntegrityError, Behind)


def http_error(error: Exception) -> HTTPError:  # noqa: PLR0911 - one for each kind
    match error:
        case Refused():
            return HTTPError(error.status, error.detail, headers=error.headers)
        case MergedAway():
            return HTTPError(404, f"This book was merged into {book_url(error.into)}.")
        case DuplicateISBN():
            return HTTPError(409, errors={"isbn13": [isbn_taken(error, 'send "shares_isbn": true')]})
        case Behind():
            return HTTPError(503, str(error), headers={"Retry-After": "5"})
        case IntegrityError():  # another transaction came first, such as one that deleted an author of this book
            log.warning("a write is refused: %s", error)
            return HTTPError(409, CONFLICT)
    for missing, (detail, view) in MISSING.items():
        if isinstance(error, missing):
            return HTTPError(404, detail.format(reverse(view)))
    log.warning("what a request is about is gone: %r", error)
    return HTTPError(404, GONE)


def isbn_taken(error: DuplicateISBN, consent: str) -> str:
    return (
        f"Another book has this ISBN: {book_url(error.book_id)}. If this is another volume of the same set, give it "
        f"its own number in the series, and {consent}."
    )
