"""What a value of a flat JSON schema (`json_schemas.py`) may be one of.

listed({"enum": [1, "a"], "type": "string"})                              # ["a"]
alternatives({"description": "when", "anyOf": [{"type": "null"}, DAY]})     # both, each with the words beside them
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from toolschool.errors import ConfigError

Schema = Mapping[str, Any]

NOTHING: Schema = {"not": {}}  # the schema `false`
_CHOICES = ("anyOf", "oneOf")


def listed(schema: Schema) -> list[Any] | None:
    """The values that the schema lists and whose type it admits, None where it lists none. ConfigError for an empty list."""
    if "const" not in schema and "enum" not in schema:
        return None
    values = [schema["const"]] if "const" in schema else schema["enum"]
    declared = schema.get("type", ())
    kinds = [declared] if isinstance(declared, str) else declared
    fitting = [value for value in values if not kinds or _is_one_of(value, kinds)]
    if not fitting:
        raise ConfigError("none of the listed values has the type that is asked for")
    return fitting


def _is_one_of(value: Any, kinds: Any) -> bool:
    return any(Draft202012Validator.TYPE_CHECKER.is_type(value, kind) for kind in kinds)


def alternatives(schema: Schema) -> list[Schema]:
    """The schema without `anyOf`, `oneOf` and `allOf`: one for each way to fit it. Of `anyOf` beside `oneOf` the first is read."""
    whole = _merged(schema)
    word = next((word for word in _CHOICES if word in whole), None)
    if word is None:
        return [whole]
    beside = {key: value for key, value in whole.items() if key not in _CHOICES}
    return [way for part in whole[word] for way in alternatives(_both(beside, part))]


def _merged(schema: Schema) -> Schema:
    """`allOf` in one schema; where two say different things of one word, the later is heard."""
    whole: Schema = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        whole = _both(whole, _merged(part))
    return whole


def _both(one: Schema, other: Schema) -> Schema:
    """What two schemas ask together, as far as their words can be put side by side."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    needed = list(dict.fromkeys([*one.get("required", ()), *other.get("required", ())]))
    return {
        **one,
        **other,
        **({"properties": properties} if properties else {}),
        **({"required": needed} if needed else {}),
    }
