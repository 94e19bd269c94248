"""Request parsing: rejects malformed and oversized input, and never repairs it silently."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, ValidationError
from django.forms import BaseForm, CharField, Field, Form, MultipleChoiceField
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_etags

from books.metadata import record
from books.metadata.record import Errors, Record
from books.models.idempotency import MAX_KEY
from books.web import strict_json
from books.web.negotiation import JSON, HTTPError
from django41_example.server.threads import in_thread

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FORMS = {URLENCODED, MULTIPART}
TOO_LARGE = "This body is too large: at most 1 MiB."
MERGE_PATCH = "application/merge-patch+json"

# Clients may send these back, but they are ignored.
READ_ONLY = {"id", "url", "in_series", "created_at", "updated_at", "version"}
MOST_NAMES = 100  # properties, as each unknown one is named in the response
SHARES_ISBN = "shares_isbn"  # a consent, not a field of a book
_JSON_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {  # types of JSON Schema, and their Python types
    "string": ("a string", (str,)),
    "array": ("a list of strings", (list,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
}
ETAG = re.compile('"([0-9]{1,9})"')  # of a book: its version
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def check_encoding(urlencoded: bytes, where: str) -> None:
    """Reject broken percent-escapes and invalid UTF-8, which Django would replace with question marks."""
    if _BROKEN_ESCAPE.search(urlencoded):
        raise HTTPError(400, f"The {where} contains an invalid % escape: write a percent sign as %25.")
    try:
        unquote_to_bytes(urlencoded).decode()
    except UnicodeDecodeError:
        raise HTTPError(400, f"The {where} is not valid UTF-8.") from None


def refuse_compressed(request: HttpRequest) -> None:
    """Reject a compressed body, as nothing here decompresses it."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"identity", ""}:
        detail = "This server does not read compressed bodies: send it uncompressed, without Content-Encoding."
        raise HTTPError(415, detail, headers={"Accept-Encoding": "identity"})


def is_form(request: HttpRequest) -> bool:
    """Whether the body is a form. Raises 415 if it is neither a form nor JSON."""
    if request.content_type not in {*FORMS, JSON}:
        raise HTTPError(415, f"Send {JSON}, {URLENCODED} or {MULTIPART}, and say so in Content-Type.")
    return request.content_type != JSON


def body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise HTTPError(413, TOO_LARGE) from None


def form(request: HttpRequest) -> QueryDict:
    """The form in the body, without files. Raises 400, 413, 415 or 422 if it is no such form."""
    fields = form_with_files(request)
    if request.FILES:
        raise HTTPError(422, errors={printable(name): ["This form takes no file."] for name in request.FILES})
    return fields


async def aform[Sent: BaseForm](request: HttpRequest, form_class: Callable[[QueryDict], Sent]) -> Sent:
    """The form in the body, read and validated in the request's thread, since it may be long."""

    def read() -> Sent:
        sent = form_class(form(request))
        sent.full_clean()
        return sent

    return await in_thread(read)


def form_with_files(request: HttpRequest) -> QueryDict:
    """The fields of the form in the body; its files are in request.FILES. Raises 400, 413 or 415."""
    if request.content_type not in FORMS:
        raise HTTPError(415, f"Send {URLENCODED} or {MULTIPART}, and say so in Content-Type.")
    try:
        if request.content_type == URLENCODED:
            check_encoding(body(request), "form")
        posted = request.POST
    except (RequestDataTooBig, TooManyFieldsSent) as error:
        raise HTTPError(413, f"This form is too large. {error}") from None
    except (MultiPartParserError, UnreadablePostError, BadRequest) as error:
        raise HTTPError(400, f"The form cannot be read: {error}.") from None
    return posted


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises 400 or 415 for anything else, including deep nesting."""
    if request.content_type not in {JSON, MERGE_PATCH}:
        raise HTTPError(415, f"Send {JSON}, and say so in Content-Type.")
    try:
        value = strict_json.loads(body(request).decode())
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise HTTPError(400, f"The body is not JSON in UTF-8: {reason}.") from None
    if not isinstance(value, dict):
        raise HTTPError(400, 'Send a JSON object, such as {"title": "Kokoro"}.')
    return value


def fields(request: HttpRequest, form_class: type[Form]) -> Mapping[str, Any]:
    """The data for a form, sent as a form or as JSON. Raises 422 for unknown names and values of other types."""
    return form(request) if is_form(request) else json_fields(request, form_class)


def json_fields(request: HttpRequest, form_class: type[Form]) -> dict[str, Any]:
    sent, known = json_object(request), form_class.base_fields
    errors = {
        printable(name): [f"There is no such field. The fields are: {', '.join(known)}."]
        for name in sent.keys() - known
    }
    errors |= {
        name: ["Send a string." if isinstance(field, CharField) else "Send one value."]
        for name, field in known.items()
        if not _fits(field, sent.get(name))
    }
    if errors:
        raise HTTPError(422, errors=errors)
    return sent


def _fits(field: Field, value: Any) -> bool:
    """Whether the value has a type that suits the field. Django would turn any value into text."""
    if isinstance(field, CharField):
        return value is None or isinstance(value, str)
    return isinstance(field, MultipleChoiceField) or not isinstance(value, list | dict)


def book_record(request: HttpRequest, *, partial: bool) -> tuple[Record, bool]:
    """The book in a JSON body, and whether it may share the ISBN of another volume.

    `partial` leaves out the fields that were not sent; otherwise they are empty. Raises 422 for invalid values, with
    the reasons for each field.
    """
    sent = {name: value for name, value in json_object(request).items() if name not in READ_ONLY}
    shares_isbn = sent.pop(SHARES_ISBN, False)
    raw: dict[str, Any] = {} if partial else {name: record.BY_NAME[name].empty for name in record.EDITABLE}
    errors: Errors = {} if isinstance(shares_isbn, bool) else {SHARES_ISBN: ["Send true or false."]}
    if len(sent) > MOST_NAMES:
        raise HTTPError(422, f"This object has {len(sent):,} names: send the fields of a book alone.")
    for name, value in sent.items():
        try:
            raw[name] = _typed(name, value)
        except ValidationError as error:
            errors[printable(name)] = list(error.messages)
    values, invalid = record.clean({name: value for name, value in raw.items() if name not in errors})
    if errors | invalid:
        raise HTTPError(422, errors=errors | invalid)
    return record.with_label(values, raw), shares_isbn


def _typed(name: str, value: Any) -> Any:
    """The value, if it has the field's JSON type; null becomes the field's empty value."""
    if name not in record.EDITABLE:
        raise ValidationError(f"There is no such field. A book has: {', '.join(record.EDITABLE)}.")
    field = record.BY_NAME[name]
    if value is None:
        return field.empty
    sent = (field.sent or field.schema)["type"]
    allowed = [_JSON_TYPES[name] for name in ([sent] if isinstance(sent, str) else sent)]
    if not any(isinstance(value, types) for _, types in allowed) or isinstance(value, bool):
        raise ValidationError(f"Send {', '.join(name for name, _ in allowed)} or null.")
    return value


def printable(name: str) -> str:
    return name[:100].encode("ascii", "backslashreplace").decode()


def if_match(request: HttpRequest) -> set[int] | None:
    """The versions that an If-Match header allows; None: any. Raises 412 if it has no version of ours.

    Weak ETags never match: two bodies with the same one may differ.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        return None
    versions = {int(found[1]) for etag in parse_etags(header) if (found := ETAG.fullmatch(etag))}
    if not versions:
        raise HTTPError(412, "If-Match holds no valid ETag. Send the ETag that you got when you read this.")
    return versions


def idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY or not key.isprintable():
        raise HTTPError(400, f"An Idempotency-Key has at most {MAX_KEY} printable characters.")
    return key
