"""A chat answer as server-sent events: OpenAI chunks whose `toolschool` field carries the agent's events.

    data: {"object": "chat.completion.chunk", "choices": [{"delta": {}}], "toolschool": {"type": "plan", ...}}

The answer itself is ordinary `delta.content`, calls of the client's tools are `delta.tool_calls`: a call as soon as its line of the plan
is written and checked, its arguments in a fragment each. A failure after the first byte arrives as `data: {"error": ...}`, which
the openai client raises; every stream that does not break off ends in `data: [DONE]`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from typing import Any

from serving import chat, errors
from serving.errors import ApiError
from serving.service import Event

Chunk = Callable[..., dict[str, Any]]

HEARTBEAT = ": still at work\n\n"


def frame(value: object) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


async def sse(
    events: AsyncGenerator[Event, None], chunk: Chunk, include_usage: bool, heartbeat_s: float, begins: str | None = ""
) -> AsyncGenerator[str, None]:
    """Frames of a whole answer. `chunk(delta, finish, **extra)` knows id, time and model; `begins` is the first content."""
    usage = {"usage": None} if include_usage else {}
    yield frame(chunk({"role": "assistant", "content": begins}, **usage))
    try:
        async for event in beating(events, heartbeat_s):
            if event is None:
                yield HEARTBEAT
                continue
            for delta, finish, extra in _deltas(event):
                yield frame(chunk(delta, finish, **extra, **usage))
            if event["type"] == "done" and include_usage:
                yield frame(chunk(None, usage=chat.usage_of(event)))
    except ApiError as error:
        yield frame(errors.envelope(error))
        return
    yield "data: [DONE]\n\n"


def _deltas(event: Event) -> Iterator[tuple[dict[str, Any], str | None, dict[str, Any]]]:
    """What an event adds: delta, finish_reason, and fields of our own."""
    if event["type"] == "tool_call":
        for delta in chat.call_deltas(event):
            yield delta, None, {}
    elif event["type"] == "done":
        if event["answer"] is not None:
            yield {"content": event["answer"]}, None, {}
        yield {}, event["finish"], {"toolschool": {"type": "trace", **event["trace"]}}
    else:
        yield {}, None, {"toolschool": event}


async def beating(events: AsyncGenerator[Event, None], heartbeat_s: float) -> AsyncGenerator[Event | None, None]:
    """The events, and None whenever nothing came for `heartbeat_s`; closing it closes `events`."""
    pending: asyncio.Task[Event] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({pending}, timeout=heartbeat_s)
            if not done:
                yield None
                continue
            task, pending = pending, None
            try:
                event = task.result()
            except StopAsyncIteration:
                return
            yield event
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
        await events.aclose()


async def with_deadline(events: AsyncGenerator[Event, None], seconds: float) -> AsyncGenerator[Event, None]:
    """The events until `done`; ApiError 504 when they take longer than `seconds` in all. Closing closes `events`."""
    ends = asyncio.get_running_loop().time() + seconds
    try:
        while True:
            try:
                async with asyncio.timeout_at(ends):
                    event = await anext(events)
            except StopAsyncIteration:
                raise errors.broken_off("the agent") from None
            except TimeoutError:
                raise errors.deadline(seconds) from None
            yield event
            if event["type"] == "done":
                return
    finally:
        await events.aclose()
