"""The catalogue described for programs, as OpenAPI 3.1: what each address takes, and what it answers.

Addresses come from books.urls, who may do what from books.web.permissions, limits from the forms and
books.metadata.record. What none of them says stands here: OPERATIONS names every address and method.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from django import forms
from django.conf import settings
from django.urls import URLPattern, get_resolver

from books.feeds import opds, opds2
from books.feeds.topics import TopicQuery
from books.forms.accounts import FirstAccountForm, LoginForm, PasswordChangeForm, TokenForm
from books.forms.books import BookForm, DeleteForm, NewBookForm
from books.forms.duplicates import DuplicateQuery, MergeForm, NotDuplicateForm
from books.forms.lists import AuthorQuery, BookQuery, JobQuery
from books.jobs.kinds import KINDS
from books.metadata import isbn
from books.metadata.json_schema import array, text
from books.metadata.record import SLUG
from books.models import Scope
from books.models.idempotency import KEPT_FOR, MAX_KEY
from books.openapi.schemas import (
    FINGERPRINT,
    ID,
    JOB_KEY,
    SCHEMAS,
    Plain,
    form_of,
    job_start,
    parameter,
    query,
    ref,
)
from books.search.pagination import COUNT_CAP
from books.web.negotiation import HTML, JSON, TEXT
from books.web.parsing import MERGE_PATCH, MULTIPART, URLENCODED
from books.web.permissions import ANYBODY, READ, Rule

CSV, JSON_LINES, XML = "text/csv", "application/x-ndjson", "application/xml"
ABOUT = f"""Every address that has JSON and pages gives JSON unless the Accept header prefers text/html.
Every GET admits HEAD, and every address OPTIONS. Lists come page by page: follow `next` until it is null.
Counting ends at {COUNT_CAP:,}, in large catalogues sooner: `count_is_exact` tells. A write that another site's page
sends is refused with 403."""

IF_MATCH = parameter(
    "header",
    "If-Match",
    text(pattern=r'^(\*|"[0-9]{1,9}")?$'),
    "The ETag of the book as you read it: one that was changed since stays as it is, and you get 412.",
)
IF_NONE_MATCH = parameter("header", "If-None-Match", text(), "The ETag of what you have.")
IDEMPOTENCY_KEY = parameter(
    "header", "Idempotency-Key", text(MAX_KEY, pattern="^[ -~]*$"), f"For {KEPT_FOR} a repeat gets the first answer."
)


def body(form: type[forms.Form] | None, as_json: Plain | None, *kinds: str, more: Plain | None = None) -> Plain:
    """A body that may come as a form, as JSON, or as either; `more` are fields that stand on the page only."""
    schemas = dict.fromkeys(kinds or [JSON], as_json) if as_json else {}
    if form:
        schemas |= dict.fromkeys((URLENCODED, MULTIPART), form_of(form, **(more or {})))
    needed = any("required" in schema or "$ref" in schema for schema in schemas.values() if schema)
    return {"required": needed, "content": {kind: {"schema": schema} for kind, schema in schemas.items()}}


def answer(about: str, kinds: Plain | None = None, *headers: str) -> Plain:
    """A response: its media types with their schemas, and its headers."""
    content = {"content": {kind: {"schema": schema} for kind, schema in kinds.items()}} if kinds else {}
    return {
        "description": about,
        **({"headers": {name: {"schema": text()} for name in headers}} if headers else {}),
        **content,
    }


def json_or_page(name: str) -> Plain:
    return {JSON: ref(name), HTML: text()}


class Operation(NamedTuple):
    """One method at one address; further refusals follow from its address, its rule and its body."""

    summary: str
    answers: dict[int, Plain]
    refuses: Sequence[int] = ()
    parameters: Sequence[Plain] = ()
    body: Plain | None = None


def shows(summary: str, name: str, *texts: str, parameters: Sequence[Plain] = ()) -> Operation:
    kinds = json_or_page(name) | {kind: text() for kind in texts}
    return Operation(summary, {200: answer("Found.", kinds)}, [406], parameters)


def shows_form(summary: str, *refuses: int, asked: str = "") -> Operation:
    parameters = [parameter("query", asked, text())] if asked else []
    return Operation(summary, {200: answer("The page.", {HTML: text()})}, [406, *refuses], parameters)


def takes_form(summary: str, form: type[forms.Form], *refuses: int, **more: Plain) -> Operation:
    return Operation(summary, {303: SEE_OTHER}, [406, *refuses], body=body(form, None, more=more))


def gives(summary: str, *kinds: str, form: type[forms.Form] | None = None, refuses: Sequence[int] = ()) -> Operation:
    """An address that has its own media type whatever is accepted."""
    schemas = {kind: {"type": "object"} if kind.endswith("json") else text() for kind in kinds}
    return Operation(summary, {200: answer("Found.", schemas)}, refuses, query(form) if form else ())


def feed(name: str, summary: str, form: type[forms.Form] | None = None) -> dict[str, dict[str, Operation]]:
    """An address of the feeds, in both versions of OPDS."""
    return {
        f"opds{name}": {"GET": gives(f"{summary}, as OPDS 1.2", "application/atom+xml", form=form)},
        f"opds2{name}": {"GET": gives(f"{summary}, as OPDS 2.0", opds2.KIND, opds2.PUBLICATION, form=form)},
    }


def exports(summary: str, kind: str) -> Operation:
    streamed = answer("A file, streamed.", {kind: text()}, "Content-Disposition")
    return Operation(summary, {200: streamed}, (), query(BookQuery))


SEE_OTHER = answer("Go on at Location: it is done, or one signs in first.", None, "Location")
REFUSALS = {
    400: "The query, a header or the body cannot be read.",
    401: "For those who sign in; or this token is not valid.",
    403: "The account or the token may not do this, or another site sent it.",
    404: "There is no such thing here.",
    406: "The Accept header admits nothing that this address has.",
    409: "This does not go together with what the catalogue holds.",
    412: "The book was changed since it was read.",
    413: "The body is more than is read at once.",
    415: "The body is of a kind that this address does not take.",
    422: "A value is not possible: each field with its reasons.",
    429: "Too many tries.",
    502: "Another catalogue gave an answer that nobody can use.",
    503: "Another catalogue cannot be asked now.",
}
HEADERS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 502: ["Retry-After"], 503: ["Retry-After"]}
DONE, BOOK = answer("Done."), answer("The book as it is now.", {JSON: ref("Book")}, "ETag")
ADDED = answer(
    "Added. A header Link, if there is one, names books it may be as related.", {JSON: ref("Book")}, "Location", "ETag"
)
HEALTHY, FAILING = answer("Well.", {JSON: ref("Health")}), answer("Not well.", {JSON: ref("Health")}, "Retry-After")
SEEN = array(text(pattern="^[1-9][0-9]{0,15}:[0-9]{1,9}$"))  # books, each with the version that was seen
JOB = answer("The job as it is now.", {JSON: ref("Job")}, "Location")
JOB_BODY = body(None, job_start())
JOB_BODY["content"][MULTIPART] = {
    "schema": form_of(KINDS["import"].form, file=text(format="binary"), kind=text(enum=list(KINDS)))
}
START = Operation(
    "Start a job; the same request again gets the same job. No body at all is a clock.",
    {200: JOB, 202: JOB, 303: SEE_OTHER},
    [403, 406, 409],
    body=JOB_BODY,
)
CANCEL = Operation("Cancel a job; 200 if it is over already", {200: JOB, 202: JOB, 303: SEE_OTHER}, [406])
EVENTS = answer("event: job, whose data is a Job; its id, sent back as Last-Event-ID.", {"text/event-stream": text()})
WHOLE, PART = body(None, ref("BookWrite")), body(None, ref("BookPatch"), JSON, MERGE_PATCH)
OPERATIONS: dict[str, dict[str, Operation]] = {
    "home": {"GET": shows("Where one begins: the addresses", "Index")},
    "book_list": {
        "GET": shows("Search the books", "BookPage", TEXT, parameters=query(BookQuery)),
        "POST": Operation(
            "Add a book",
            {201: ADDED, 303: SEE_OTHER},
            [406, 409],
            [IDEMPOTENCY_KEY],
            body(BookForm, ref("BookWrite")),
        ),
    },
    "book_new": {
        "GET": shows_form("The form for a new book", 404, 422, 502, 503, asked="isbn"),
        "POST": takes_form(
            "Add a book by the form; 409 too if it may be here already and `anyway` is empty", NewBookForm, 409
        ),
    },
    "book_detail": {
        "GET": Operation(
            "Read a book",
            {
                200: BOOK | answer(BOOK["description"], json_or_page("Book")),
                301: answer("It was merged into another, which is at Location.", None, "Location"),
                304: answer("You have it.", None, "ETag"),
            },
            [406],
            [IF_NONE_MATCH],
        ),
        "PUT": Operation("Write all fields of a book", {200: BOOK}, [406, 409, 412], [IF_MATCH], WHOLE),
        "PATCH": Operation("Write some fields of a book", {200: BOOK}, [406, 409, 412], [IF_MATCH], PART),
        "DELETE": Operation("Take a book out", {204: DONE}, [412], [IF_MATCH]),
    },
    "book_edit": {
        "GET": shows_form("The form for a book"),
        "POST": takes_form("Write a book by the form", BookForm, 409, 412),
    },
    "book_delete": {
        "GET": shows_form("Ask before a book is taken out"),
        "POST": takes_form("Take a book out by the form", DeleteForm, 412),
    },
    "book_history": {"GET": shows("The changes of a book, the latest first", "History")},
    "change_undo": {
        "POST": Operation(
            "Take a change back", {200: answer("Done.", {JSON: ref("History")}), 303: SEE_OTHER}, [406, 409]
        )
    },
    "duplicate_list": {
        "GET": shows("Groups of books that may be one, by title", "DuplicatePage", parameters=query(DuplicateQuery))
    },
    "duplicate_detail": {
        "GET": shows("Books that may be one", "Duplicates"),
        "POST": takes_form("Merge them: the others lead to the kept one from then on", MergeForm, 412, book=SEEN),
    },
    "duplicate_dismiss": {"POST": takes_form("Say that they are several", NotDuplicateForm)},
    "export_csv": {"GET": exports("All books found, as CSV", CSV)},
    "export_jsonl": {"GET": exports("All books found, each a line of JSON: a BookLine", JSON_LINES)},
    "author_list": {"GET": shows("Search the authors", "AuthorPage", parameters=query(AuthorQuery))},
    "author_detail": {"GET": shows("An author's books", "AuthorBooks", TEXT, parameters=query(BookQuery))},
    "topic_list": {"GET": shows("All topics", "TopicList")},
    "refresh": {
        "GET": shows("All topics, read from the database now", "TopicList"),
        "POST": shows("The same", "TopicList"),
    },
    "topic_detail": {"GET": shows("A topic's books", "TopicBooks", TEXT, parameters=query(BookQuery))},
    "lookup": {
        "GET": Operation(
            "What other catalogues know of an ISBN; `book` if it is here already, and then nobody is asked",
            {200: answer("Known.", json_or_page("Lookup"))},
            [404, 406, 422, 502, 503],
            [parameter("query", "isbn", text(isbn.MAX_LENGTH), "In any spelling.") | {"required": True}],
        )
    },
    "job_list": {"GET": shows("The jobs, the latest first", "JobPage", parameters=query(JobQuery)), "POST": START},
    "job_detail": {"GET": shows("How a job goes", "Job"), "POST": START, "DELETE": CANCEL},
    "job_cancel": {"POST": CANCEL},
    "job_retry": {
        "POST": Operation("Let a job go on that failed or was cancelled", {202: JOB, 303: SEE_OTHER}, [406, 409])
    },
    "job_file": {
        "GET": Operation("A file of a job", {200: answer("The file.", {"*/*": text()}, "Content-Disposition")})
    },
    "job_events": {"GET": Operation("A job as it goes, as server-sent events", {200: EVENTS}, [406])},
    "all_job_events": {"GET": Operation("The jobs as they go, as server-sent events", {200: EVENTS}, [406])},
    "login": {
        "GET": shows_form("The form to sign in", asked="next"),
        "POST": takes_form("Sign in", LoginForm, 403, 429, next=text()),
    },
    "logout": {"POST": Operation("Sign out", {303: SEE_OTHER})},
    "first_account": {
        "GET": shows_form("The form for the first account", 404, asked="secret"),
        "POST": takes_form("Make the first account", FirstAccountForm, 404, secret=text()),
    },
    "password_change": {
        "GET": shows_form("The form for a new password"),
        "POST": takes_form("Change your password", PasswordChangeForm),
    },
    "token_list": {
        "GET": shows("Your tokens", "TokenList"),
        "POST": Operation(
            "Make a token",
            {201: answer("Made.", json_or_page("NewToken"))},
            [406],
            body=body(TokenForm, form_of(TokenForm)),
        ),
    },
    "token_detail": {"DELETE": Operation("Revoke a token", {204: DONE})},
    "token_revoke": {"POST": Operation("Revoke a token by a form", {303: SEE_OTHER})},
    "health_check": {
        "GET": Operation("Whether the catalogue can be read and jobs are worked", {200: HEALTHY, 503: FAILING})
    },
    "health_check_live": {"GET": Operation("Whether this process answers", {200: HEALTHY})},
    **feed("", "Where a reading app begins"),
    **feed("_books", "Search the books", BookQuery),
    **feed("_book", "A book"),
    **feed("_authors", "Search the authors", AuthorQuery),
    **feed("_topics", "The topics", TopicQuery),
    "opensearch": {"GET": gives("How to search here, as OpenSearch 1.1", opds.OPENSEARCH)},
    "robots": {"GET": gives("What robots may read", TEXT)},
    "sitemap": {"GET": gives("The index of the sitemaps", XML, refuses=[404])},
    "sitemap_books": {"GET": gives("The addresses of the books with ids up to 50,000 times the number", XML)},
    "sitemap_authors": {"GET": gives("The same of the authors", XML)},
    "sitemap_topics": {"GET": gives("The same of the topics", XML)},
    "lab": {"GET": shows("Ways to wait for something slow", "Lab")},
    "lab_way": {
        "GET": Operation(
            "Run a way now, and see what others wait for meanwhile",
            {200: answer("It ran.", json_or_page("LabRun"))},
            [403, 406, 429],
        )
    },
    "openapi": {"GET": Operation("This description", {200: answer("OpenAPI 3.1.", {JSON: {"type": "object"}})})},
}
CONVERTERS = {"fingerprint": FINGERPRINT, "id": ID, "topic": SLUG, "key": JOB_KEY, "str": text()}


@cache
def description(*, read_requires_login: bool) -> Plain:
    """The whole document."""
    routes = [route for route in get_resolver("books.urls").url_patterns if isinstance(route, URLPattern)]
    scopes = "; ".join(f"`{scope}`: {label}" for scope, label in Scope.choices)
    refusals = {
        str(status): answer(about, json_or_page("Refusal"), *HEADERS.get(status, []))
        for status, about in REFUSALS.items()
    }
    security = {
        "token": {"type": "http", "scheme": "bearer", "description": f"From /accounts/tokens/. Its scopes: {scopes}."},
        "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "The book catalogue", "version": "1", "description": ABOUT},
        "paths": dict(path(route, read_requires_login) for route in routes if route.name in OPERATIONS),
        "components": {"schemas": SCHEMAS, "responses": refusals, "securitySchemes": security},
    }


def path(route: URLPattern, read_requires_login: bool) -> tuple[str, Plain]:
    """An address as OpenAPI writes it, and what is there."""
    name, keys = str(route.name), re.findall(r"<(\w+):(\w+)>", str(route.pattern))
    parameters = [parameter("path", key, CONVERTERS[kind]) | {"required": True} for kind, key in keys]
    methods: Plain = {}
    for method, operation in OPERATIONS[name].items():
        rule = route.callback.view_class.rules[method]  # type: ignore[attr-defined]
        is_open = rule is ANYBODY or (rule is READ and not read_requires_login)
        refuses = {400, 401, *operation.refuses, *([404] if keys else []), *([413, 415, 422] if operation.body else [])}
        if method != "GET" or not is_open:
            refuses.add(403)
        answers = {status: ref(status, "responses") for status in refuses}
        answers |= operation.answers if is_open else {303: SEE_OTHER, **operation.answers}
        methods[method.lower()] = {
            "operationId": f"{method.lower()}_{name}",
            "summary": operation.summary,
            **({"description": f"Needs the permission `{rule.permission}`."} if rule.permission else {}),
            "security": security(rule, is_open),
            "parameters": list(operation.parameters),
            **({"requestBody": operation.body} if operation.body else {}),
            "responses": {str(status): answers[status] for status in sorted(answers)},
        }
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(route.pattern)), {"parameters": parameters, **methods}


def security(rule: Rule, is_open: bool) -> list[Plain]:
    """What lets one pass, each by itself; nothing too where anybody may."""
    if rule is ANYBODY:
        return []
    token: list[Plain] = [{"token": [rule.scope.value]}] if rule.scope else []
    return [*([{}] if is_open else []), *token, {"session": []}]
