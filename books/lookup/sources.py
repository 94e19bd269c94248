"""The outside catalogues, and the conversion of their responses to records.

Open Library: https://openlibrary.org/dev/docs/api/books and …/search. Its books API has the edition, its search API the
work: the year of first publication, and the authors if the edition lacks them.
Google Books: https://developers.google.com/books/docs/v1/reference/volumes, with a key.

Values that are invalid or not of the documented type are ignored.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.conf import settings

from books.lookup.client import Host, InvalidResponse, afetch
from books.metadata import isbn, record
from books.metadata.record import Record

MAX_TOPICS = 10  # taken from a source
WORK_FIELDS = "title,author_name,first_publish_year,subject"
_NUMBER_IN_SERIES = re.compile(
    r"[ ,;:(#-]{1,5}(?:v\.|vol\.|volume|no\.|bk\.|book|#)? ?([0-9]{1,4})[).]{0,2}$", re.IGNORECASE
)


# Returns the record for an ISBN, or {} if there is none, by a deadline in the event loop's time. Raises LookupFailed.
Reader = Callable[[Host, str, float], Awaitable[Record]]


def catalogues() -> list[tuple[Host, Reader]]:
    """The catalogues in the order to ask them."""
    found: list[tuple[Host, Reader]] = [(Host("Open Library", settings.OPENLIBRARY_URL), aread_open_library)]
    if settings.GOOGLE_BOOKS_KEY:
        headers = {"X-Goog-Api-Key": settings.GOOGLE_BOOKS_KEY}  # not in the URL, which may be logged
        found.append((Host("Google Books", settings.GOOGLE_BOOKS_URL, headers), aread_google_books))
    return found


async def aread_open_library(host: Host, isbn13: str, deadline: float) -> Record:
    key = f"ISBN:{isbn13}"
    books = await afetch(host, "/api/books", {"bibkeys": key, "jscmd": "details", "format": "json"}, deadline)
    if books is None or not (edition := _object(_object(books, host).get(key))):
        return {}
    works = await afetch(host, "/search.json", {"isbn": isbn13, "limit": "1", "fields": WORK_FIELDS}, deadline)
    found = _list(_object(works or {}, host).get("docs"))
    return open_library(_object(edition.get("details")), _object(found[0]) if found else {})


def open_library(edition: dict[str, Any], work: dict[str, Any]) -> Record:
    """The record of an edition, completed by its work."""
    series, number = _series(next(iter(_texts(edition.get("series"))), ""))
    languages = [key.rpartition("/")[2] for key in _texts(edition.get("languages"), "key")]
    return clean_record(
        {
            "title": _text(edition.get("title")) or _text(work.get("title")),
            "subtitle": _text(edition.get("subtitle")),
            "authors": _texts(edition.get("authors"), "name") or _texts(work.get("author_name")),
            "publisher": next(iter(_texts(edition.get("publishers"))), ""),
            "published_year": work.get("first_publish_year") or edition.get("publish_date"),
            "language": languages[0] if len(languages) == 1 else "mul" if languages else "",
            "pages": edition.get("number_of_pages"),
            "description": _text(edition.get("description")),
            "topics": _texts(edition.get("subjects")) or _texts(work.get("subject")),
            "series": series,
            "series_number": number,
        }
    )


async def aread_google_books(host: Host, isbn13: str, deadline: float) -> Record:
    query = {"q": f"isbn:{isbn13}", "maxResults": "5", "printType": "books"}
    answer = _object(await afetch(host, "/books/v1/volumes", query, deadline) or {}, host)
    volumes = [_object(_object(item).get("volumeInfo")) for item in _list(answer.get("items"))]
    return next((google_books(volume) for volume in volumes if _is_of(volume, isbn13)), Record())


def google_books(volume: dict[str, Any]) -> Record:
    return clean_record(
        {
            "title": _text(volume.get("title")),
            "subtitle": _text(volume.get("subtitle")),
            "authors": _texts(volume.get("authors")),
            "publisher": _text(volume.get("publisher")),
            "published_year": volume.get("publishedDate"),
            "language": _text(volume.get("language")),
            "pages": volume.get("pageCount"),
            "description": _text(volume.get("description")),
            "topics": _texts(volume.get("categories")),
        }
    )


def _is_of(volume: dict[str, Any], isbn13: str) -> bool:
    """Whether the volume has this ISBN, as a search also finds others."""
    numbers = _texts(volume.get("industryIdentifiers"), "identifier")
    return any(isbn13 == found for number in numbers for _, found in isbn.find_all(number[: isbn.MAX_LENGTH]))


def clean_record(raw: dict[str, Any]) -> Record:
    """The valid values; {} without a title."""
    raw["authors"] = _names(raw["authors"], record.MAX_AUTHORS)
    raw["topics"] = [name for name in _names(raw["topics"], record.MAX_TOPICS) if record.topic_slug(name)][:MAX_TOPICS]
    values, _ = record.clean({name: value for name, value in raw.items() if isinstance(value, str | int | list)})
    given = {name: value for name, value in values.items() if value}
    return Record(**given) if "title" in given else {}  # type: ignore[typeddict-item]


def _names(values: Iterable[str], most: int) -> list[str]:
    parts = (" ".join(part.split()) for value in values for part in record.split_names(value))
    return list(dict.fromkeys(part for part in parts if part and len(part) <= record.MAX_NAME))[:most]


def _object(value: Any, of: Host | None = None) -> dict[str, Any]:
    """The value if it is an object, else {}. Raises InvalidResponse if it is a whole response `of` a host."""
    if of and not isinstance(value, dict):
        raise InvalidResponse(f"{of.name} sent JSON of another shape than its documentation says.")
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A text, which in Open Library may also be {"type": "/type/text", "value": …}."""
    value = value.get("value") if isinstance(value, dict) else value
    return value if isinstance(value, str) else ""


def _texts(value: Any, key: str = "") -> list[str]:
    """The texts in a list, or under a key of the objects in it."""
    items = (_object(item).get(key) if key else item for item in _list(value)[: record.MAX_AUTHORS])
    return [text for item in items if (text := _text(item).strip())]


def _series(text: str) -> tuple[str, int | None]:
    """The name and number in `Discworld ; 5`, `Discworld, #5` or `Discworld (v. 5)`."""
    text = " ".join(text[: record.MAX_TEXT].split())
    found = _NUMBER_IN_SERIES.search(text)
    name = text[: found.start()].rstrip(" ,;:(#-") if found else ""
    return (name, int(found[1])) if found and name else (text, None)
