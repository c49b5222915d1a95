"""A tool's arguments as a request can say them: what each is called and about, whether it must be said, what it is where nobody says it.

    for leaf in read_leaves(tool): leaf.label, leaf.kind, leaf.many, leaf.needed

An argument that is an object, or a list of objects, has kind "json": a request says it as JSON. Defaults are read from the schema and from
the words of the documentation ("60 unless asked otherwise", "0 for none (default)"). Limits: of several types an argument may have one is used,
a list before others; references lead to `$defs` of the same schema alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from toolschool.methods.ste.teachers.invention import moments
from toolschool.methods.ste.teachers.invention.listings import exemplified, permitted
from toolschool.methods.ste.teachers.invention.naming import THINGS, kind_of
from toolschool.methods.ste.teachers.invention.purposes import NO_HEAD, Head, head_of
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated.api import words

Schema = Mapping[str, Any]


class _Unsaid:
    """What stands where an argument is left out."""

    def __repr__(self) -> str:
        return "UNSAID"


UNSAID: Final = _Unsaid()
_LABELS = {
    "q": "search term", "lat": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude", "num": "number", "src": "source", "dst": "destination",
    "lang": "language", "msg": "message", "qty": "quantity", "amt": "amount", "desc": "description", "temp": "temperature", "max": "maximum", "min": "minimum",
    "loc": "location", "addr": "address", "cc": "cc", "bcc": "bcc",
}  # fmt: skip
_LITERAL = r"(?P<value>\"[^\"]*\"|'[^']*'|-?\d+(?:\.\d+)?|True|False|true|false|None|null|\[\])"
_GLOSS = re.compile(
    r"[\"'`](?P<value>[^\"'`]{1,24})[\"'`]\s*(?:for|means|is|=|:|stands for)\s+(?P<said>[a-z]+(?: [a-z]+)?)"
)
_NUMBER_GLOSS = re.compile(r"(?<![\w.])(?P<value>\d{1,3})\s*(?:for|means|=|:|is)?\s+(?P<said>[a-z]+)(?=[ ,;.)])")


@dataclass(frozen=True)
class Leaf:
    """One argument. `schema` is of one type, that of an item where there are `many`; `filled` is what it gets where it is not said."""

    name: str
    label: str
    schema: Schema
    kind: str
    many: bool
    needed: bool
    filled: JsonValue
    glosses: Mapping[str, JsonValue]
    """Words for values that say little ("driving" for "d")."""
    examples: tuple[JsonValue, ...]
    hint: str
    """All that the documentation says of it."""
    head: Head = NO_HEAD
    """What the tool does, and to what."""
    known: tuple[JsonValue, ...] = ()
    """Values that experience says are taken: drawn mostly."""
    avoided: frozenset[str] = frozenset()
    """Texts that made calls fail."""

    def takes(self, value: JsonValue) -> bool:
        """Whether the schema does."""
        import jsonschema

        schema = {key: rule for key, rule in self.schema.items() if key not in ("nullable", "$schema")}
        return jsonschema.Draft202012Validator(schema).is_valid(value)

    @property
    def moment_form(self) -> str:
        """How a date or time is written."""
        return moments.form_of(self.kind, self.hint, str(self.schema.get("format", "")))

    @property
    def type(self) -> str:
        return str(self.schema.get("type", "string"))


def read_leaves(tool: Tool) -> list[Leaf]:
    """In the schema's order."""
    parameters = tool.parameters
    required = parameters.get("required", tool.argument_names)
    return [
        _leaf(tool, name, resolved(schema, parameters), name in required)
        for name, schema in parameters.get("properties", {}).items()
    ]


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema of one type: references followed, of alternatives the first that is not null, a list before others."""
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            options = [resolved(option, root) for option in schema[word]]
            chosen = next((option for option in options if option.get("type") != "null"), options[0])
            nullable = {"nullable": True} if any(option.get("type") == "null" for option in options) else {}
            schema = {**{key: value for key, value in schema.items() if key != word}, **chosen, **nullable}
    kinds = schema.get("type")
    if isinstance(kinds, list):
        real = [kind for kind in kinds if kind != "null"] or ["null"]
        chosen_type = "array" if "array" in real else real[0]
        schema = {**schema, "type": chosen_type, "nullable": "null" in kinds}
    if schema.get("type") == "array" and "items" in schema:
        schema = {**schema, "items": resolved(schema["items"], root)}
    return schema


def label(name: str) -> str:
    """A name as a request says it."""
    return " ".join(_LABELS.get(word, word) for word in words(name)) or name


def _leaf(tool: Tool, name: str, schema: Schema, required: bool) -> Leaf:
    about = " ".join([str(schema.get("description", "")), *(rule for rule in tool.rules if name in words_of(rule))])
    item = schema.get("items", {}) if schema.get("type") == "array" else schema
    item = _with_choices(item, about)
    plain = item.get("type") not in ("object", "array") and not (schema.get("type") == "array" and not item)
    shared = f"{' '.join(words(tool.name))} {tool.description} {' '.join(tool.rules)}"
    filled = _documented_default(name, schema, about, required)
    examples = tuple(_examples(item, schema))
    kind = kind_of(name, item, about, shared) if plain else "json"
    worded = any(isinstance(example, str) and not example[:1].isdigit() for example in examples)
    return Leaf(
        name,
        label(name),
        item if plain else schema,
        "phrase" if kind == "digits" and worded else kind,
        many=plain and schema.get("type") == "array",
        needed=required and filled is UNSAID,
        filled=filled if required else UNSAID,
        glosses=_glosses(name, item, about),
        examples=examples,
        hint=f"{about} {shared if 'date' in name.lower() or 'time' in name.lower() else ''}",
        head=head_of(tool),
    )


def _with_choices(item: Schema, about: str) -> Schema:
    """A text's schema with the values that its description lists."""
    free = item.get("type") == "string" and not set(item) & {"enum", "const", "format", "pattern"}
    listed = permitted(about, THINGS) if free else ()
    return {**item, "enum": list(listed)} if listed else item


def words_of(text: str) -> set[str]:
    """Identifiers and words of a line."""
    return set(re.findall(r"\w+", text))


def _documented_default(name: str, schema: Schema, about: str, required: bool) -> JsonValue:
    """What a required argument is where nobody says it, UNSAID where that is not documented."""
    if not required:
        return UNSAID
    if "default" in schema:
        return schema["default"]
    for form in (
        rf"\b{re.escape(name)}\b[^.;]*?{_LITERAL}[^.;,]*?(?:unless|\(default\))",
        rf"{_LITERAL} (?:unless|by default|if there are none|for none|for nobody)",
    ):
        found = re.search(form, about)
        if found:
            value = _literal(found["value"])
            if _fits(value, schema):
                return value
    if schema.get("nullable"):
        return [] if schema.get("type") == "array" else "" if '""' in about else None
    return UNSAID


def _fits(value: JsonValue, schema: Schema) -> bool:
    kind = schema.get("type")
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int | float):
        return (kind == "number" or (kind == "integer" and isinstance(value, int))) and value in schema.get(
            "enum", [value]
        )
    return kind == (
        "string" if isinstance(value, str) else "array" if isinstance(value, list) else None
    ) and value in schema.get("enum", [value])


def _literal(text: str) -> JsonValue:
    """A Python or JSON literal as documentation writes it."""
    if text[0] in "\"'":
        return text[1:-1]
    return None if text == "None" else json.loads(text.lower())


def _glosses(name: str, schema: Schema, about: str) -> dict[str, JsonValue]:
    """Words that the documentation has for single values."""
    values = {str(value): value for value in schema.get("enum", ()) if value not in ("", None)}
    found = {match["said"]: values[match["value"]] for match in _GLOSS.finditer(about) if match["value"] in values}
    if schema.get("type") == "integer" and not values:
        in_range = (match for match in _NUMBER_GLOSS.finditer(about) if _within(int(match["value"]), schema))
        found = {match["said"]: int(match["value"]) for match in in_range if match["said"] in _LEVELS}
    return found


_LEVELS = frozenset("none low medium high lowest highest normal urgent minor major off on".split())


def _within(value: int, schema: Schema) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _examples(item: Schema, schema: Schema) -> list[JsonValue]:
    given = [*item.get("examples", ()), *([schema["example"]] if "example" in schema else [])]
    said = exemplified(str(schema.get("description", ""))) if item.get("type", "string") == "string" else []
    plain = [value for value in [*given, *said] if isinstance(value, str | int | float)]
    return [
        value for value in plain if str(value).strip() and not set(str(value)) & set('"{}\n')
    ]  # no templates of clients
