"""`POST /v1/chat/completions`: the body of a request as a `Task`, and OpenAI's shapes of a reply.

Without `tools` the server's agent answers; with them the client runs its own, and gets calls; so it does where it has run calls since
its last message, whether it sends tools or not. Sampling parameters and `seed` are
accepted and change nothing: decoding is greedy, so the same request gets the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr

from serving import protocol, tasks
from serving.conversation import Asked, Came, Item, Said
from serving.protocol import Count, Extension, JsonObject, Text, refuse
from serving.service import Task
from serving.settings import Limits
from toolschool.records import JsonValue


class ContentPart(BaseModel):
    """A part of a message; only text is understood."""

    type: StrictStr
    text: Text | None = None


class CalledFunction(BaseModel):
    """The function of a call that the assistant asked for."""

    name: Text
    arguments: Text


class ToolCall(BaseModel):
    """A call that the assistant asked for."""

    id: Text
    type: Literal["function"] = "function"
    function: CalledFunction


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None
    tool_calls: list[ToolCall] | None = Field(default=None, max_length=1000)
    tool_call_id: Text | None = None


class Function(BaseModel):
    """A function of the client's. `strict` makes no difference: arguments are decoded under the schema."""

    name: Text
    description: Text | None = None
    parameters: JsonObject | None = None
    strict: StrictBool | None = None


class Tool(BaseModel):
    """A tool of the client's; only functions are known."""

    type: StrictStr
    function: Function | None = None


class StreamOptions(BaseModel):
    """`include_usage` adds a last chunk with the token counts."""

    include_usage: StrictBool | None = False


class ChatRequest(BaseModel):
    """Body of `POST /v1/chat/completions`; fields not named here are accepted and have no effect."""

    model: Text
    messages: list[Message] = Field(min_length=1, max_length=1000)
    tools: list[Tool] | None = Field(default=None, max_length=1000)
    tool_choice: StrictStr | JsonObject | None = None
    parallel_tool_calls: StrictBool | None = None
    stream: StrictBool | None = False
    stream_options: StreamOptions | None = None
    stop: Text | list[Text] | None = None
    seed: StrictInt | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    n: StrictInt | None = 1
    logprobs: StrictBool | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    toolschool: Extension = Extension()


def task_of(body: ChatRequest, limits: Limits) -> Task:
    """What a request asks for. ApiError 400 where it asks for what is not there."""
    _check_wishes(body)
    most = body.max_completion_tokens or body.max_tokens
    task = tasks.task_of(body, _items(body.messages), "messages", _function, limits, most)
    return replace(task, stop=protocol.checked_stop(body.stop))


def _check_wishes(body: ChatRequest) -> None:
    if body.n not in (None, 1):
        raise refuse("n", "only one answer is given; leave it out or set it to 1")
    if body.functions:
        raise refuse("functions", "this is the old form of tools; send tools")
    if (body.response_format or {}).get("type", "text") != "text":
        raise refuse("response_format", "only text is given")
    if body.logprobs:
        raise refuse("logprobs", "there are none")


def _items(messages: Sequence[Message]) -> list[Item]:
    items: list[Item] = []
    for place, message in enumerate(messages):
        where = f"messages.{place}"
        if message.role in ("tool", "function"):
            items.append(Came(message.tool_call_id or "", _text(message, where), where))
            continue
        role: Any = {"developer": "system"}.get(message.role, message.role)
        items.append(Said(role, _text(message, where), f"{where}.content"))
        items += [
            Asked(call.id, call.function.name, call.function.arguments, f"{where}.tool_calls")
            for call in message.tool_calls or ()
        ]
    return items


def _text(message: Message, where: str) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = message.content or []
    for part in parts:
        if part.type not in ("text", "refusal") or (part.type == "text" and part.text is None):
            raise refuse(f"{where}.content", f"only text parts are understood, not '{part.type}'")
    return "\n".join(part.text or "" for part in parts)


def _function(tool: Tool, place: int) -> Mapping[str, Any]:
    if tool.type != "function" or tool.function is None:
        raise refuse(f"tools.{place}", f"only tools of type function are known, with a function; not '{tool.type}'")
    return tool.function.model_dump()


def completion(
    id_: str, created: int, model: str, done: Mapping[str, JsonValue], calls: Sequence[Mapping[str, JsonValue]]
) -> dict[str, Any]:
    """A `chat.completion`: an answer or the calls of the client's tools, with the trace under `toolschool`."""
    message: dict[str, Any] = {"role": "assistant", "content": done["answer"], "refusal": None}
    if calls:
        message["tool_calls"] = [_call(call, json.dumps(call["arguments"], ensure_ascii=False)) for call in calls]
    return {
        "id": id_,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": done["finish"], "logprobs": None}],
        "usage": usage_of(done),
        "toolschool": done["trace"],
    }


def _call(call: Mapping[str, JsonValue], arguments: str) -> dict[str, Any]:
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def call_deltas(call: Mapping[str, JsonValue]) -> Iterator[dict[str, Any]]:
    """A call as deltas of a stream: its name, then its arguments, one in each fragment."""
    index = call["index"]
    yield {"tool_calls": [{"index": index, **_call(call, "")}]}
    for text in fragments(call["arguments"]):
        yield {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def fragments(arguments: Mapping[str, JsonValue]) -> Iterator[str]:
    """The arguments as JSON in pieces, an argument each; together they are the text of `completion`."""
    before = "{"
    for name, value in arguments.items():
        yield f"{before}{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        before = ", "
    yield "}" if arguments else "{}"


def usage_of(done: Mapping[str, JsonValue]) -> dict[str, int]:
    """OpenAI's usage: tokens of what was read, and of the plan and the answer, by the planner's tokenizer."""
    prompt, completion = done["usage"]["prompt_tokens"], done["usage"]["completion_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def chunk(
    id_: str, created: int, model: str, delta: dict[str, Any] | None, finish: str | None = None, **extra: Any
) -> dict[str, Any]:
    """A `chat.completion.chunk`; no choice at all where `delta` is None (the usage chunk)."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {
        "id": id_,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": [] if delta is None else [choice],
        **extra,
    }
