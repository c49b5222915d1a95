"""`POST /v1/responses`: the body of a request as a `Task`, and OpenAI's shapes of a response. Nothing is stored.

Text and function tools, as `serving/chat.py` has them. `previous_response_id`, `conversation`, stored prompts, background work, images and
JSON output are refused; `store` is answered with false. `max_tool_calls` bounds what the server's agent runs.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictStr

from serving import tasks
from serving.conversation import Asked, Came, Item, Said
from serving.errors import invalid
from serving.protocol import Count, Extension, JsonObject, Number, Text, refuse
from serving.service import Task
from serving.settings import Limits
from toolschool.records import JsonValue

_NOT_HERE = {
    "previous_response_id": "nothing is stored here; send the conversation as input",
    "conversation": "nothing is stored here; send the conversation as input",
    "prompt": "nothing is stored here; send the prompt as input",
    "background": "responses are given at once; leave it out",
}


class Part(BaseModel):
    """A part of a message or of a result; only text is understood."""

    type: StrictStr
    text: Text | None = None


class InputItem(BaseModel):
    """A message, a call that the assistant asked for, or what came of it."""

    type: Text = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: Text | list[Part] | None = None
    call_id: Text = ""
    name: Text = ""
    arguments: Text = ""
    output: Text | list[Part] | None = None


class FunctionTool(BaseModel):
    """A tool of the client's; only functions are known."""

    type: StrictStr
    name: Text = ""
    description: Text | None = None
    parameters: JsonObject | None = None
    strict: StrictBool | None = None


class ResponsesRequest(BaseModel):
    """Body of `POST /v1/responses`; fields not named here are accepted and have no effect."""

    model: Text
    input: Text | list[InputItem] = Field(max_length=1_000_000)
    instructions: Text | None = None
    tools: list[FunctionTool] | None = Field(default=None, max_length=1000)
    tool_choice: Text | JsonObject | None = None
    parallel_tool_calls: StrictBool | None = None
    max_output_tokens: Count | None = None
    max_tool_calls: Count | None = None
    stream: StrictBool | None = False
    temperature: Number | None = None
    top_p: Number | None = None
    metadata: JsonObject | None = None
    text: JsonObject | None = None
    store: StrictBool | None = None
    previous_response_id: Text | None = None
    conversation: Any = None
    prompt: Any = None
    background: StrictBool | None = None
    toolschool: Extension = Extension()


def task_of(body: ResponsesRequest, limits: Limits) -> Task:
    """What a request asks for. ApiError 400 where it asks for what is not there."""
    for param, reason in _NOT_HERE.items():
        if getattr(body, param):
            raise refuse(param, reason)
    if _format(body) != "text":
        raise refuse("text.format", "only text is given")
    task = tasks.task_of(body, _items(body), "input", _function, limits, body.max_output_tokens)
    bounded = task.max_calls is None and task.client is None
    return replace(task, max_calls=body.max_tool_calls) if bounded else task


def _function(tool: FunctionTool, place: int) -> Mapping[str, Any]:
    if tool.type != "function":
        raise refuse(f"tools.{place}.type", f"only tools of type function are known, not '{tool.type}'")
    return tool.model_dump()


def _format(body: ResponsesRequest) -> object:
    form = (body.text or {}).get("format") or {}
    return form.get("type", "text") if isinstance(form, dict) else form


def _items(body: ResponsesRequest) -> list[Item]:
    items: list[Item] = [Said("system", body.instructions, "instructions")] if body.instructions else []
    if isinstance(body.input, str):
        return [*items, Said("user", body.input, "input")]
    for place, given in enumerate(body.input):
        item = _item(given, f"input.{place}")
        if item is not None:
            items.append(item)
    return items


def _item(given: InputItem, where: str) -> Item | None:
    if given.type == "message":
        if given.role is None:
            raise invalid(f"{where}.role", "a message has one")
        role: Any = {"developer": "system"}.get(given.role, given.role)
        return Said(role, _text(given.content, f"{where}.content"), f"{where}.content")
    if given.type == "function_call":
        return Asked(given.call_id, given.name, given.arguments, where)
    if given.type == "function_call_output":
        return Came(given.call_id, _text(given.output, f"{where}.output"), where)
    if given.type == "reasoning":
        return None  # another model's; there is none here
    raise refuse(f"{where}.type", f"messages and function calls are understood, not '{given.type}'")


def _text(content: str | list[Part] | None, where: str) -> str:
    if isinstance(content, str):
        return content
    for part in content or ():
        if part.type not in ("input_text", "output_text", "text", "refusal"):
            raise refuse(where, f"only text parts are understood, not '{part.type}'")
    return "\n".join(part.text or "" for part in content or ())


@dataclass(frozen=True)
class Shape:
    """The response to one request, at any stage of its making."""

    id: str
    created: int
    body: ResponsesRequest

    def of(self, status: str, output: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
        """A `response`; `more` are fields that are known at this stage."""
        body = self.body
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": body.instructions,
            "max_output_tokens": body.max_output_tokens,
            "max_tool_calls": body.max_tool_calls,
            "metadata": body.metadata or {},
            "model": body.model,
            "output": list(output),
            "parallel_tool_calls": body.parallel_tool_calls is not False,
            "previous_response_id": None,
            "store": False,
            "temperature": body.temperature,
            "text": {"format": {"type": "text"}},
            "tool_choice": body.tool_choice or "auto",
            "tools": [tool.model_dump() for tool in body.tools or ()],
            "top_p": body.top_p,
            "truncation": "auto",
            "usage": None,
            **more,
        }

    def done(self, done: Mapping[str, JsonValue], output: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The response when its run is done, with the trace under `toolschool`."""
        cut = done["finish"] == "length"
        return self.of(
            "incomplete" if cut else "completed",
            output,
            incomplete_details={"reason": "max_output_tokens"} if cut else None,
            usage=_usage(done),
            toolschool=done["trace"],
        )


def message_item(text: str) -> dict[str, Any]:
    """An answer as an item of the output."""
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [text_part(text)],
    }


def text_part(text: str) -> dict[str, Any]:
    """Text as a part of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def call_item(call: Mapping[str, JsonValue]) -> dict[str, Any]:
    """A call of one of the client's tools as an item of the output."""
    return {
        "id": f"fc_{uuid.uuid4().hex}",
        "type": "function_call",
        "status": "completed",
        "call_id": call["id"],
        "name": call["name"],
        "arguments": json.dumps(call["arguments"], ensure_ascii=False),
    }


def _usage(done: Mapping[str, JsonValue]) -> dict[str, Any]:
    read, written = done["usage"]["prompt_tokens"], done["usage"]["completion_tokens"]
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
