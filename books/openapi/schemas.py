"""What the catalogue takes and gives, as JSON Schema: limits come from books.metadata.record and from the forms."""

from typing import Any

from django import forms

from books.forms.activity import ACTIVITIES
from books.forms.books import RecordField
from books.forms.fields import OneOfField, StrictBooleanField
from books.forms.jobs import ListField
from books.forms.names import AuthorForm, NameField, NameForm, NamesField, SeriesForm, TopicForm
from books.importing.matching import EXISTING
from books.jobs.kinds import KINDS
from books.lookup.lookup import Outcome
from books.metadata import fingerprint, languages, record
from books.metadata.json_schema import array, exactly, or_null, text, whole
from books.metadata.record import BY_NAME, NAME, SLUG
from books.models import Action, Channel, Role, Scope, Status
from books.models.catalogue import MAX_NAME
from books.models.job import KEY
from books.search.query import MOST_WORDS
from books.web.parsing import READ_ONLY, SHARES_ISBN

Plain = dict[str, Any]


def ref(name: str | int, kind: str = "schemas") -> Plain:
    return {"$ref": f"#/components/{kind}/{name}"}


OBJECT_OF_TEXTS: Plain = {"type": "object", "additionalProperties": text()}
ID, COUNT, TIME = whole(range(1, 10**18)), {"type": "integer", "minimum": 0}, text(format="date-time")
READ = {name: field.schema if field.empty is not None else or_null(field.schema) for name, field in BY_NAME.items()}
SENT = {name: BY_NAME[name].sent or BY_NAME[name].schema for name in record.EDITABLE}
WRITTEN = {name: schema if name == "title" else or_null(schema) for name, schema in SENT.items()}
BOOK_FIELDS = {name: READ[name] for name in record.EDITABLE}
SHARES = {"type": "boolean", "description": "Whether it may have the ISBN of another volume, with its own number."}
WRITE = {
    "type": "object",
    "properties": WRITTEN | {name: {"description": "Ignored."} for name in sorted(READ_ONLY)} | {SHARES_ISBN: SHARES},
    "additionalProperties": False,
}
ENTRY = {name: READ[name] for name in ("title", "authors", "isbn13", "published_year", "language")}
LINE = {**READ, "topics": array(NAME)}
ADDRESS = {"id": ID, "url": text()}
LINKS = {"next": or_null(text()), "previous": or_null(text())}
PAGE: Plain = {"count": COUNT, "count_is_exact": {"type": "boolean"}, **LINKS}
FACETS: Plain = {
    "type": "object",
    "additionalProperties": array(exactly(value=text(), name=text(), books=or_null(COUNT))),
    "description": "By kind, the most frequent values first; present if `facets` asks for them.",
}
NOT_SEARCHED = text(description=f"What was typed beyond {MOST_WORDS} words; absent if everything was searched.")


PLACE = {"number": READ["series_number"], "label": READ["series_label"]}
SAID_OF_SERIES = {"name": READ["series"], "volumes": or_null(COUNT), "is_complete": {"type": "boolean"}}
SERIES = {**ADDRESS, **SAID_OF_SERIES, "missing": array(COUNT), "summary": text()}
IN_SERIES = array(exactly(**ADDRESS, name=READ["series"], **PLACE))


def partly(schema: Plain, **optional: Any) -> Plain:
    return {**schema, "properties": {**schema["properties"], **optional}}


def books_page(**more: Any) -> Plain:
    return partly(exactly(**more, books=array(ref("BookEntry")), **PAGE), not_searched=NOT_SEARCHED, facets=FACETS)


TOKEN = {"id": ID, "name": text(100), "scopes": array(text(enum=Scope.values)), "created_at": TIME}
TOKEN |= {"expires_at": or_null(TIME), "last_used_at": or_null(TIME)}
PERSON = {"id": ID, "url": text(), "name": text(), "role": text(enum=Role.values), "active": {"type": "boolean"}}
PERSON |= {"joined_at": TIME, "signed_in_at": or_null(TIME)}
INVITATION = {"id": ID, "role": text(enum=Role.values), "by": text(), "created_at": TIME, "expires_at": TIME}
DIFFERENCES = {"type": "object", "additionalProperties": exactly(before={}, after={})}
CHANGE = {"id": ID, "version": ID, "action": text(enum=Action.values), "via": text(enum=Channel.values), "at": TIME}
CHANGE |= {"by": or_null(text()), "fields": DIFFERENCES, "undoes": or_null(ID), "undo_url": or_null(text())}
CHANGE |= {"merged_into": or_null(text()), "merged": array(text())}
ACTIVITY = {"id": ID, "action": text(enum=ACTIVITIES), "at": TIME, "by": or_null(text())}
ACTIVITY |= {"via": text(enum=Channel.values), "fields": array(text()), "undoes": or_null(ID)}
ACTIVITY |= {"undo_url": or_null(text())} | dict.fromkeys(("book", "job", "name"), or_null({"type": "object"}))
FINGERPRINT = text(fingerprint.LENGTH)
COMPARED = {"url": text(), "certain": {"type": "boolean"}, "doubt": text(), "books": array(ref("Book"))}
DUPLICATES = {"fingerprint": FINGERPRINT, "first": ID, "count": COUNT, "newest": ID, **COMPARED}
TO_MERGE = {"book": exactly(id=ID, url=text(), title=text(), version=ID), "q": text(), "found": array(ref("BookEntry"))}
AUTHOR = {**ADDRESS, "name": NAME, "sort_name": NAME, "books": COUNT}
PEOPLE = {"fingerprint": FINGERPRINT, "url": text(), "count": COUNT, "newest": ID}
PEOPLE |= {"authors": array(exactly(**AUTHOR, version=ID))}
JOB_KEY = text(pattern=f"^{KEY}$")
JOB = {"id": JOB_KEY, "url": text(), "kind": text(), "status": text(enum=Status.values)}
JOB |= {"cancel_requested": {"type": "boolean"}, "done": COUNT, "total": or_null(COUNT), "message": text()}
JOB |= {"attempt": COUNT, "created_at": TIME, "started_at": or_null(TIME), "finished_at": or_null(TIME)}
JOB |= {"result": {}, "error": text(), "percent": or_null(whole(range(101)))}
SAID = exactly(source=text(), outcome=text(enum=[*Outcome]), reason=text())
LOOKUP = {"isbn13": BY_NAME["isbn13"].schema, "sources": array(SAID), "origins": OBJECT_OF_TEXTS}
LOOKUP |= {"record": {"type": "object", "properties": SENT, "additionalProperties": False}}
LOOKUP |= {"book": or_null(exactly(**ADDRESS, title=text(), version=ID))}
JOB_FILE = exactly(name=text(), size=COUNT, url=text())
UPLOADED = {"id": ID, "url": text(), "name": text(), "size": COUNT, "format": text(), "encoding": text()}
UPLOADED |= {
    "candidates": {"type": "object", "additionalProperties": array(text())},
    "existing": text(enum=[*EXISTING]),
}
UPLOADED |= {"columns": array(exactly(name=text(), field=text(enum=["", *BY_NAME]), values=array(text())))}
UPLOADED |= {"test": or_null(text()), "job": or_null(text()), "created_at": TIME}
MILLISECONDS, YES_OR_NO = {"type": "number", "minimum": 0}, {"type": "boolean"}
SOURCE, LIBRARY = exactly(file=text(), line=COUNT, code=text()), exactly(name=text(), package=or_null(text()))
WAY = {"name": text(), "url": text(), "title": text()}
LAB = {
    "ways": array(exactly(**WAY, others=text(), when=text(), blocks=YES_OR_NO, sources=array(SOURCE))),
    "libraries": array(exactly(purpose=text(), sync=array(LIBRARY), **{"async": array(LIBRARY)})),
}
LAB_RUN = WAY | {"answer": or_null(text()), "error": or_null(text()), "seconds": {"type": "number", "minimum": 0}}
LAB_RUN["others"] = exactly(
    visits=COUNT, p50_ms=MILLISECONDS, p99_ms=MILLISECONDS, longest_ms=MILLISECONDS, each_ms=array(MILLISECONDS)
)
BY_FIELD = {"type": "object", "minProperties": 1, "additionalProperties": array(text())}
NOT_UNDERSTOOD = {"errors": BY_FIELD, "header": array(text()), "mapping": OBJECT_OF_TEXTS}
NOT_UNDERSTOOD |= {"candidates": UPLOADED["candidates"]}
IGNORED = {name: {"description": "Ignored."} for name in ("id", "url", "slug", "version")}
CHANGED = {"books": COUNT, "undo_url": or_null(text())}
TOPIC_NAMES = {"name": NAME, "names": array(NAME), "version": ID}
CONTRIBUTION = exactly(role=text(), count=COUNT, books=array(exactly(url=text(), name=text())), url=text())
AUTHOR_NAMES = {**TOPIC_NAMES, "sort_name": NAME, "also_writes_as": array(exactly(**ADDRESS, name=NAME))}
SERIES_NAMES = {"names": array(text(record.MAX_TEXT, minLength=1))}
NAMED_ROWS = array({"type": "object", "properties": {"id": ID, "name": text()}})
NAME_CHANGE = {"id": ID, "action": text(enum=["renamed", "merged", "separated", "changed"]), "books": COUNT}
NAME_CHANGE |= {"before": NAMED_ROWS, "after": NAMED_ROWS, "via": text(enum=Channel.values), "by": or_null(text())}
NAME_CHANGE |= {"at": TIME, "undoes": or_null(ID), "undo_url": or_null(text())}


def field_of(name: str, field: forms.Field) -> Plain:  # noqa: PLR0911 - one for each kind
    """The schema of one field of a form."""
    match field:
        case RecordField():
            return text(description=field.help_text) if BY_NAME[name].column else SENT[name]
        case NameField():
            return text(field.longest, minLength=1)
        case NamesField():
            return list_of(text(field.longest, minLength=1))
        case ListField():
            one = {"type": ["string", "integer"], "pattern": f"^{field.pattern.pattern}$"}
            return list_of(one, field.most)
        case OneOfField():
            return text(enum=["", *field.words])
        case forms.MultipleChoiceField():
            return {**array(text(enum=[value for value, _ in field.choices])), "minItems": 1}  # type: ignore[union-attr, misc]
        case forms.ChoiceField():
            return text(enum=[value for value, _ in field.choices])  # type: ignore[union-attr, misc]
        case forms.IntegerField():
            number = {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
            return number if field.required else or_null(number)
        case StrictBooleanField() | forms.BooleanField():
            return {"type": ["boolean", "string"]}
        case _:
            return text(getattr(field, "max_length", None), **({"minLength": 1} if field.required else {}))


def list_of(one: Plain, most: int | None = None) -> Plain:
    return {"description": "A list, or text with one a line.", "anyOf": [array(one, most), text()]}


def form_of(form: type[forms.Form], **more: Plain) -> Plain:
    properties = {name: field_of(name, field) for name, field in form.base_fields.items()} | more
    required = [name for name, field in form.base_fields.items() if field.required]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def patch_of(form: type[NameForm]) -> Plain:
    """What changes an author, topic or series: some fields of the form, as JSON."""
    return {**form_of(form, **IGNORED), "required": [], "additionalProperties": False}


SCHEMAS = {
    "Index": OBJECT_OF_TEXTS,
    "Book": partly(
        exactly(**ADDRESS, **BOOK_FIELDS, created_at=TIME, updated_at=TIME, version=ID), in_series=IN_SERIES
    ),
    "BookEntry": partly(
        exactly(**ADDRESS, **ENTRY), series_number=READ["series_number"], series_label=READ["series_label"]
    ),
    "BookWrite": {**WRITE, "required": ["title"]},
    "BookPatch": WRITE,
    "BookPage": books_page(),
    "BookLine": exactly(**LINE),
    "Author": exactly(**AUTHOR),
    "AuthorPage": exactly(authors=array(ref("Author")), **PAGE),
    "AuthorBooks": books_page(**ADDRESS, **AUTHOR_NAMES, contributions=array(CONTRIBUTION)),
    "AuthorPatch": patch_of(AuthorForm),
    "AuthorChanged": exactly(**ADDRESS, **AUTHOR_NAMES, **CHANGED),
    "Series": exactly(**SERIES, books=COUNT),
    "SeriesPage": exactly(series=array(ref("Series")), **PAGE),
    "SeriesBooks": books_page(**SERIES, **SERIES_NAMES, version=ID),
    "SeriesPatch": patch_of(SeriesForm),
    "SeriesChanged": exactly(**ADDRESS, **SAID_OF_SERIES, **SERIES_NAMES, **CHANGED, version=ID),
    "Topic": exactly(slug=SLUG, url=text(), name=NAME, books=COUNT),
    "TopicList": exactly(topics=array(ref("Topic"))),
    "TopicBooks": books_page(slug=SLUG, url=text(), **TOPIC_NAMES),
    "TopicPatch": patch_of(TopicForm),
    "TopicChanged": exactly(slug=SLUG, url=text(), **TOPIC_NAMES, **CHANGED),
    "NameHistory": exactly(changes=array(exactly(**NAME_CHANGE))),
    "NameUndone": exactly(id=ID, url=text(), books=COUNT, skipped=array(exactly(**ADDRESS, title=text()))),
    "Duplicates": exactly(**DUPLICATES),
    "SamePeople": exactly(groups=array(exactly(**PEOPLE)), next=or_null(text())),
    "BookMerge": {"oneOf": [exactly(**COMPARED), exactly(**TO_MERGE)]},
    "DuplicatePage": exactly(groups=array(ref("Duplicates")), next=or_null(text()), up_to=or_null(text())),
    "Change": exactly(**CHANGE),
    "History": exactly(book=ID, changes=array(ref("Change"))),
    "Activity": exactly(activity=array(exactly(**ACTIVITY)), next=or_null(text())),
    "Settings": exactly(name=text(MAX_NAME)),
    "Account": exactly(name=text(), role=text(enum=Role.values)),
    "Person": exactly(**PERSON),
    "People": exactly(people=array(ref("Person")), **PAGE, invitations=array(exactly(**INVITATION))),
    "NewInvitation": exactly(**INVITATION, invitation_url=text(description="Not shown again. It works once.")),
    "PasswordLink": exactly(**PERSON, password_url=text(description="Not shown again. It works once.")),
    "Token": exactly(**TOKEN),
    "TokenList": exactly(tokens=array(ref("Token"))),
    "NewToken": exactly(**TOKEN, token=text(description="The secret, which nobody can be shown again.")),
    "Job": exactly(**JOB, arguments={"type": "object"}, log=array(text()), files=array(JOB_FILE)),
    "JobEntry": exactly(**JOB),
    "JobPage": exactly(jobs=array(ref("JobEntry")), **PAGE),
    "Upload": exactly(**UPLOADED),
    "JobBooks": exactly(job=JOB_KEY, action=text(), books=array(ref("BookEntry")), next=or_null(text())),
    "Lookup": exactly(**LOOKUP),
    "Health": {
        "type": "object",
        "properties": {"status": text(), "database": text(), "jobs": text()},
        "required": ["status"],
    },
    "OpenApi": {"type": "object"},
    "Lab": exactly(**LAB),
    "LabRun": exactly(**LAB_RUN),
    "Error": {"oneOf": [exactly(detail=text()), exactly(errors=BY_FIELD), exactly(**NOT_UNDERSTOOD)]},
}


def job_start() -> Plain:
    """What starts a job: its kind, and the arguments of that kind."""
    kinds = [
        {
            "type": "object",
            "properties": {"kind": {"const": name}, "arguments": {**form_of(kind.form), "additionalProperties": False}},
            "additionalProperties": False,
        }
        for name, kind in KINDS.items()
        if not kind.takes_file
    ]
    return {"anyOf": kinds}


TAG = "^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$"
CURSOR = "A place in the list: take it from `next` and `previous`; not both."
YEARS = f"A year from {record.YEARS.start} to {record.YEARS.stop - 1}, or a range: 1950..1960, ..-300."
PARAMETERS: dict[str, Plain] = {
    "size": {"schema": {**whole(range(1, 101)), "default": 20}, "description": "Entries a page."},
    "year": {"schema": text(16, pattern=r"^(-?[0-9]{1,6})?(\.\.(-?[0-9]{1,6})?)?$"), "description": YEARS},
    "language": {"schema": text(languages.MAX_LENGTH, pattern=TAG), "description": "`en` finds `en-us` too."},
    "q": {"description": "Words that must all be found."},
    "author": {"description": "Words of a name, or an author's id."},
    "series": {"description": "A series' name, or its id."},
    "topic": {"description": "A topic's slug."},
    "after": {"description": CURSOR},
    "before": {"description": CURSOR},
}


def parameter(place: str, name: str, schema: Plain, about: str = "") -> Plain:
    return {"name": name, "in": place, "schema": schema, **({"description": about} if about else {})}


def query(query: type[forms.Form] | str) -> list[Plain]:
    if isinstance(query, str):
        return [parameter("query", query, text())] if query else []
    fields = query.base_fields.items()
    return [parameter("query", name, field_of(name, field)) | PARAMETERS.get(name, {}) for name, field in fields]
