"""What no view, rule or form says by itself of each URL and method: a line for each, beside books.urls."""

from collections.abc import Sequence
from typing import NamedTuple

from django import forms

from books.exporting import EXPORT_FORMATS
from books.forms.accounts import (
    AccountForm,
    AccountQuery,
    InvitationForm,
    LoginForm,
    NewAccountForm,
    NewPasswordForm,
    OpenIdForm,
    PasswordChangeForm,
    TokenForm,
)
from books.forms.activity import ActivityQuery
from books.forms.books import BookForm, DeleteForm, NewBookForm
from books.forms.catalogue import CatalogueForm
from books.forms.duplicates import (
    DuplicateQuery,
    GroupQuery,
    MergeForm,
    MergePeopleForm,
    MergeWithQuery,
    NotDuplicateForm,
)
from books.forms.jobs import JobBooksQuery
from books.forms.lists import BookQuery, CsvQuery, JobQuery, NamesQuery, SeriesBookQuery, TopicQuery
from books.forms.names import AuthorForm, SeriesForm, TopicForm
from books.forms.uploads import UploadForm
from books.jobs.kinds import KINDS
from books.metadata import isbn
from books.metadata.json_schema import Schema, array, text
from books.metadata.record import BY_NAME
from books.models.idempotency import KEPT_FOR, MAX_KEY
from books.models.links import MODELS
from books.models.token import Scope
from books.openapi.schemas import form_of, job_start, parameter, ref
from books.web.negotiation import JSON
from books.web.parsing import MERGE_PATCH, MULTIPART, URLENCODED

IF_MATCH = parameter(
    "header",
    "If-Match",
    text(pattern=r'^(\*|"[0-9]{1,9}"(, *"[0-9]{1,9}")*)?$'),
    "The ETag of the book as you read it, or several. If the book has another now, it stays as it is: 412.",
)
IF_NONE_MATCH = parameter("header", "If-None-Match", text(), "The ETag of what you have.")
IDEMPOTENCY_KEY = parameter(
    "header", "Idempotency-Key", text(MAX_KEY, pattern="^[ -~]*$"), f"For {KEPT_FOR} a repeat gets the first answer."
)
ISBN = parameter("query", "isbn", text(isbn.MAX_LENGTH), "In any spelling.")
SEEN = array(text(pattern="^[1-9][0-9]{0,15}:[0-9]{1,9}$"))  # books, each with the version that was seen

Bodies = dict[str, Schema]  # by media type


class Operation(NamedTuple):
    """One method of one URL. Media types, path parameters, permissions and their errors follow from the view."""

    summary: str
    schema: str = ""  # of the JSON it answers with
    query: type[forms.Form] | str = ""  # its parameters, or the name of the only one
    body: Bodies | None = None
    statuses: Sequence[int] = ()  # of its successes; by default 303 for a form, 204 for DELETE, 200 and perhaps 301
    errors: Sequence[int] = ()
    parameters: Sequence[Schema] = ()
    sends: Sequence[str] = ()  # headers of a success


def form(form: type[forms.Form], **more: Schema) -> Bodies:
    """A body that is a form; `more` are fields that stand on the page only."""
    return dict.fromkeys((URLENCODED, MULTIPART), form_of(form, **more))


def feed(name: str, summary: str, query: type[forms.Form] | str = "") -> dict[str, dict[str, Operation]]:
    return {
        f"opds{name}": {"GET": Operation(f"{summary}, as OPDS 1.2", query=query)},
        f"opds2{name}": {"GET": Operation(f"{summary}, as OPDS 2.0", query=query)},
    }


IMPORT = form_of(KINDS["import"].form, file=text(format="binary"), kind=text(enum=list(KINDS)))
WRITING = [name for name, kind in KINDS.items() if kind.rule and kind.rule.scope == Scope.WRITE]
JOB = Operation("", "Job", statuses=[200, 202, 303], sends=["Location"])
START = JOB._replace(
    summary="Start a job. The same request again returns the same job. Without a body it is a clock, where LAB=1. "
    f"With the scope `write`, a token may start {', '.join(WRITING)}.",
    body={JSON: job_start(), MULTIPART: IMPORT},
    errors=[403, 409],
)
CANCEL = JOB._replace(summary="Cancel a job; 200 if it is over already")
RETRY = JOB._replace(summary="Resume a job that failed or was cancelled", statuses=[202, 303], errors=[409])
WRITE = Operation("", "Book", errors=[409, 412], parameters=[IF_MATCH], sends=["ETag"])
MERGE = Operation(
    "Merge them: the URLs of the others then lead to the kept book", body=form(MergeForm, book=SEEN), errors=[412]
)
RENAME = Operation(
    "Rename it in all its books; where the name is another's, 409, or with `merge` the books move to that one",
    errors=[409, 412],
    parameters=[IF_MATCH],
    sends=["ETag"],
)


def patch(schema: str) -> Bodies:
    return {JSON: ref(schema), MERGE_PATCH: ref(schema)}


def names(kind: str, form_class: type[forms.Form]) -> dict[str, dict[str, Operation]]:
    """What librarians do with the authors or topics."""
    return {
        f"{kind}_edit": {
            "GET": Operation(f"The form for the name of one of the {MODELS[kind].PLURAL}"),
            "POST": RENAME._replace(body=form(form_class), errors=[409, 412], parameters=[], sends=[]),
        },
        f"{kind}_history": {"GET": Operation("The changes of its name, the latest first", "NameHistory")},
    }


FILE = ["Content-Disposition"]
OPERATIONS: dict[str, dict[str, Operation]] = {
    "home": {"GET": Operation("The index of URLs", "Index")},
    "book_list": {
        "GET": Operation("Search the books", "BookPage", BookQuery),
        "POST": Operation(
            "Add a book. A Link header names possible duplicates, as related",
            "Book",
            body={JSON: ref("BookWrite"), **form(BookForm)},
            statuses=[201, 303],
            errors=[409],
            parameters=[IDEMPOTENCY_KEY],
            sends=["Location", "ETag"],
        ),
    },
    "book_new": {
        "GET": Operation(
            "The form for a new book; filled in with what other catalogues know of `isbn`, or with `isbn13` alone",
            query="isbn",
            errors=[404, 422, 502, 503],
            parameters=[parameter("query", "isbn13", text(isbn.MAX_LENGTH))],
        ),
        "POST": Operation(
            "Add a book with the form; 409 too for a possible duplicate if `anyway` is empty",
            body=form(NewBookForm),
            errors=[409],
        ),
    },
    "book_detail": {
        "GET": Operation(
            "Read a book", "Book", statuses=[200, 301, 304], parameters=[IF_NONE_MATCH], sends=["ETag"], errors=[412]
        ),
        "PUT": WRITE._replace(summary="Write all fields of a book", body={JSON: ref("BookWrite")}),
        "PATCH": WRITE._replace(summary="Write some fields of a book", body=patch("BookPatch")),
        "DELETE": Operation("Delete a book", errors=[412], parameters=[IF_MATCH]),
    },
    "book_citation": {"GET": Operation("Cite a book, as the extension says", statuses=[200, 301], sends=FILE)},
    "book_edit": {
        "GET": Operation("The form for a book"),
        "POST": Operation("Write a book with the form", body=form(BookForm), errors=[409, 412]),
    },
    "book_delete": {
        "GET": Operation("Confirm the deletion of a book"),
        "POST": Operation("Delete a book with the form", body=form(DeleteForm), errors=[412]),
    },
    "book_history": {
        "GET": Operation("The changes of a book, the latest first", "History"),
        "DELETE": Operation("Purge them for good"),
    },
    "history_purge": {
        "GET": Operation("Confirm purging the history of a book"),
        "POST": Operation("Purge the history of a book with the form"),
    },
    "change_undo": {"POST": Operation("Undo a change", "History", statuses=[200, 303], errors=[409])},
    "settings": {
        "GET": Operation("The name of the catalogue", "Settings"),
        "POST": Operation(
            "Change it", "Settings", body={JSON: form_of(CatalogueForm), **form(CatalogueForm)}, statuses=[200, 303]
        ),
    },
    "activity": {"GET": Operation("The latest changes and imports, the latest first", "Activity", ActivityQuery)},
    "duplicate_list": {"GET": Operation("Possible duplicates, by title", "DuplicatePage", DuplicateQuery)},
    "duplicate_detail": {
        "GET": Operation("A group of possible duplicates", "Duplicates", GroupQuery),
        "POST": MERGE._replace(query=GroupQuery),
    },
    "book_merge": {
        "GET": Operation("Two books side by side, or books to choose the second from", "BookMerge", MergeWithQuery),
        "POST": MERGE._replace(query=MergeWithQuery),
    },
    "author_duplicate_list": {"GET": Operation("Authors that may be one person", "SamePeople", DuplicateQuery)},
    "author_duplicate_merge": {
        "GET": Operation("The same from one group on", "SamePeople"),
        "POST": Operation("Merge authors that are one person", body=form(MergePeopleForm), errors=[409, 412]),
    },
    "author_duplicate_dismiss": {"POST": Operation("Say that they are different people", body=form(NotDuplicateForm))},
    "duplicate_dismiss": {"POST": Operation("Say that they are different books", body=form(NotDuplicateForm))},
    **{
        f"export_{name}": {"GET": Operation(f"All matching books, as {known.label}", query=BookQuery, sends=FILE)}
        for name, known in EXPORT_FORMATS.items()
    },
    "export_csv": {"GET": Operation("All matching books, as CSV; for Excel with ?bom=1", query=CsvQuery, sends=FILE)},
    "export_jsonl": {"GET": Operation("The same as JSON Lines, each a BookLine", query=BookQuery, sends=FILE)},
    "author_list": {"GET": Operation("Search the authors", "AuthorPage", NamesQuery)},
    "author_detail": {
        "GET": Operation("An author's books", "AuthorBooks", BookQuery),
        "PATCH": RENAME._replace(schema="AuthorChanged", body=patch("AuthorPatch")),
    },
    **names("author", AuthorForm),
    "series_list": {"GET": Operation("Search the series", "SeriesPage", NamesQuery)},
    "series_detail": {
        "GET": Operation("The books of a series, in its order", "SeriesBooks", SeriesBookQuery),
        "PATCH": RENAME._replace(schema="SeriesChanged", body=patch("SeriesPatch")),
    },
    **names("series", SeriesForm),
    "topic_list": {"GET": Operation("All topics", "TopicList")},
    "topic_detail": {
        "GET": Operation("A topic's books", "TopicBooks", BookQuery),
        "PATCH": RENAME._replace(schema="TopicChanged", body=patch("TopicPatch")),
    },
    **names("topic", TopicForm),
    "name_undo": {
        "POST": Operation(
            "Undo the change of a name in all its books, but those changed again since: `skipped`",
            "NameUndone",
            statuses=[200, 303],
            errors=[409],
        )
    },
    "refresh": dict.fromkeys(["GET", "POST"], Operation("All topics, read from the database now", "TopicList")),
    "lookup": {
        "GET": Operation(
            "What other catalogues know of an ISBN; `book` if it is here already, and then nobody is asked",
            "Lookup",
            errors=[404, 422, 502, 503],
            parameters=[ISBN | {"required": True}],
        )
    },
    "job_list": {
        "GET": Operation("The jobs, the latest first", "JobPage", JobQuery),
        "POST": START._replace(parameters=[IDEMPOTENCY_KEY]),
    },
    "job_detail": {"GET": Operation("The state of a job", "Job"), "POST": START, "DELETE": CANCEL},
    "job_books": {"GET": Operation("The books that a job has added or changed", "JobBooks", JobBooksQuery)},
    "job_cancel": {"POST": CANCEL},
    "job_retry": {"POST": RETRY},
    "job_file": {"GET": Operation("A file of a job", sends=FILE)},
    "job_events": {"GET": Operation("A job as it proceeds: events `job`, whose data is a Job")},
    "all_job_events": {"GET": Operation("All jobs as they proceed: events `job`, whose data is a Job")},
    "upload_detail": {
        "GET": Operation("A list that you uploaded, and what it is taken for", "Upload", statuses=[200, 303]),
        "POST": Operation(
            "Correct what it is taken for (`show`), try the import (`test`), `import` or `discard` it",
            "Upload",
            body=form(UploadForm, column=array(text(enum=["", *BY_NAME]))),
            statuses=[200, 202, 204, 303],
        ),
        "DELETE": Operation("Discard the list"),
    },
    "account": {"GET": Operation("Your account", "Account")},
    "login": {
        "GET": Operation("The form to sign in", query="next"),
        "POST": Operation("Sign in", body=form(LoginForm, next=text()), errors=[403, 429]),
    },
    "openid": {
        "POST": Operation(
            "Sign in on the pages of a provider of OpenID Connect",
            body=form(OpenIdForm),
            statuses=[200],
            errors=[404, 502],
        )
    },
    "openid_callback": {
        "GET": Operation(
            "Where the provider sends people back to", statuses=[303], errors=[400, 403, 404, 409, 429, 502]
        )
    },
    "logout": {"POST": Operation("Sign out")},
    **{
        name: {
            "GET": Operation(f"The form for {account}", query="secret", errors=[404]),
            "POST": Operation(
                f"Create {account}", body=form(NewAccountForm, secret=text()), errors=[404, 409], statuses=[303]
            ),
        }
        for name, account in {"first_account": "the first account", "invitation": "an account by invitation"}.items()
    },
    "invitation_withdraw": {"POST": Operation("Withdraw an invitation")},
    "people": {
        "GET": Operation("The accounts, and open invitations", "People", AccountQuery),
        "POST": Operation(
            "Invite somebody, by a link that works once",
            "NewInvitation",
            body={JSON: form_of(InvitationForm), **form(InvitationForm)},
            statuses=[201],
        ),
    },
    "person": {
        "GET": Operation("An account", "Person"),
        "PATCH": Operation(
            "Change its role, close or reopen it",
            "Person",
            body={JSON: form_of(AccountForm, active={"type": "boolean"})},
            errors=[409],
        ),
        "POST": Operation("The same with a form", body=form(AccountForm), errors=[409]),
    },
    "password_link": {
        "POST": Operation("A link for somebody who lost the password", "PasswordLink", statuses=[201], errors=[409])
    },
    "new_password": {
        "GET": Operation("The form behind that link", query="secret", errors=[404]),
        "POST": Operation(
            "Set a new password", body=form(NewPasswordForm, secret=text()), errors=[404], statuses=[303]
        ),
    },
    "password_change": {
        "GET": Operation("The form for a new password"),
        "POST": Operation("Change your password", body=form(PasswordChangeForm), errors=[429]),
    },
    "token_list": {
        "GET": Operation("Your tokens", "TokenList"),
        "POST": Operation(
            "Create a token", "NewToken", body={JSON: form_of(TokenForm), **form(TokenForm)}, statuses=[201]
        ),
    },
    "token_detail": {"DELETE": Operation("Revoke a token")},
    "token_revoke": {"POST": Operation("Revoke a token with a form")},
    "health_check": {"GET": Operation("Whether the catalogue can be read and jobs are worked", "Health", errors=[503])},
    "health_check_live": {"GET": Operation("Whether this process answers", "Health")},
    **feed("_without_slash", "Where a reading app begins that was given the URL without its last slash"),
    **feed("", "Where a reading app begins"),
    **feed("_books", "Search the books", BookQuery),
    **feed("_book", "A book"),
    **feed("_authors", "Search the authors", NamesQuery),
    **feed("_series", "Search the series", NamesQuery),
    **feed("_topics", "The topics", TopicQuery),
    "opensearch": {"GET": Operation("How to search here, as OpenSearch 1.1")},
    "robots": {"GET": Operation("What robots may read")},
    "sitemap": {"GET": Operation("The index of the sitemaps", errors=[404])},
    "sitemap_books": {"GET": Operation("The URLs of the books with ids up to 50,000 times the number")},
    "sitemap_authors": {"GET": Operation("The same for the authors")},
    "sitemap_series": {"GET": Operation("The same for the series")},
    "sitemap_topics": {"GET": Operation("The same for the topics")},
    "lab": {"GET": Operation("Ways to wait for something slow", "Lab")},
    "lab_way": {"GET": Operation("Run one of them, and see how long others wait", "LabRun", errors=[403, 429])},
    "openapi": {"GET": Operation("This description", "OpenApi")},
}
