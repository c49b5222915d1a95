"""Bodies of requests, and the OpenAI shapes of replies, as pure functions.

The subset of `POST /v1/chat/completions` that means something for an agent which runs its own tools: the last user
message is the query. Sampling parameters are accepted and have no effect (decoding is greedy); what cannot be honoured
(`n` > 1, client tools, images, JSON output) is refused rather than ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NaiveDatetime, StrictBool, StrictInt, StrictStr

from serving.errors import ApiError
from toolschool.records import JsonValue


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair; no tokenizer, database or reply can."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("the text holds a lone surrogate; send valid Unicode")
    return text


Text = Annotated[StrictStr, AfterValidator(_encodable)]


class ContentPart(BaseModel):
    """A part of a message; only text parts are understood."""

    type: StrictStr
    text: Text | None = None


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None


class StreamOptions(BaseModel):
    """`include_usage` adds a last chunk with the token counts."""

    include_usage: StrictBool = False


class Extension(BaseModel):
    """Toolschool's own request field (`extra_body={"toolschool": {...}}` in the openai client)."""

    model_config = ConfigDict(extra="forbid")
    now: NaiveDatetime | None = None  # wall-clock time that words like "tomorrow" refer to


class ChatRequest(BaseModel):
    """Body of `POST /v1/chat/completions`; fields not named here are accepted and have no effect."""

    model: Text
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: StrictBool | None = False
    stream_options: StreamOptions | None = None
    n: StrictInt | None = 1
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    toolschool: Extension = Extension()


class PlanRequestBody(BaseModel):
    """Body of `POST /v1/plan`."""

    model_config = ConfigDict(extra="forbid")
    query: Text
    now: NaiveDatetime | None = None


def query_of(body: ChatRequest, max_chars: int) -> str:
    """The query of a chat request: its last user message. ApiError 400 where the request asks for what is not there."""
    if body.n not in (None, 1):
        raise ApiError(400, "n: only one answer is given; leave it out or set it to 1", "unsupported_value", "n")
    for name in ("tools", "functions"):
        if getattr(body, name):
            message = f"{name}: this model runs the server's own tools (GET /v1/tools); leave the field out"
            raise ApiError(400, message, "unsupported_value", name)
    if (body.response_format or {}).get("type", "text") != "text":
        message = "response_format: only text is given"
        raise ApiError(400, message, "unsupported_value", "response_format")
    users = [(at, message) for at, message in enumerate(body.messages) if message.role == "user"]
    if not users:
        raise ApiError(400, "messages: there is no user message to answer", "invalid_value", "messages")
    at, last = users[-1]
    return checked_query(_text(last, f"messages.{at}.content"), max_chars, f"messages.{at}.content")


def checked_query(text: str, max_chars: int, param: str) -> str:
    """A query that is neither empty nor too long for the models."""
    query = text.strip()
    if not query:
        raise ApiError(400, f"{param}: the query is empty", "invalid_value", param)
    if len(query) > max_chars:
        message = f"{param}: the query has {len(query)} characters, more than {max_chars}; shorten it"
        raise ApiError(400, message, "context_length_exceeded", param)
    return query


def _text(message: Message, param: str) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = message.content or []
    for part in parts:
        if part.type != "text" or part.text is None:
            raise ApiError(
                400, f"{param}: only text parts are understood, not '{part.type}'", "unsupported_value", param
            )
    return "\n".join(part.text or "" for part in parts)


def usage_of(done: dict[str, JsonValue]) -> dict[str, int]:
    """OpenAI's usage: tokens of the query, and of the plan and the answer, by the planner's tokenizer."""
    prompt, completion = done["usage"]["prompt_tokens"], done["usage"]["completion_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def completion(id_: str, created: int, model: str, done: dict[str, JsonValue]) -> dict[str, Any]:
    """A `chat.completion` with the agent's trace under `toolschool`."""
    message = {"role": "assistant", "content": done["answer"], "refusal": None}
    return {
        "id": id_,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": usage_of(done),
        "toolschool": done["trace"],
    }


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


def model_card(name: str, created: int) -> dict[str, Any]:
    """An entry of `GET /v1/models`."""
    return {"id": name, "object": "model", "created": created, "owned_by": "toolschool"}
