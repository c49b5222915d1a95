"""Tools that a client sent and runs itself: names that a plan can write, schemas that a grammar and a checker can read.

    tools = read_tools([{"type": "function", "function": {"name": "get-weather", "parameters": {...}}}], "tools")
    tools.catalog["get_weather"]; tools.names["get_weather"]                  # "get-weather"
    tools.problem("get_weather", {"city": 5})                                 # "city: 5 is not of type 'string'"

What cannot be read is an ApiError 400 that names the place. A pattern of the client's is decoded under, and never run over
text: there are patterns that take for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

from serving.errors import invalid
from toolschool.errors import ConfigError
from toolschool.plans.grammar import JOIN
from toolschool.records import JsonValue, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.names import identifier, unique_names
from toolschool.tools.toolsets.json_schemas import CHECKED, is_sound, plain_schema

MAX_TOOLS = 128
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class DoneCall:
    """A call that the client has run: under which id it was asked for, what was given, and the text that came back."""

    id: str
    name: str
    arguments: Mapping[str, JsonValue]
    result: str


@dataclass(frozen=True)
class ClientTools:
    """The client's tools, what it wants done with them, and the calls since its last message that it has run.

    `names` are the client's by those of the catalogue. `forbidden` and `must_call` are tool_choice none and required.
    """

    catalog: Catalog
    names: Mapping[str, str]
    checks: Mapping[str, Mapping[str, Any]]
    must_call: bool = False
    forbidden: bool = False
    parallel: bool = True
    most: int | None = None  # calls of a turn
    done: tuple[DoneCall, ...] = ()

    def problem(self, tool: str, arguments: Mapping[str, JsonValue]) -> str | None:
        """What is wrong with the arguments by the tool's schema, in one line."""
        found = Draft202012Validator(self.checks[tool]).iter_errors(dict(arguments))
        error = min(found, key=lambda error: error.json_path, default=None)
        return error and f"{error.json_path.removeprefix('$.')}: {error.message}"

    def only(self, names: Sequence[str]) -> ClientTools:
        """The same with some of the tools, by the client's names."""
        kept = self.catalog.subset(name for name in self.catalog.names if self.names[name] in names)
        return replace(self, catalog=kept)

    @cached_property
    def by_name(self) -> Mapping[str, str]:
        """Names in the catalogue by those of the client."""
        return {theirs: ours for ours, theirs in self.names.items()}


def read_tools(functions: Sequence[Mapping[str, Any]], where: str) -> ClientTools:
    """The tools of functions `{"name", "description", "parameters"}`; `where` names their place in the request."""
    if len(functions) > MAX_TOOLS:
        raise invalid(where, f"{len(functions)} tools are more than {MAX_TOOLS}; send fewer")
    theirs = [str(function["name"]) for function in functions]
    for place, name in enumerate(theirs):
        if not _NAME.fullmatch(name):
            raise invalid(f"{where}.{place}.name", "a name has 1 to 64 letters, digits, dashes and underscores")
        if name in theirs[:place]:
            raise invalid(f"{where}.{place}.name", f"two tools are called {name}; rename one of them")
    ours = unique_names(map(identifier, theirs), (JOIN,))
    tools, checks = [], {}
    for place, (name, function) in enumerate(zip(ours, functions, strict=True)):
        parameters = function.get("parameters") or {}
        param = f"{where}.{place}.parameters"
        checks[name] = _schema(parameters, CHECKED - {"pattern"}, param)
        flat = _schema(parameters, CHECKED, param)
        tools.append(Tool(name, str(function.get("description") or ""), flat))
    return ClientTools(Catalog(tools), dict(zip(ours, theirs, strict=True)), checks)


def _schema(parameters: Mapping[str, Any], words: frozenset[str], param: str) -> dict[str, Any]:
    """The parameters of a tool as a flat object schema."""
    _check_words(parameters, param)
    try:
        flat = plain_schema(parameters, parameters, words)
    except ConfigError as error:
        raise invalid(param, str(error)) from error
    if flat.get("type", "object") != "object":
        raise invalid(param, "the parameters of a function are a JSON schema of type object")
    required = list(flat.get("required", ()))
    properties = {**{name: {} for name in required}, **flat.get("properties", {})}
    return {**flat, "type": "object", "properties": properties, "required": required}


def _check_words(schema: Any, param: str) -> None:
    """Refuse words whose value is none of theirs: `"type": "strng"` would let everything pass."""
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
            continue
        if not isinstance(part, Mapping):
            continue
        for word, value in part.items():
            if word in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, Mapping):
                waiting += value.values()
            elif word in CHECKED and not is_sound(word, value):
                raise invalid(param, f"{word}: {json.dumps(value)[:100]} is not what JSON Schema has there")
            elif word not in ("enum", "const", "default", "examples"):
                waiting.append(value)
