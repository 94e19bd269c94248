"""The catalogue described for programs, as OpenAPI 3.1.

URLs come from books.urls; media types, permissions and summaries from the views; limits from the forms and
books.metadata.record; everything else from OPERATIONS. Tests compare it with real responses.
"""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import URLPattern, get_resolver, reverse

from books.exporting import CITATIONS
from books.forms.lists import BookQuery
from books.metadata.json_schema import text
from books.models import Scope
from books.openapi.operations import OPERATIONS, Operation
from books.openapi.schemas import SCHEMAS, TYPES, Plain, form_of, parameter, query, ref
from books.search.pagination import COUNT_CAP
from books.views.base import CatalogueView
from books.web.negotiation import HTML, JSON
from books.web.parsing import MERGE_PATCH, MULTIPART, URLENCODED
from books.web.permissions import ANYBODY, Rule, is_open

ABOUT = f"""URLs that offer JSON and pages answer with JSON unless the Accept header prefers text/html.
Every GET allows HEAD, and every URL OPTIONS. Lists come in pages: follow `next` until it is null.
Counts end at {COUNT_CAP:,}, in large catalogues sooner: see `count_is_exact`. A write that another site's page sends is
refused with 403."""
CONVERTERS = {**TYPES, "citation": text(enum=list(CITATIONS)), "topic": TYPES["slug"], "str": text()}
ERRORS = 400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 429, 502, 503
HEADERS = {301: ["Location"], 303: ["Location"], 304: ["ETag"], 401: ["WWW-Authenticate"]}
HEADERS |= {status: ["Retry-After"] for status in (429, 502, 503)}


@cache
def description() -> Plain:
    """The whole document."""
    routes = [route for route in get_resolver("books.urls").url_patterns if isinstance(route, URLPattern)]
    scopes = "; ".join(f"`{scope}`: {label}" for scope, label in Scope.choices)
    about = f"From {reverse('token_list')}. Its scopes: {scopes}."
    security = {
        "token": {"type": "http", "scheme": "bearer", "description": about},
        "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
    }
    errors = {str(status): answer(status, {JSON: ref("Error"), HTML: text()}, HEADERS.get(status)) for status in ERRORS}
    return {
        "openapi": "3.1.0",
        "servers": [{"url": reverse("home")}],
        "info": {"title": "The book catalogue", "version": "1", "description": ABOUT},
        "paths": dict(map(path, routes)),
        "components": {"schemas": SCHEMAS, "responses": errors, "securitySchemes": security},
    }


def path(route: URLPattern) -> tuple[str, Plain]:
    """A URL in OpenAPI's notation, with its methods."""
    keys = re.findall(r"<(\w+):(\w+)>", str(route.pattern))
    parameters = [parameter("path", key, CONVERTERS[kind]) | {"required": True} for kind, key in keys]
    callback: Any = route.callback
    view: CatalogueView = callback.view_class(**callback.view_initkwargs)
    methods: Plain = {}
    for method, rule in view.rules.items():
        operation = operation_of(method, str(route.name))
        methods[method.lower()] = {
            "operationId": f"{method.lower()}_{route.name}",
            "summary": operation.summary or summary_of(view, method),
            **({"description": f"Needs the permission `{rule.permission}`."} if rule.permission else {}),
            "security": security(rule),
            "parameters": [*operation.parameters, *query(operation.query)],
            **({"requestBody": body(operation, method)} if operation.form or operation.json else {}),
            "responses": responses(view, method, operation, has_keys=bool(keys)),
        }
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(route.pattern)), {"parameters": parameters, **methods}


def operation_of(method: str, name: str) -> Operation:
    operation, schema = OPERATIONS.get(f"{method} {name}", Operation()), name.title().replace("_", "")
    is_named = method == "GET" and not operation.schema and schema in SCHEMAS
    return operation._replace(schema=schema) if is_named else operation


def summary_of(view: CatalogueView, method: str) -> str:
    """The first sentence of the handler's docstring, or of its view's."""
    written = getattr(view, method.lower()).__doc__ or type(view).__doc__ or ""
    return " ".join(written.split()).split(". ")[0].removesuffix(".")


def responses(view: CatalogueView, method: str, operation: Operation, *, has_keys: bool) -> Plain:
    """The responses of the method, by status."""
    is_for_all, has_body = is_open(view.rules[method]), bool(operation.form or operation.json)
    conditions = {parameter["name"] for parameter in operation.parameters}
    errors = {400, 401, *operation.errors}
    errors |= {404} if has_keys else set()
    errors |= {413, 415, 422} if has_body else set()
    errors |= {412} if "If-Match" in conditions else set()
    errors |= {403, 409} if method != "GET" else set() if is_for_all else {403}
    errors |= {406} if view.offers_of(method) and not view.ignores_accept else set()
    found: dict[int, Plain] = {status: ref(status, "responses") for status in errors}
    schemas = {
        kind: {"type": ["object", "array"]} if kind.endswith("json") else text() for kind in view.offers_of(method)
    }
    schemas |= {JSON: ref(operation.schema)} if JSON in schemas and operation.schema else {}
    statuses = operation.statuses or successful(method, operation)
    if 303 in statuses:  # for browsers
        schemas = {JSON: ref(operation.schema)} if operation.schema else {}
    for status in (*statuses, *([] if is_for_all else [303])):
        sends = ["ETag"] if operation.schema and conditions & {"If-Match", "If-None-Match"} else operation.sends
        has_content = status in {200, 201, 202, 503}
        found[status] = answer(status, schemas if has_content else {}, HEADERS.get(status, sends))
    return {str(status): found[status] for status in sorted(found)}


def successful(method: str, operation: Operation) -> list[int]:
    if method == "DELETE":
        return [204]
    if isinstance(operation.query, type) and issubclass(operation.query, BookQuery):
        return [200, 301]
    return [200 if method == "GET" or operation.schema else 303]


def answer(status: int, schemas: Plain, headers: Any) -> Plain:
    """A response: its media types with their schemas, and its headers."""
    content = {"content": {kind: {"schema": schema} for kind, schema in schemas.items()}} if schemas else {}
    named = {"headers": {name: {"schema": text()} for name in headers}} if headers else {}
    return {"description": f"{HTTPStatus(status).phrase}.", **named, **content}


def body(operation: Operation, method: str) -> Plain:
    schemas: Plain = {}
    if operation.json:
        taken = ref(operation.json) if isinstance(operation.json, str) else form_of(operation.json)
        schemas |= dict.fromkeys([JSON, MERGE_PATCH] if method == "PATCH" else [JSON], taken)
    if operation.form:
        schemas |= dict.fromkeys((URLENCODED, MULTIPART), form_of(operation.form, **operation.more))
    needed = operation.json != "JobStart" and any("required" in each or "$ref" in each for each in schemas.values())
    return {"required": needed, "content": {kind: {"schema": schema} for kind, schema in schemas.items()}}


def security(rule: Rule) -> list[Plain]:
    """The alternative ways to get access; empty if anybody has it."""
    if rule is ANYBODY:
        return []
    token: list[Plain] = [{"token": [rule.scope.value]}] if rule.scope else []
    return [*([{}] if is_open(rule) else []), *token, {"session": []}]
