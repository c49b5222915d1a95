"""A JSON schema of somebody else's (pydantic, MCP, OpenAPI) as the project's tools have them: flat, without references.

    plain_schema({"$ref": "#/$defs/Unit"}, {"$defs": {"Unit": {"enum": ["C", "F"], "title": "Unit"}}})       # {"enum": ["C", "F"]}

References into the same document are put in place; a schema within itself, and what is nested deeper than MAX_DEPTH, takes any
value. `X or null` becomes one schema with both types, also where OpenAPI 3.0 writes `nullable`. Words that check or explain
nothing are dropped. ConfigError for a reference that leads nowhere or out of the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from toolschool.errors import ConfigError

Schema = dict[str, Any]

MAX_DEPTH = 12

_ONE = ("additionalProperties", "contains", "items", "not", "propertyNames", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_KEPT = frozenset(
    "type enum const description default examples format pattern minLength maxLength minimum maximum exclusiveMinimum "
    "exclusiveMaximum multipleOf minItems maxItems uniqueItems minContains maxContains minProperties maxProperties "
    "required dependentRequired".split()
)


def plain_schema(schema: Any, document: Mapping[str, Any], within: tuple[str, ...] = (), depth: int = 0) -> Schema:
    """The schema by itself. `document` is where its references lead; `within` are those that were followed to come here."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return {"not": {}} if schema is False else {}
    if "$ref" in schema:
        return _followed(schema, document, within, depth)

    def inner(part: Any) -> Schema:
        return plain_schema(part, document, within, depth + 1)

    plain: Schema = {}
    for word, value in schema.items():
        if word in _NAMED and isinstance(value, Mapping):
            plain[word] = {name: inner(part) for name, part in value.items() if not _read_only(part)}
        elif word in _SEVERAL and isinstance(value, Sequence):
            plain[word] = [inner(part) for part in value]
        elif word in _ONE:
            plain[word] = value if isinstance(value, bool) and word == "additionalProperties" else inner(value)
        elif word in _KEPT:
            plain[word] = value
    if "required" in plain and any(map(_read_only, schema.get("properties", {}).values())):
        plain["required"] = [name for name in plain["required"] if name in plain["properties"]]
    return _with_null(_modern(plain, schema))


def resolve(reference: str, document: Mapping[str, Any]) -> Any:
    """What a reference such as `#/components/schemas/Pet` leads to (RFC 6901). ConfigError where that is nothing."""
    if not reference.startswith("#"):
        raise ConfigError(f"$ref {reference} leads out of the document; put what it names into the document")
    found: Any = document
    for part in reference.lstrip("#").lstrip("/").split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        elif name:
            raise ConfigError(f"$ref {reference} leads nowhere in the document; correct it")
    return found


def _followed(schema: Mapping[str, Any], document: Mapping[str, Any], within: tuple[str, ...], depth: int) -> Schema:
    """What is referred to, with the words that stand beside the reference."""
    reference = str(schema["$ref"])
    if reference in within:
        return {}
    there = resolve(reference, document)
    beside = {word: value for word, value in schema.items() if word != "$ref"}
    here = {**there, **beside} if isinstance(there, Mapping) else there
    return plain_schema(here, document, (*within, reference), depth)


def _read_only(part: Any) -> bool:
    """OpenAPI: what a server says and nobody may send."""
    return isinstance(part, Mapping) and part.get("readOnly") is True


def _modern(plain: Schema, schema: Mapping[str, Any]) -> Schema:
    """The words of OpenAPI 3.0 in those of JSON Schema 2020-12."""
    if "example" in schema:
        plain.setdefault("examples", [schema["example"]])
    for side, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(plain.get(side), bool):
            exclusive = plain.pop(side)
            if exclusive and limit in plain:
                plain[side] = plain.pop(limit)
    return _nullable(plain) if schema.get("nullable") is True and "type" in plain else plain


def _with_null(plain: Schema) -> Schema:
    """`anyOf` of types that can be told in one schema, as one schema."""
    choices = plain.get("anyOf", ())
    others = [choice for choice in choices if choice != {"type": "null"}]
    outer = {word: value for word, value in plain.items() if word != "anyOf"}
    if len(choices) == len(others) + 1 and len(others) == 1 and "type" in others[0]:
        return _nullable({**others[0], **outer})
    if choices and all(set(choice) == {"type"} and isinstance(choice["type"], str) for choice in choices):
        return {"type": [choice["type"] for choice in choices], **outer}
    return plain


def _nullable(schema: Schema) -> Schema:
    kinds = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    widened = {**schema, "type": [*kinds, "null"] if "null" not in kinds else kinds}
    if "enum" in schema and None not in schema["enum"]:
        widened["enum"] = [*schema["enum"], None]
    return widened
