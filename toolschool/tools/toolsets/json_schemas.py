"""A JSON schema of somebody else's (pydantic, MCP, OpenAPI) as the project's tools have them: flat, without references.

    plain_schema({"$ref": "#/$defs/Unit"}, {"$defs": {"Unit": {"enum": ["C", "F"], "title": "Unit"}}})       # {"enum": ["C", "F"]}

References into the same document are put in place; a schema within itself, and what is nested deeper than MAX_DEPTH, takes any
value. `X or null` becomes one schema with both types, also where OpenAPI 3.0 writes `nullable`. Words that check or explain
nothing are dropped, and so is what no checker can read (a type "file", a pattern that is none in Python). ConfigError for a
reference that leads nowhere or out of the document, and for a schema that is too large.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from toolschool.errors import ConfigError

Schema = dict[str, Any]

MAX_DEPTH = 12
MAX_SCHEMAS = 20_000  # within one, references put in place: a short document can stand for one without end
MAX_REFERENCES = 64  # that lead to each other

_ONE = ("additionalProperties", "contains", "items", "not", "propertyNames", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "dependentSchemas")
_NUMBERS = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum".split())
_COUNTS = frozenset("minLength maxLength minItems maxItems minProperties maxProperties".split())
KEPT = _NUMBERS | _COUNTS | frozenset("type enum const description default examples format pattern required".split())
CHECKED = KEPT | {"uniqueItems", "multipleOf"}  # for whoever decodes or checks what not every decoder of ours knows
_TYPES = frozenset("null boolean object array number string integer".split())


def plain_schema(schema: Any, document: Mapping[str, Any], words: frozenset[str] = KEPT) -> Schema:
    """The schema by itself. `document` is where its references lead, `words` are the plain ones that are kept."""
    return _Reading(document, words).read(schema)


@dataclass
class _Reading:
    """A document that is read: how many schemas may still be put in place of others."""

    document: Mapping[str, Any]
    words: frozenset[str]
    left: int = MAX_SCHEMAS

    def read(self, schema: Any, within: tuple[str, ...] = (), depth: int = 0) -> Schema:
        """`within` are the references that were followed to come here."""
        self.left -= 1
        if self.left < 0 or len(within) > MAX_REFERENCES:
            raise ConfigError("with its references put in place it is too large; make it shorter")
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return {"not": {}} if schema is False else {}
        if "$ref" in schema:
            return self._followed(schema, within, depth)

        def inner(part: Any) -> Schema:
            return self.read(part, within, depth + 1)

        plain: Schema = {}
        for word, value in schema.items():
            if word in _NAMED and isinstance(value, Mapping):
                plain[word] = {name: inner(part) for name, part in value.items() if not _read_only(part)}
            elif word == "patternProperties" and isinstance(value, Mapping) and "pattern" in self.words:
                plain[word] = {name: inner(part) for name, part in value.items() if _is_pattern(name)}
            elif word in _SEVERAL and isinstance(value, list) and value:
                plain[word] = [inner(part) for part in value]
            elif word in _ONE:
                plain[word] = value if isinstance(value, bool) and word == "additionalProperties" else inner(value)
            elif word in self.words and is_sound(word, value):
                plain[word] = value
        if "required" in plain and "properties" in plain:
            unsent = {name for name, part in schema["properties"].items() if _read_only(part)}
            plain["required"] = [name for name in plain["required"] if name not in unsent]
        return _with_null(_modern(plain, schema))

    def _followed(self, schema: Mapping[str, Any], within: tuple[str, ...], depth: int) -> Schema:
        """What is referred to, with the words that stand beside the reference."""
        reference = str(schema["$ref"])
        if reference in within:
            return {}
        there = resolve(reference, self.document)
        beside = {word: value for word, value in schema.items() if word != "$ref"}
        here = {**there, **beside} if isinstance(there, Mapping) else there
        return self.read(here, (*within, reference), depth)


def is_sound(word: str, value: Any) -> bool:
    """Whether a checker can make something of the word; one bad word would refuse every call."""
    if word == "type":
        kinds = value if isinstance(value, list) else [value]
        return bool(kinds) and all(
            isinstance(kind, str) and kind in _TYPES and kinds.count(kind) == 1 for kind in kinds
        )
    if word == "required":
        return isinstance(value, list) and all(isinstance(name, str) and value.count(name) == 1 for name in value)
    if word in ("enum", "examples"):
        return isinstance(value, list)
    if word in ("description", "format"):
        return isinstance(value, str)
    if word in _NUMBERS:
        return isinstance(value, int | float) and (not isinstance(value, bool) or word.startswith("exclusive"))
    if word in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if word == "uniqueItems":
        return isinstance(value, bool)
    if word == "multipleOf":
        return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return word != "pattern" or _is_pattern(value)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


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
        return {"type": list(dict.fromkeys(choice["type"] for choice in choices)), **outer}
    return plain


def _nullable(schema: Schema) -> Schema:
    kinds = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    widened = {**schema, "type": [*kinds, "null"] if "null" not in kinds else kinds}
    if "enum" in schema and None not in schema["enum"]:
        widened["enum"] = [*schema["enum"], None]
    return widened
