"""The parameters, bodies and responses of each method of a URL that no view, rule or docstring declares."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.forms import Form

from books.exporting import EXPORT_FORMATS
from books.forms import accounts, activity, books, duplicates, fields, jobs, lists, names, uploads
from books.forms.accounts import InvitationForm, TokenForm
from books.forms.catalogue import CatalogueForm
from books.jobs.kinds import KINDS
from books.metadata import isbn
from books.metadata.json_schema import Schema, text
from books.models.idempotency import KEPT_FOR, MAX_KEY
from books.models.token import Scope
from books.openapi.schemas import parameter

ETAGS = text(pattern=r'^(\*|"[0-9]{1,9}"(, *"[0-9]{1,9}")*)?$')
IF_MATCH = parameter(
    "header", "If-Match", ETAGS, "The book's ETag as you read it, or several. If it has another now: 412."
)
IF_NONE_MATCH = parameter("header", "If-None-Match", text(), "The ETag of what you have.")
IDEMPOTENCY_KEY = parameter(
    "header", "Idempotency-Key", text(MAX_KEY, pattern="^[ -~]*$"), f"For {KEPT_FOR} a repeat gets the first answer."
)
ISBN = parameter("query", "isbn", text(isbn.MAX_LENGTH), "In any spelling.")
ISBN_13 = parameter("query", "isbn13", text(isbn.MAX_LENGTH))
FILE, SECRET, ASKED_OUTSIDE = ["Content-Disposition"], {"secret": text()}, [404, 422, 502, 503]


class Operation(NamedTuple):
    """One method of one URL. Media types, path parameters, permissions and most errors follow from the view."""

    schema: str = ""  # of the JSON response; by default, that of a GET has the name of the URL
    query: type[Form] | str = ""  # its fields are the parameters; or the name of the only one
    form: type[Form] | None = None  # of its body
    json: type[Form] | str = ""  # of its body: the fields of a form, or a schema
    more: Mapping[str, Schema] = {}  # fields of the form on the page only
    statuses: Sequence[int] = ()  # of its successes; by default 303 for a form, 204 for DELETE, 200 and perhaps 301
    errors: Sequence[int] = ()
    parameters: Sequence[Schema] = ()
    sends: Sequence[str] = ()  # headers of a success, besides the ETag of conditional requests
    summary: str = ""  # by default the docstring of the handler, or of its view


WRITING = ", ".join(name for name, kind in KINDS.items() if kind.rule and kind.rule.scope == Scope.WRITE)
JOB = Operation("Job", statuses=[200, 202, 303], sends=["Location"], summary="Cancel a job; 200 if it is over already")
START = JOB._replace(
    form=jobs.ImportForm,
    more={"file": text(format="binary"), "kind": text(enum=list(KINDS))},
    json="JobStart",
    summary="Start a job. The same request again returns the same job. Without a body it is a clock, where LAB=1. "
    f"With the scope `write`, a token may start {WRITING}.",
)
MERGE = "Merge them: the URLs of the others then lead to the kept book"
RENAME = "Rename it in all its books; where the name is another's, 409, or with `merge` the books move to that one"
NAME_FORMS = {"author": names.AuthorForm, "series": names.SeriesForm, "topic": names.TopicForm}
BOOKS_OF_NAME = {"author": lists.BookQuery, "series": lists.SeriesBookQuery, "topic": lists.BookQuery}
FEEDS = {"books": lists.BookQuery, "authors": lists.NamesQuery, "series": lists.NamesQuery, "topics": lists.TopicQuery}

OPERATIONS = {
    "GET home": Operation("Index"),
    "POST settings": Operation("Settings", form=CatalogueForm, json=CatalogueForm, statuses=[200, 303]),
    "GET book_list": Operation("BookPage", lists.BookQuery),
    "POST book_list": Operation(
        "Book",
        form=books.BookForm,
        json="BookWrite",
        statuses=[201, 303],
        parameters=[IDEMPOTENCY_KEY],
        sends=["Location", "ETag"],
        summary="Add a book. A Link header names possible duplicates, as related",
    ),
    "GET book_new": Operation(query="isbn", errors=ASKED_OUTSIDE, parameters=[ISBN_13]),
    "POST book_new": Operation(form=books.NewBookForm, summary="Add a book; 409 for a duplicate without `anyway`"),
    "GET book_detail": Operation("Book", statuses=[200, 301, 304], parameters=[IF_NONE_MATCH], errors=[412]),
    "PUT book_detail": Operation("Book", json="BookWrite", parameters=[IF_MATCH], summary="Write all fields of a book"),
    "PATCH book_detail": Operation("Book", json="BookPatch", parameters=[IF_MATCH], summary="Write some of its fields"),
    "DELETE book_detail": Operation(parameters=[IF_MATCH], summary="Delete a book"),
    "GET book_citation": Operation(statuses=[200, 301], sends=FILE),
    "POST book_edit": Operation(form=books.BookForm, errors=[412], summary="Write a book with the form"),
    "POST book_delete": Operation(form=fields.EditForm, errors=[412], summary="Delete a book with the form"),
    "GET book_history": Operation("History"),
    "DELETE book_history": Operation(summary="Purge them for good"),
    "POST history_purge": Operation(summary="Purge the history of a book with the form"),
    "POST change_undo": Operation("History", statuses=[200, 303]),
    "GET activity": Operation(query=activity.ActivityQuery),
    "GET duplicate_list": Operation("DuplicatePage", duplicates.DuplicateQuery),
    "GET duplicate_detail": Operation("Duplicates", duplicates.GroupQuery),
    "POST duplicate_detail": Operation("", duplicates.GroupQuery, duplicates.MergeForm, errors=[412], summary=MERGE),
    "POST duplicate_dismiss": Operation(form=duplicates.NotDuplicateForm),
    "GET book_merge": Operation("BookMerge", duplicates.MergeWithQuery),
    "POST book_merge": Operation("", duplicates.MergeWithQuery, duplicates.MergeForm, errors=[412], summary=MERGE),
    "GET author_duplicate_list": Operation("SamePeople", duplicates.DuplicateQuery),
    "GET author_duplicate_merge": Operation("SamePeople"),
    "POST author_duplicate_merge": Operation(form=duplicates.MergePeopleForm, errors=[412], summary="Merge them"),
    "POST author_duplicate_dismiss": Operation(form=duplicates.NotDuplicateForm),
    "GET author_list": Operation("AuthorPage", lists.NamesQuery),
    "GET series_list": Operation("SeriesPage", lists.NamesQuery),
    "POST name_undo": Operation("NameUndone", statuses=[200, 303]),
    "GET refresh": Operation("TopicList"),
    "POST refresh": Operation("TopicList"),
    "GET lookup": Operation("Lookup", errors=ASKED_OUTSIDE, parameters=[ISBN | {"required": True}]),
    "GET job_list": Operation("JobPage", lists.JobQuery),
    "POST job_list": START._replace(parameters=[IDEMPOTENCY_KEY]),
    "GET job_detail": Operation("Job"),
    "POST job_detail": START,
    "DELETE job_detail": JOB,
    "POST job_cancel": JOB,
    "POST job_retry": JOB._replace(summary="", statuses=[202, 303]),
    "GET job_books": Operation("JobBooks", jobs.JobBooksQuery),
    "GET job_file": Operation(sends=FILE),
    "GET upload_detail": Operation("Upload", statuses=[200, 303]),
    "POST upload_detail": Operation("Upload", form=uploads.UploadForm, statuses=[200, 202, 204, 303]),
    "DELETE upload_detail": Operation(summary="Discard the list"),
    "GET login": Operation(query="next"),
    "POST login": Operation(form=accounts.LoginForm, more={"next": text()}, errors=[429], summary="Sign in"),
    "POST openid": Operation(form=accounts.OpenIdForm, statuses=[200], errors=[404, 502], summary="Go to a provider"),
    "GET openid_callback": Operation(statuses=[303], errors=[403, 404, 409, 429, 502]),
    "GET people": Operation(query=accounts.AccountQuery),
    "POST people": Operation("NewInvitation", form=InvitationForm, json=InvitationForm, statuses=[201]),
    "PATCH person": Operation("Person", json=accounts.AccountForm),
    "POST person": Operation(form=accounts.AccountForm),
    "POST password_link": Operation("PasswordLink", statuses=[201]),
    "GET new_password": Operation(query="secret", errors=[404]),
    "POST new_password": Operation(form=accounts.NewPasswordForm, more=SECRET, errors=[404], summary="Set a password"),
    "POST password_change": Operation(form=accounts.PasswordChangeForm, errors=[429], summary="Change your password"),
    "POST token_list": Operation("NewToken", form=TokenForm, json=TokenForm, statuses=[201], summary="Create a token"),
    "GET health_check": Operation("Health", statuses=[200, 503]),
    "GET health_check_live": Operation("Health"),
    "GET sitemap": Operation(errors=[404]),
    "GET lab_case": Operation("LabRun", errors=[403, 429]),
}
for name in ("first_account", "invitation"):
    OPERATIONS[f"GET {name}"] = Operation(query="secret", errors=[404])
    created = Operation(form=accounts.NewAccountForm, more=SECRET, errors=[404], summary="Create the account")
    OPERATIONS[f"POST {name}"] = created
for name, form in NAME_FORMS.items():
    kind = name.capitalize()
    OPERATIONS[f"GET {name}_detail"] = Operation(f"{kind}Books", BOOKS_OF_NAME[name])
    renamed = Operation(f"{kind}Changed", json=f"{kind}Patch", parameters=[IF_MATCH], summary=RENAME)
    OPERATIONS[f"PATCH {name}_detail"] = renamed
    OPERATIONS[f"POST {name}_edit"] = Operation(form=form, errors=[412], summary=RENAME)
    OPERATIONS[f"GET {name}_history"] = Operation("NameHistory")
for name, known in EXPORT_FORMATS.items():
    filters = lists.CsvQuery if name == "csv" else lists.BookQuery
    label = f"All matching books, as {known.label}{', each a BookLine' if name == 'jsonl' else ''}"
    OPERATIONS[f"GET export_{name}"] = Operation(query=filters, sends=FILE, summary=label)
for name, query in FEEDS.items():
    OPERATIONS[f"GET opds_{name}"] = OPERATIONS[f"GET opds2_{name}"] = Operation(query=query)
