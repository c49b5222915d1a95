"""A response as server-sent events, in the order that OpenAI gives them.

    response.created, response.in_progress,
    for a call: response.output_item.added, response.function_call_arguments.delta ..., .done, response.output_item.done
    for the answer: response.output_item.added, response.content_part.added, response.output_text.delta, .done, ...
    response.completed | response.incomplete | response.failed

What the agent does meanwhile comes as a further `response.in_progress` whose field `toolschool` has the event.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from serving import stream
from serving.chat import fragments
from serving.errors import ApiError
from serving.responses import Shape, call_item, message_item, text_part
from serving.service import Event


class _Writer:
    """Numbers the events, and remembers what the output has."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.output: list[dict[str, Any]] = []
        self._number = 0

    def frame(self, kind: str, **fields: Any) -> str:
        """One server-sent event."""
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return f"event: {kind}\n{stream.frame(event)}"

    def response(self, kind: str, response: dict[str, Any], **fields: Any) -> str:
        return self.frame(f"response.{kind}", response=response, **fields)

    def call(self, event: Event) -> Iterator[str]:
        """A call of the client's tools."""
        item = call_item(event)
        place = {"item_id": item["id"], "output_index": len(self.output)}
        yield self._added(item | {"arguments": "", "status": "in_progress"})
        for text in fragments(event["arguments"]):
            yield self.frame("response.function_call_arguments.delta", delta=text, **place)
        arguments = {"name": item["name"], "arguments": item["arguments"]}
        yield self.frame("response.function_call_arguments.done", **arguments, **place)
        yield self._finished(item)

    def answer(self, text: str) -> Iterator[str]:
        """The answer: the agent has it as a whole."""
        item = message_item(text)
        place = {"item_id": item["id"], "output_index": len(self.output), "content_index": 0}
        yield self._added(item | {"content": [], "status": "in_progress"})
        yield self.frame("response.content_part.added", part=text_part(""), **place)
        yield self.frame("response.output_text.delta", delta=text, logprobs=[], **place)
        yield self.frame("response.output_text.done", text=text, logprobs=[], **place)
        yield self.frame("response.content_part.done", part=text_part(text), **place)
        yield self._finished(item)

    def _added(self, item: dict[str, Any]) -> str:
        return self.frame("response.output_item.added", output_index=len(self.output), item=item)

    def _finished(self, item: dict[str, Any]) -> str:
        self.output.append(item)
        return self.frame("response.output_item.done", output_index=len(self.output) - 1, item=item)


async def sse(events: AsyncGenerator[Event, None], shape: Shape, heartbeat_s: float) -> AsyncGenerator[str, None]:
    """Frames of a whole response."""
    writer = _Writer(shape)
    begun = shape.of("in_progress")
    yield writer.response("created", begun)
    yield writer.response("in_progress", begun)
    try:
        async for event in stream.beating(events, heartbeat_s):
            for text in _frames(event, writer, begun):
                yield text
    except ApiError as error:
        problem = {"code": "server_error", "message": error.message}
        yield writer.response("failed", shape.of("failed", writer.output, error=problem))


def _frames(event: Event | None, writer: _Writer, begun: dict[str, Any]) -> Iterator[str]:
    if event is None:
        yield stream.HEARTBEAT
    elif event["type"] == "tool_call":
        yield from writer.call(event)
    elif event["type"] != "done":
        yield writer.response("in_progress", begun, toolschool=event)
    else:
        if event["answer"] is not None:
            yield from writer.answer(event["answer"])
        response = writer.shape.done(event, writer.output)
        yield writer.response(response["status"], response)
