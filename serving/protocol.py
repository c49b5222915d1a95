"""What requests to the two OpenAI routes have in common: parts of their bodies, checks, and the shape of a model.

`serving/chat.py` has the bodies and replies of `/v1/chat/completions`, `serving/responses.py` those of `/v1/responses`; both become
a `Task` (`serving/service.py`). What cannot be honoured is refused with 400 rather than ignored.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    StrictInt,
    StrictStr,
)

from serving.errors import ApiError, invalid
from toolschool.records import JsonValue

MAX_STOPS = 4
MAX_NESTED = 64


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair; no tokenizer, database or reply can."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("the text holds a lone surrogate; send valid Unicode")
    return text


def _sound(value: dict[str, Any]) -> dict[str, Any]:
    """An object that can be written as JSON again, in Unicode."""
    if not is_sound(value):
        raise ValueError(f"nested deeper than {MAX_NESTED}, or holds a number that JSON does not have")
    _encodable(json.dumps(value, ensure_ascii=False))
    return value


def is_sound(value: JsonValue) -> bool:
    """Whether a value that Python's JSON reader gave is one that every writer takes: finite, and not nested too deep."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_NESTED or (isinstance(part, float) and not math.isfinite(part)):
            return False
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        waiting += [(each, depth + 1) for each in inner]
    return True


Text = Annotated[StrictStr, AfterValidator(_encodable)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_sound)]
Count = Annotated[StrictInt, Field(ge=1, le=10**9)]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]


class Extension(BaseModel):
    """Toolschool's own request field (`extra_body={"toolschool": {...}}` in the openai client)."""

    model_config = ConfigDict(extra="forbid")
    now: NaiveDatetime | None = None
    """Wall-clock time that words like "tomorrow" refer to."""
    deadline_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Seconds this request may take, if that is less than the server allows."""
    max_calls: Count | None = None
    """Calls this request may make; for the client's own tools, those that it has made already included."""
    confirm: Literal["always", "never"] = "never"
    """always: what changes something is named, with its arguments, and not done."""


class PlanRequestBody(BaseModel):
    """Body of `POST /v1/plan`."""

    model_config = ConfigDict(extra="forbid")
    query: Text
    now: NaiveDatetime | None = None


def checked_query(text: str, max_chars: int, param: str) -> str:
    """A query that is neither empty nor too long for the models."""
    query = text.strip()
    if not query:
        raise invalid(param, "the query is empty")
    if len(query) > max_chars:
        message = f"{param}: the query has {len(query)} characters, more than {max_chars}; shorten it"
        raise ApiError(400, message, "context_length_exceeded", param)
    return query


def refuse(param: str, reason: str) -> ApiError:
    """400: the request asks for what is not there."""
    return ApiError(400, f"{param}: {reason}", "unsupported_value", param)


def checked_stop(stop: str | list[str] | None) -> tuple[str, ...]:
    """Texts that end the answer, as OpenAI bounds them."""
    stops = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if len(stops) > MAX_STOPS or not all(stops):
        raise invalid("stop", f"give up to {MAX_STOPS} texts, none of them empty")
    return stops


def model_card(name: str, created: int) -> dict[str, Any]:
    """An entry of `GET /v1/models`."""
    return {"id": name, "object": "model", "created": created, "owned_by": "toolschool"}
