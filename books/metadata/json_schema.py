"""Shorthands for JSON Schema."""

from typing import Any

Schema = dict[str, Any]


def text(longest: int | None = None, **more: Any) -> Schema:
    return {"type": "string", **({"maxLength": longest} if longest else {}), **more}


def whole(allowed: range, **more: Any) -> Schema:
    return {"type": "integer", "minimum": allowed.start, "maximum": allowed.stop - 1, **more}


def array(items: Schema, most: int | None = None, **more: Any) -> Schema:
    return {"type": "array", "items": items, **({"maxItems": most} if most else {}), **more}


def or_null(schema: Schema) -> Schema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def exactly(**properties: Schema) -> Schema:
    """An object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
