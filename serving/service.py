"""What the gateway needs from whoever does the work: the `AgentService` protocol and the events of a run.

Two things implement it: `serving.tool_service.ToolService` does the work in this process, and `serving.remote` sends it
to the executor deployment. The gateway cannot tell them apart, and so it is tested without a cluster.

Events are JSON objects with a `type`; they come in this order, rounds repeat after a replan:

    {"type": "tools", "tools": [{"name": "send_sms", "probability": 0.98}, ...]}
    {"type": "plan", "round": 1, "text": "1. get_phone_number("}           a piece of plan text, as it is written
    {"type": "call_started", "round": 1, "id": 1, "tool": "...", "args": [...]}
    {"type": "call_finished", "round": 1, "id": 1, "tool": "...", "args": [...], "value": ..., "error": null,
     "seconds": 0.01}
    {"type": "done", "answer": "...", "trace": {...}, "usage": {"prompt_tokens": 9, "completion_tokens": 80}}

`trace` holds `tools`, `plan` (text), `observations`, `problems`, `effects` (rows of the desk this request changed),
`now`, `seconds`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Protocol

from toolschool.records import JsonValue
from toolschool.tools.toolsets.config import ToolSource

Event = dict[str, JsonValue]


class AgentService(Protocol):
    """Plans and runs queries. Methods raise `serving.errors.ApiError` (429, 503) when they cannot take the request."""

    def run(self, query: str, now: datetime | None) -> AsyncGenerator[Event, None]:
        """Answer a query by running tools; the last event is `done`. Closing the iterator cancels the run."""
        ...

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """`{tools, plan, calls, problems}` without running anything."""
        ...

    async def tools(self) -> list[dict[str, JsonValue]]:
        """The catalogue, each tool in the form of OpenAI's `tools` parameter with its `signature`."""
        ...

    async def search(self, query: str, most: int) -> list[dict[str, JsonValue]]:
        """The `most` likeliest tools, `{"name", "description", "probability", "offered"}`; nothing is planned."""
        ...

    async def call_tool(self, name: str, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Run one tool: `{"status", "value", "error"}`, status ok, failed or declined. ApiError 404 where there is none of this name."""
        ...

    async def add_tools(self, source: ToolSource) -> list[dict[str, JsonValue]]:
        """The tools of one source more, as `tools` lists them. ApiError 400 where it cannot be opened, 409 where tools cannot change."""
        ...

    async def remove_tool(self, name: str) -> None:
        """Take a tool away. ApiError 404 where there is none of this name, 409 where tools cannot change."""
        ...

    async def desk(self) -> dict[str, JsonValue]:
        """Rows added, changed and removed since the desk was set up."""
        ...

    async def ready(self) -> dict[str, bool]:
        """Which parts can take requests; the service is ready when all are."""
        ...
