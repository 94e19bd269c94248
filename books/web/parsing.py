"""What clients send, read strictly: well-formed or refused, within limits, nothing replaced in silence."""

import json
import re
from typing import Any, Never
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from books.metadata import record
from books.metadata.record import Errors, Record
from books.models.idempotency import MAX_KEY
from books.web.negotiation import JSON, HTTPError

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FORMS = {URLENCODED, MULTIPART}
MERGE_PATCH = "application/merge-patch+json"

# What a client may send back as it got it, though only we set it.
READ_ONLY = {"id", "url", "created_at", "updated_at", "version"}
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "authors": (list,),
    "topics": (list,),
    "published_year": (int,),
    "pages": (int,),
    "series_number": (int, float),
}
_TYPE_NAMES = {(str,): "a string", (list,): "a list of strings", (int,): "a whole number", (int, float): "a number"}
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def well_formed(urlencoded: bytes, where: str) -> None:
    """Refuse broken percent-escapes and what is no UTF-8, which Django would replace with question marks."""
    if _BROKEN_ESCAPE.search(urlencoded):
        raise HTTPError(400, f"The {where} holds a % that begins no escape: write a percent sign as %25.")
    try:
        unquote_to_bytes(urlencoded).decode()
    except UnicodeDecodeError:
        raise HTTPError(400, f"The {where} is no UTF-8 text.") from None


def is_form(request: HttpRequest) -> bool:
    """Whether the body is a form, not JSON. What is neither is refused with 415."""
    if request.content_type not in {*FORMS, JSON}:
        raise HTTPError(415, f"Send {JSON}, {URLENCODED} or {MULTIPART}, and say so in Content-Type.")
    return request.content_type != JSON


def body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise HTTPError(413, "This is more than we read at once: at most 1 MiB.") from None


def form(request: HttpRequest) -> QueryDict:
    """The form in the body. Refuses what is no form, too much, or no UTF-8."""
    if request.content_type not in FORMS:
        raise HTTPError(415, f"Send {URLENCODED} or {MULTIPART}, and say so in Content-Type.")
    try:
        if request.content_type == URLENCODED:
            well_formed(body(request), "form")
        posted = request.POST
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent) as error:
        raise HTTPError(413, f"This form is more than we read at once. {error}") from None
    except (MultiPartParserError, UnreadablePostError) as error:
        raise HTTPError(400, f"The form cannot be read: {error}.") from None
    return posted


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Refuses what is no JSON, no UTF-8, too deep, or holds NaN."""
    if request.content_type not in {JSON, MERGE_PATCH}:
        raise HTTPError(415, f"Send {JSON}, and say so in Content-Type.")
    try:
        value = json.loads(body(request).decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise HTTPError(400, f"The body is not JSON in UTF-8: {reason}.") from None
    if not isinstance(value, dict):
        raise HTTPError(400, 'Send a JSON object, such as {"title": "Kokoro"}.')
    return value


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON number")


def book_record(request: HttpRequest, *, partial: bool) -> Record:
    """The book in a JSON body; the fields not given are left out if `partial`, else empty.

    Refuses with 422 what no book may hold, each field with its reasons.
    """
    sent = {name: value for name, value in json_object(request).items() if name not in READ_ONLY}
    errors: Errors = {}
    raw: dict[str, Any] = {}
    for name, value in sent.items():
        kinds = _JSON_TYPES.get(name, (str,))
        if name not in record.EDITABLE:
            errors[printable(name)] = [f"No such field. A book has: {', '.join(record.EDITABLE)}."]
        elif value is None:
            raw[name] = record.EMPTY[name]  # type: ignore[literal-required]
        elif isinstance(value, kinds) and not isinstance(value, bool):
            raw[name] = value
        else:
            errors[name] = [f"Write {_TYPE_NAMES[kinds]} or null."]
    if not partial:
        raw = {name: record.EMPTY[name] for name in record.EDITABLE} | raw  # type: ignore[literal-required]
    values, invalid = record.clean({name: value for name, value in raw.items() if name not in errors})
    if errors | invalid:
        raise HTTPError(422, errors=errors | invalid)
    return values


def printable(name: str) -> str:
    return name[:100].encode("ascii", "backslashreplace").decode()


def if_match(request: HttpRequest) -> int | None:
    """The version that an If-Match header demands; None where it demands none. Refuses with 412 what fits no book."""
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        return None
    versions = re.findall(r'(?:^|,)\s*"([0-9]{1,9})"\s*(?=,|$)', header)
    if len(versions) != 1:
        raise HTTPError(412, "If-Match names no version of this book: send the ETag of the answer you have read.")
    return int(versions[0])


def idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY or not key.isprintable():
        raise HTTPError(400, f"An Idempotency-Key has at most {MAX_KEY} readable characters.")
    return key
