"""Arguments of a call against the schema of its tool: checked while planning, and filled in before running.

A plan writes arguments by their places. One that the schema does not require is left out by None, or by nothing behind the last one given.

Static checks leave values that hold a reference to the run, where `tools/run.py` validates everything again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from toolschool.plans.references import Reference, as_text, split, strings, substitute
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.checking import validator


def check_arguments(call: Call, tool: Tool) -> list[str]:
    """What is wrong with the number and the types of the arguments, one line each."""
    names = tool.argument_names
    if len(call.args) > len(names) or not set(names[len(call.args) :]).isdisjoint(tool.required):
        return [f"{tool.name} takes {len(names)} arguments ({', '.join(names)}), got {len(call.args)}"]
    problems = []
    for name, value in _given(call, tool).items():
        errors = validator(tool.parameters["properties"][name]).iter_errors(_plain(value))
        problems += [f"{tool.name}: argument {name}: {error.message}" for error in errors if not _waits(error)]
    return problems


def _given(call: Call, tool: Tool) -> dict[str, JsonValue]:
    """Arguments by name, without those that are left out. RowError when there are too many."""
    named = tool.named(call.args)
    return {name: value for name, value in named.items() if value is not None or name in tool.required}


def _waits(error: ValidationError) -> bool:
    """Whether only the run can tell: the value is or holds a reference, whose result may have any type.

    A reference inside text makes text, so the type of that is known; its length or pattern is not.
    """
    parts = [part for text in strings(error.instance) for part in split(text, range(1, 1000))]
    references = [part for part in parts if isinstance(part, Reference)]
    if error.validator == "type":
        return any(reference.whole for reference in references)
    return bool(references)


def _plain(value: JsonValue) -> JsonValue:
    """Tuples as lists: jsonschema knows JSON types only."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def fill_arguments(call: Call, tool: Tool, observations: Mapping[int, JsonValue]) -> dict[str, JsonValue]:
    """Arguments by name with references replaced by results, converted where a slot wants another type.

    Raises PlanError for a reference without result, RowError for too many arguments.
    """
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    given = _given(call, tool)
    return {name: fit(substitute(value, observations), properties[name]) for name, value in given.items()}


def fit(value: JsonValue, schema: Mapping[str, Any]) -> JsonValue:
    """A value as the schema's type where that is plain: 5 for a text slot is "5", "5" for an integer slot is 5.

    Lists and objects are fitted item by item. What does not fit comes back unchanged, for validation to refuse.
    """
    types = _types(schema)
    if isinstance(value, list) and "array" in types and isinstance(schema.get("items"), Mapping):
        return [fit(item, schema["items"]) for item in value]
    if isinstance(value, dict) and "object" in types:
        inner = schema.get("properties", {})
        return {name: fit(item, inner.get(name, {})) for name, item in value.items()}
    if not types or _is_any(value, types):
        return value
    if "string" in types:
        return as_text(value)
    return _decoded(value, types) if isinstance(value, str) else value


def _decoded(text: str, types: tuple[str, ...]) -> JsonValue:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if _is_any(value, types) else text


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    declared = schema.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def _is_any(value: JsonValue, types: Iterable[str]) -> bool:
    return any(Draft202012Validator.TYPE_CHECKER.is_type(value, name) for name in types)
