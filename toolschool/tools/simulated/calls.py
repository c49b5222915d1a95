"""A call and what came of it; when two calls are the same; how big one may be.

    call_text(api, {"city": " Bonn "}) == call_text(api, {"city": "Bonn", "days": 1})      # 1 is the documented default

Equal up to spaces at the ends and between words, 1 and 1.0, the order of the arguments, and documented defaults.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolschool.errors import ToolError
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Api

MAX_CHARACTERS = 20_000  # of a call's arguments as JSON
MAX_DEPTH = 20


@dataclass(frozen=True)
class Exchange:
    """One call with its HTTP-like status and its answer, or the error that says what was wrong.

    A log of them can be written with `asdict`, read with `Exchange(**row)`, and replayed as recorded answers.
    """

    api: str  # name of the tool, as called
    arguments: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    answer: JsonValue = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def text(self) -> str:
        """The observation, for an agent's prompt."""
        return json.dumps(self.answer, ensure_ascii=False) if self.ok else f"Error: {self.error}"


def call_text(api: Api, arguments: Mapping[str, JsonValue]) -> str:
    """The call in its one normal form. Raises ToolError when the arguments are too long, too deep or not finite."""
    text = json.dumps([*api.key, full(api, arguments)], sort_keys=True, ensure_ascii=False)
    if len(text) > MAX_CHARACTERS:
        raise ToolError(f"{api.name}: the arguments are longer than {MAX_CHARACTERS} characters; shorten them")
    return text


def full(api: Api, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The arguments in normal form with the documented defaults of those that are not given."""
    properties = api.parameters.get("properties", {})
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return {name: normal(value) for name, value in (defaults | dict(arguments)).items()}


def kept(arguments: JsonValue) -> Mapping[str, Any]:
    """What a log holds of arguments that were refused: nothing of what is no object, too long or too deep."""
    try:
        text = json.dumps(normal(arguments), ensure_ascii=False)
    except ToolError:
        return {}
    return arguments if isinstance(arguments, Mapping) and len(text) <= MAX_CHARACTERS else {}


def normal(value: JsonValue, depth: int = 0) -> JsonValue:
    """The value by which equal arguments are equal. Raises ToolError for what no JSON request can hold."""
    if depth > MAX_DEPTH:
        raise ToolError(f"the arguments are nested deeper than {MAX_DEPTH}; flatten them")
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ToolError(f"{value} is no JSON number; give a finite one")
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {str(name): normal(part, depth + 1) for name, part in value.items()}
    return [normal(part, depth + 1) for part in value] if isinstance(value, list) else value
