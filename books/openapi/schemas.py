"""The JSON that the catalogue reads and writes, as JSON Schema: objects.txt with the limits of forms and records."""

from pathlib import Path
from typing import Any

from django import forms

from books.forms.activity import ACTIVITIES
from books.forms.books import RecordField
from books.forms.fields import OneOfField, StrictBooleanField
from books.forms.jobs import ListField
from books.forms.names import AuthorForm, NameField, NamesField, SeriesForm, TopicForm
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


OBJECT: Plain = {"type": "object"}
ONLY: Plain = {"additionalProperties": False}


def at_most(properties: Plain) -> Plain:
    """An object with some of these properties."""
    return {**OBJECT, "properties": properties, **ONLY}


TEXTS, COUNT = {**OBJECT, "additionalProperties": text()}, {"type": "integer", "minimum": 0}
LISTS: Plain = {**OBJECT, "additionalProperties": array(text())}
ID = whole(range(1, 10**18))
IGNORED = {"description": "Ignored."}
READ = {name: field.schema if field.empty is not None else or_null(field.schema) for name, field in BY_NAME.items()}
SENT = {name: BY_NAME[name].sent or BY_NAME[name].schema for name in record.EDITABLE}
WRITTEN = {name: schema if name == "title" else or_null(schema) for name, schema in SENT.items()}
SHARES = {"type": "boolean", "description": "Whether it may have the ISBN of another volume, with its own number."}
WRITE = at_most({**WRITTEN, **dict.fromkeys(sorted(READ_ONLY), IGNORED), SHARES_ISBN: SHARES})
FACET = exactly(value=text(), name=text(), books=or_null(COUNT))
FACETS = "By kind, the most frequent values first; present if `facets` asks for them."

# The types that objects.txt uses for properties.
TYPES: dict[str, Plain] = {
    **READ,
    "text": text(),
    "id": ID,
    "count": COUNT,
    "number": {"type": "number", "minimum": 0},
    "time": text(format="date-time"),
    "yes": {"type": "boolean"},
    "name": NAME,
    "slug": SLUG,
    "fingerprint": text(fingerprint.LENGTH),
    "key": text(pattern=f"^{KEY}$"),
    "percent": or_null(whole(range(101))),
    "result": {},
    "object": OBJECT,
    "row": {**OBJECT, "properties": {"id": ID, "name": text()}},
    "texts": TEXTS,
    "candidates": LISTS,
    "errors": {**LISTS, "minProperties": 1},
    "differences": {**OBJECT, "additionalProperties": exactly(before={}, after={})},
    "facets": {**OBJECT, "additionalProperties": array(FACET), "description": FACETS},
    "not_searched": text(description=f"What was typed beyond {MOST_WORDS} words; absent if everything was searched."),
    "once": text(description="Not shown again. It works once."),
    "isbn": BY_NAME["isbn13"].schema,
    "sent": at_most(SENT),
    "series_name": text(record.MAX_TEXT, minLength=1),
    "token_name": text(100),
    "catalogue_name": text(MAX_NAME),
    "action": text(enum=Action.values),
    "activity": text(enum=ACTIVITIES),
    "name_action": text(enum=["renamed", "merged", "separated", "changed"]),
    "role": text(enum=Role.values),
    "scope": text(enum=Scope.values),
    "via": text(enum=Channel.values),
    "status": text(enum=Status.values),
    "outcome": text(enum=[*Outcome]),
    "existing": text(enum=[*EXISTING]),
    "field": text(enum=["", *BY_NAME]),
}
PARTS = {"EDITABLE": " ".join(record.EDITABLE), "LINE": " ".join(name for name in READ if name != "topics")}


def type_of(written: str) -> Plain:
    if written.startswith("["):
        return array(type_of(written[1:-1]))
    if written.endswith("?"):
        inner = type_of(written[:-1])
        return or_null(inner) if "type" in inner else {"oneOf": [inner, {"type": "null"}]}
    return ref(written) if written[0].isupper() else TYPES[written]


def object_of(written: str) -> Plain:
    pairs = [word.partition(":") for part in written.split() for word in PARTS.get(part, part).split()]
    properties = {name.rstrip("?"): type_of(kind or name.rstrip("?")) for name, _, kind in pairs}
    return {**exactly(**properties), "required": [name for name, *_ in pairs if not name.endswith("?")]}


def objects() -> dict[str, Plain]:
    """The objects of objects.txt, by name."""
    found, lines = {}, Path(__file__).with_name("objects.txt").read_text().splitlines()
    for name, _, written in (line.partition(": ") for line in lines if not line.startswith("#")):
        if name.isupper():
            PARTS[name] = " ".join(PARTS.get(part, part) for part in written.split())
        elif name[:1].isupper():
            found[name] = object_of(written)
        elif name:
            TYPES.update(dict.fromkeys(written.split(), type_of(name)))
    return found


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
        case forms.ChoiceField():
            one = text(enum=[value for value, _ in field.choices])  # type: ignore[union-attr, misc]
            return {**array(one), "minItems": 1} if isinstance(field, forms.MultipleChoiceField) else one
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


STARTED = {name: form_of(kind.form) | ONLY for name, kind in KINDS.items() if not kind.takes_file}
PATCHES = {"AuthorPatch": AuthorForm, "SeriesPatch": SeriesForm, "TopicPatch": TopicForm}
UNWRITTEN = dict.fromkeys(("id", "url", "slug", "version"), IGNORED)
SCHEMAS = {
    **objects(),
    "Index": TEXTS,
    "BookWrite": {**WRITE, "required": ["title"]},
    "BookPatch": WRITE,
    **{name: {**form_of(form, **UNWRITTEN), "required": [], **ONLY} for name, form in PATCHES.items()},
    "BookMerge": {"oneOf": [ref("ComparedBooks"), ref("BooksToCompare")]},
    "JobStart": {"anyOf": [at_most({"kind": {"const": name}, "arguments": each}) for name, each in STARTED.items()]},
    "Error": {"oneOf": [ref("ErrorDetail"), ref("FormErrors"), ref("HeaderErrors")]},
}


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
    "bom": {"description": "1: for Excel."},
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
