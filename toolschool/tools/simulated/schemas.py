"""Documented arguments as a JSON schema.

    schema, notes = parameters_schema([Parameter("city", "STRING", "The city.")], [Parameter("days", "NUMBER", default="3")])

Types are words in any case (STRING, NUMBER, str, integer, "DATE (YYYY-MM-DD)"); one that nobody knows takes any value, and a
note says so. Limits: a text whose values are not documented as such takes any (`listings.py`), and so do items of lists.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from toolschool.datasets.api_docs import Parameter
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Note, Schema
from toolschool.tools.simulated.listings import documented_values
from toolschool.tools.simulated.listings import examples as hinted

DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TIME = "^[0-9]{2}:[0-9]{2}$"
MAX_NUMBER = 2**53  # beyond it numbers of JSON are not exact everywhere

TYPES: Mapping[str, Schema] = {
    **{word: {"type": "string"} for word in ("string", "str", "text", "enum", "binary", "date", "time")},
    **{word: {"type": "number"} for word in ("number", "float", "double")},
    **{word: {"type": "integer"} for word in ("integer", "int")},
    **{word: {"type": "boolean"} for word in ("boolean", "bool")},
    **{word: {"type": "array"} for word in ("array", "list")},
    **{word: {"type": "object"} for word in ("object", "dict")},
    "any": {},
    "date (yyyy-mm-dd)": {"type": "string", "pattern": DATE},
    "time (24-hour hh:mm)": {"type": "string", "pattern": TIME},
}
_LISTABLE = ("string", "str", "number", "enum")  # whose descriptions may list all values
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")


class Listed(NamedTuple):
    """What a source lists of an argument besides its description: all `values` it may have, or some `examples`."""

    values: Sequence[JsonValue] = ()
    examples: Sequence[JsonValue] = ()


def parameters_schema(
    required: Sequence[Parameter], optional: Sequence[Parameter] = (), listed: Mapping[str, Listed] | None = None
) -> tuple[dict[str, Any], list[Note]]:
    """The schema of all arguments, in their order, and what could not be taken as documented; `listed` is by name.

    The default of a required argument is an example: it is never left out. Of two arguments of one name the first counts.
    """
    properties: dict[str, Any] = {}
    notes: list[Note] = []
    for place, parameter in enumerate((*required, *optional)):
        name = parameter.name.strip()
        if name in properties:
            notes.append(Note("repeated", name, "documented twice; the first counts"))
            continue
        known = (listed or {}).get(name, Listed())
        properties[name], said = _argument(parameter, known, needed=place < len(required))
        notes += said
    needed = list(dict.fromkeys(parameter.name.strip() for parameter in required))
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}, notes


def _argument(parameter: Parameter, known: Listed, needed: bool) -> tuple[dict[str, Any], list[Note]]:
    kind = parameter.type.strip().lower()
    schema: dict[str, Any] = dict(TYPES.get(kind, {}))
    notes = []
    if kind not in TYPES:
        notes.append(Note("type", parameter.name, f"unknown type {parameter.type!r}: takes any value"))
    if parameter.description.strip():
        schema["description"] = parameter.description.strip()
    default = read_value(parameter.default, schema)
    if default is None and parameter.default not in ("", None):
        notes.append(Note("default", parameter.name, f"{parameter.default!r} is no {parameter.type}: left out"))
    said = documented_values(parameter.description, kind == "enum") if kind in _LISTABLE else ()
    values = [read_value(value, schema) for value in known.values or said]
    if values and None not in values and (default is None or default in values):
        schema["enum"] = values
    elif kind == "enum":
        notes.append(Note("enum", parameter.name, "no complete list of values: takes any text"))
    if default is not None and not needed:
        schema["default"] = default
    examples = [default] if default is not None and needed else []
    examples += [read_value(value, schema) for value in known.examples or hinted(parameter.description)]
    if fitting := [value for value in examples if value is not None]:
        schema["examples"] = fitting
    return schema, notes


def read_value(value: JsonValue, schema: Schema) -> JsonValue:
    """A documented value as the schema's type ("8.79" is 8.79 where a number is wanted); None where it cannot be read so."""
    import jsonschema

    if value in ("", None):
        return None
    kind = schema.get("type")
    if kind == "string" and not isinstance(value, list | dict):
        read = value if isinstance(value, str) else json.dumps(value)
    elif kind is not None and isinstance(value, str):
        read = _parsed(value.strip(), kind)
    else:
        read = value
    bare = {name: rule for name, rule in schema.items() if name in ("type", "pattern", "enum")}
    return read if read is not None and jsonschema.Draft202012Validator(bare).is_valid(read) else None


def _parsed(text: str, kind: str) -> JsonValue:
    if kind == "boolean":
        return True if text.lower() in _YES else False if text.lower() in _NO else None
    try:
        read = json.loads(text)
    except ValueError:
        return None
    if isinstance(read, int | float) and not (math.isfinite(read) and abs(read) <= MAX_NUMBER):
        return None
    return read
