"""The parameters, bodies and responses of each method of a URL, which no view, rule or docstring declares."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.forms import Form

from books.exporting import EXPORT_FORMATS
from books.forms import accounts, activity, books, catalogue, duplicates, jobs, lists, names, uploads
from books.jobs.kinds import KINDS
from books.metadata import isbn
from books.metadata.json_schema import Schema, text
from books.models.idempotency import KEPT_FOR, MAX_KEY
from books.models.links import MODELS
from books.models.token import Scope
from books.openapi.schemas import form_of, job_start, parameter, ref

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
ISBN_13 = parameter("query", "isbn13", text(isbn.MAX_LENGTH))
FILE, SECRET = ["Content-Disposition"], {"secret": text()}


class Operation(NamedTuple):
    """One method of one URL. Media types, path parameters, permissions and most errors follow from the view."""

    summary: str = ""  # by default the docstring of the handler, or of its view
    schema: str = ""  # of the JSON it answers with
    query: type[Form] | str = ""  # its parameters, or the name of the only one
    form: type[Form] | None = None  # that it takes
    more: Mapping[str, Schema] = {}  # fields that stand on the page of the form only
    json: Schema | None = None  # that it takes
    statuses: Sequence[int] = ()  # of its successes; by default 303 for a form, 204 for DELETE, 200 and perhaps 301
    errors: Sequence[int] = ()
    parameters: Sequence[Schema] = ()
    sends: Sequence[str] = ()  # headers of a success


WRITING = ", ".join(name for name, kind in KINDS.items() if kind.rule and kind.rule.scope == Scope.WRITE)
JOB = Operation("Cancel a job; 200 if it is over already", "Job", statuses=[200, 202, 303], sends=["Location"])
START = JOB._replace(
    summary="Start a job. The same request again returns the same job. Without a body it is a clock, where LAB=1. "
    f"With the scope `write`, a token may start {WRITING}.",
    form=jobs.ImportForm,
    more={"file": text(format="binary"), "kind": text(enum=list(KINDS))},
    json=job_start(),
)
WRITE = Operation("", "Book", json=ref("BookWrite"), errors=[412], parameters=[IF_MATCH], sends=["ETag"])
RENAME = "Rename it in all its books; where the name is another's, 409, or with `merge` the books move to that one"
NAME_FORMS = {"author": names.AuthorForm, "series": names.SeriesForm, "topic": names.TopicForm}
BOOKS_OF_NAME = {"author": lists.BookQuery, "series": lists.SeriesBookQuery, "topic": lists.BookQuery}
MERGE = Operation(
    "Merge them: the URLs of the others then lead to the kept book", form=duplicates.MergeForm, errors=[412]
)
FEEDS = {"books": lists.BookQuery, "authors": lists.NamesQuery, "series": lists.NamesQuery, "topics": lists.TopicQuery}

OPERATIONS = {
    "GET home": Operation("The index of URLs", "Index"),
    "GET settings": Operation(schema="Settings"),
    "POST settings": Operation(
        "Change it",
        "Settings",
        form=catalogue.CatalogueForm,
        json=form_of(catalogue.CatalogueForm),
        statuses=[200, 303],
    ),
    "GET book_list": Operation("Search the books", "BookPage", lists.BookQuery),
    "POST book_list": Operation(
        "Add a book. A Link header names possible duplicates, as related",
        "Book",
        form=books.BookForm,
        json=ref("BookWrite"),
        statuses=[201, 303],
        parameters=[IDEMPOTENCY_KEY],
        sends=["Location", "ETag"],
    ),
    "GET book_new": Operation(query="isbn", errors=[404, 422, 502, 503], parameters=[ISBN_13]),
    "POST book_new": Operation(
        "Add a book with the form; 409 too for a possible duplicate if `anyway` is empty", form=books.NewBookForm
    ),
    "GET book_detail": Operation(
        "Read a book", "Book", statuses=[200, 301, 304], parameters=[IF_NONE_MATCH], sends=["ETag"], errors=[412]
    ),
    "PUT book_detail": WRITE._replace(summary="Write all fields of a book"),
    "PATCH book_detail": WRITE._replace(summary="Write some fields of a book", json=ref("BookPatch")),
    "DELETE book_detail": Operation("Delete a book", errors=[412], parameters=[IF_MATCH]),
    "GET book_citation": Operation(statuses=[200, 301], sends=FILE),
    "POST book_edit": Operation("Write a book with the form", form=books.BookForm, errors=[412]),
    "POST book_delete": Operation("Delete a book with the form", form=books.DeleteForm, errors=[412]),
    "GET book_history": Operation(schema="History"),
    "DELETE book_history": Operation("Purge them for good"),
    "POST history_purge": Operation("Purge the history of a book with the form"),
    "POST change_undo": Operation(schema="History", statuses=[200, 303]),
    "GET activity": Operation(schema="Activity", query=activity.ActivityQuery),
    "GET duplicate_list": Operation(schema="DuplicatePage", query=duplicates.DuplicateQuery),
    "GET duplicate_detail": Operation(schema="Duplicates", query=duplicates.GroupQuery),
    "POST duplicate_detail": MERGE._replace(query=duplicates.GroupQuery),
    "POST duplicate_dismiss": Operation(form=duplicates.NotDuplicateForm),
    "GET book_merge": Operation(
        "Two books side by side, or books to choose the second from", "BookMerge", duplicates.MergeWithQuery
    ),
    "POST book_merge": MERGE._replace(query=duplicates.MergeWithQuery),
    "GET author_duplicate_list": Operation(schema="SamePeople", query=duplicates.DuplicateQuery),
    "GET author_duplicate_merge": Operation("The same list from one group on", "SamePeople"),
    "POST author_duplicate_merge": Operation(
        "Merge authors that are one person", form=duplicates.MergePeopleForm, errors=[412]
    ),
    "POST author_duplicate_dismiss": Operation(form=duplicates.NotDuplicateForm),
    **{
        f"GET export_{name}": Operation(f"All matching books, as {known.label}", query=lists.BookQuery, sends=FILE)
        for name, known in EXPORT_FORMATS.items()
    },
    "GET export_csv": Operation("All matching books, as CSV; for Excel with ?bom=1", query=lists.CsvQuery, sends=FILE),
    "GET export_jsonl": Operation("The same as JSON Lines, each a BookLine", query=lists.BookQuery, sends=FILE),
    "GET author_list": Operation("Search the authors", "AuthorPage", lists.NamesQuery),
    "GET series_list": Operation("Search the series", "SeriesPage", lists.NamesQuery),
    "GET topic_list": Operation(schema="TopicList"),
    **{
        f"GET {kind}_detail": Operation("Its books", f"{kind.capitalize()}Books", query)
        for kind, query in BOOKS_OF_NAME.items()
    },
    **{
        f"PATCH {kind}_detail": Operation(
            RENAME,
            f"{kind.capitalize()}Changed",
            json=ref(f"{kind.capitalize()}Patch"),
            errors=[412],
            parameters=[IF_MATCH],
            sends=["ETag"],
        )
        for kind in MODELS
    },
    **{f"POST {kind}_edit": Operation(RENAME, form=form, errors=[412]) for kind, form in NAME_FORMS.items()},
    **{f"GET {kind}_history": Operation(schema="NameHistory") for kind in MODELS},
    "POST name_undo": Operation(
        "Undo the change of a name in all its books, but those changed again since: `skipped`",
        "NameUndone",
        statuses=[200, 303],
    ),
    "GET refresh": Operation(schema="TopicList"),
    "POST refresh": Operation(schema="TopicList"),
    "GET lookup": Operation(
        "What other catalogues know of an ISBN; `book` if it is here already, and then nobody is asked",
        "Lookup",
        errors=[404, 422, 502, 503],
        parameters=[ISBN | {"required": True}],
    ),
    "GET job_list": Operation("The jobs, the latest first", "JobPage", lists.JobQuery),
    "POST job_list": START._replace(parameters=[IDEMPOTENCY_KEY]),
    "GET job_detail": Operation("The state of a job", "Job"),
    "POST job_detail": START,
    "DELETE job_detail": JOB,
    "POST job_cancel": JOB,
    "POST job_retry": JOB._replace(summary="Resume a job that failed or was cancelled", statuses=[202, 303]),
    "GET job_books": Operation(schema="JobBooks", query=jobs.JobBooksQuery),
    "GET job_file": Operation(sends=FILE),
    "GET upload_detail": Operation("A list that you uploaded, and what it is taken for", "Upload", statuses=[200, 303]),
    "POST upload_detail": Operation(
        "Correct what it is taken for (`show`), try the import (`test`), `import` or `discard` it",
        "Upload",
        form=uploads.UploadForm,
        statuses=[200, 202, 204, 303],
    ),
    "DELETE upload_detail": Operation("Discard the list"),
    "GET account": Operation(schema="Account"),
    "GET login": Operation(query="next"),
    "POST login": Operation("Sign in", form=accounts.LoginForm, more={"next": text()}, errors=[429]),
    "POST openid": Operation(
        "Sign in on the pages of a provider of OpenID Connect",
        form=accounts.OpenIdForm,
        statuses=[200],
        errors=[404, 502],
    ),
    "GET openid_callback": Operation(statuses=[303], errors=[403, 404, 409, 429, 502]),
    **{
        f"{method} {name}": operation
        for name in ("first_account", "invitation")
        for method, operation in {
            "GET": Operation(query="secret", errors=[404]),
            "POST": Operation("Create the account", form=accounts.NewAccountForm, more=SECRET, errors=[404]),
        }.items()
    },
    "GET people": Operation("The accounts, and open invitations", "People", accounts.AccountQuery),
    "POST people": Operation(
        "Invite somebody, by a link that works once",
        "NewInvitation",
        form=accounts.InvitationForm,
        json=form_of(accounts.InvitationForm),
        statuses=[201],
    ),
    "GET person": Operation("An account", "Person"),
    "PATCH person": Operation("Change its role, close or reopen it", "Person", json=form_of(accounts.AccountForm)),
    "POST person": Operation("The same with a form", form=accounts.AccountForm),
    "POST password_link": Operation(schema="PasswordLink", statuses=[201]),
    "GET new_password": Operation(query="secret", errors=[404]),
    "POST new_password": Operation("Set a new password", form=accounts.NewPasswordForm, more=SECRET, errors=[404]),
    "POST password_change": Operation("Change your password", form=accounts.PasswordChangeForm, errors=[429]),
    "GET token_list": Operation("Your tokens", "TokenList"),
    "POST token_list": Operation(
        "Create a token", "NewToken", form=accounts.TokenForm, json=form_of(accounts.TokenForm), statuses=[201]
    ),
    "GET health_check": Operation(schema="Health", errors=[503]),
    "GET health_check_live": Operation(schema="Health"),
    **{f"GET opds_{name}": Operation(query=query) for name, query in FEEDS.items()},
    **{f"GET opds2_{name}": Operation(query=query) for name, query in FEEDS.items()},
    "GET sitemap": Operation(errors=[404]),
    "GET lab": Operation(schema="Lab"),
    "GET lab_case": Operation(schema="LabRun", errors=[403, 429]),
    "GET openapi": Operation(schema="OpenApi"),
}
