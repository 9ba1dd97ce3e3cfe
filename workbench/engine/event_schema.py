"""Event schema: an event's contract as JSON Schema, draft 2020-12, for the developers who send it from elsewhere (R-EVT-21).

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from typing import Final

from workbench.models.base import JsonValue
from workbench.models.event import AUTOMATION_ID, Event, EventColumn, EventVariable

from .event_arrays import columns_in
from .event_emails import LONGEST
from .event_flow_ids import LARGEST
from .event_plain import MOST_NAME
from .event_plan import declared_in
from .strict_json import LARGEST_INTEGER, SMALLEST_INTEGER

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DAY: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
E164: Final = r"^\+[1-9][0-9]{6,14}$"
PHONE: Final = r"^(\+[1-9][0-9]{6,14}|[0-9]{7,15})$"
TEXT: Final = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
_NUMBER: Final = {"type": "number", "minimum": SMALLEST_INTEGER, "maximum": LARGEST_INTEGER}
_NAMES: Final = {"minLength": 1, "maxLength": MOST_NAME, "not": {"const": AUTOMATION_ID}}


def json_schema(event: Event) -> dict[str, JsonValue]:
    """Return the contract as JSON Schema: it takes every body that ``composed`` lets out, and none of other types or without identifier.

    Variables that are not declared are let in, as the provider does; ``automation_id`` has its place at the top alone.
    """
    declared = declared_in(event).values()
    required = [*event.identified_by, *(item.name for item in declared if item.required)]
    schema: dict[str, JsonValue] = {
        "$schema": DIALECT,
        "title": event.name,
        "type": "object",
        "properties": {
            "email": {"type": "string", "maxLength": LONGEST, "pattern": EMAIL},
            "phone": {"type": "string", "pattern": E164 if "phone" in event.identified_by else PHONE},
            AUTOMATION_ID: {"type": "integer", "minimum": 1, "maximum": LARGEST},
            **{item.name: _variable(item) for item in declared},
        },
        "additionalProperties": {"$ref": "#/$defs/given"},
        "propertyNames": {"minLength": 1, "maxLength": MOST_NAME},
        "$defs": _defs(),
    }
    if required:
        schema["required"] = required
    if not event.identified_by:
        schema["anyOf"] = [
            {"required": ["email"]},
            {"required": ["phone"], "properties": {"phone": {"pattern": E164}}},
        ]
    return schema


def _variable(variable: EventVariable) -> dict[str, JsonValue]:
    """Return one variable's schema; what people wrote of it is its description."""
    about = variable.about or (f"used by: {', '.join(variable.used_by)}" if variable.used_by else "")
    schema = _array(variable) if variable.type == "array" else _scalar(variable.type)
    if variable.required and variable.type == "string":
        schema["allOf"] = [{"pattern": r"\S"}]
    return {**schema, "description": about} if about else schema


def _array(variable: EventVariable) -> dict[str, JsonValue]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {column.name: _column(column) for column in columns_in(variable.columns)},
            "additionalProperties": {"$ref": "#/$defs/given"},
            "propertyNames": dict(_NAMES),
        },
    }


def _column(column: EventColumn) -> dict[str, JsonValue]:
    return _scalar(column.type)


def _scalar(kind: str) -> dict[str, JsonValue]:
    if kind == "date":
        return {"type": "string", "format": "date", "pattern": DAY}
    if kind == "number":
        return dict(_NUMBER)
    return {"type": "boolean"} if kind == "boolean" else {"type": "string", "pattern": TEXT}


def _defs() -> dict[str, JsonValue]:
    """Return what an undeclared value may be: anything but null at its top, ``automation_id`` nowhere inside of it."""
    inner = {"$ref": "#/$defs/any"}
    shapes: list[JsonValue] = [
        {"type": "string", "pattern": TEXT},
        dict(_NUMBER),
        {"type": "boolean"},
        {"type": "array", "items": inner},
        {"type": "object", "propertyNames": dict(_NAMES), "additionalProperties": inner},
    ]
    return {"given": {"anyOf": shapes}, "any": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/given"}]}}
