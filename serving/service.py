"""What the gateway needs from whoever does the work: a `Task`, the `AgentService` protocol and the events of a run.

Two things implement it: `serving.tool_service.ToolService` does the work in this process, and `serving.remote` sends it
to the executor deployment. The gateway cannot tell them apart, and so it is tested without a cluster.

Events are JSON objects with a `type`; they come in this order, rounds repeat after a replan:

    {"type": "tools", "tools": [{"name": "send_sms", "probability": 0.98}, ...]}
    {"type": "plan", "round": 1, "text": "1. get_phone_number("}           a piece of plan text, as it is written
    {"type": "call_planned", "round": 1, "id": 1, "tool": "...", "args": ["$1", ...], "needs": [1]}     agents only; as it is written
    {"type": "call_started", "round": 1, "id": 1, "tool": "...", "args": [...]}
    {"type": "call_finished", "round": 1, "id": 1, "tool": "...", "args": [...], "status": "ok", "value": ..., "error": null,
     "seconds": 0.01}
    {"type": "problem", "round": 1, "text": "..."}                         something in the plan is wrong, and passed over
    {"type": "replan", "round": 1, "text": "..."}                          why the next round begins
    {"type": "done", "answer": "...", "finish": "stop", "trace": {...}, "usage": {"prompt_tokens": 9, "completion_tokens": 80}}

Where the client runs its own tools, a call is not started here but told; then `answer` may be None and `finish` "tool_calls":

    {"type": "tool_call", "index": 0, "id": "call_...", "name": "get_weather", "arguments": {"city": "Bonn"}}

`finish` is "length" where the task's tokens did not suffice. `trace` holds `tools`, `plan` (text), `rounds` (plans), `observations`, `problems`,
`effects` (rows of the desk this request changed), `now`, `seconds`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from serving.client_tools import ClientTools
from toolschool.methods.tinyagent.request import Turn
from toolschool.records import JsonValue
from toolschool.tools.toolsets.config import ToolSource

Event = dict[str, JsonValue]


@dataclass(frozen=True)
class Task:
    """What one request asks for: a query, what was said before it, and what it may cost.

    `id` is that of the request, for its record. `now` is the clock, None for that of the service. `client` are tools that the client
    runs itself; the service's own are not used then. `confirm` names side effects instead of running them. `stop` are texts that end the
    answer. Of a task that is `watched` events come as they happen; of another they may all come together at the end, which costs less.
    `model` is the name that was asked for: one of the models beside the agent, or the agent's.
    """

    query: str
    earlier: tuple[Turn, ...] = ()
    now: datetime | None = None
    client: ClientTools | None = None
    confirm: bool = False
    max_calls: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    watched: bool = True
    id: str = ""
    model: str = ""


class AgentService(Protocol):
    """Plans and runs queries. Methods raise `serving.errors.ApiError` (400, 429, 503) when they cannot take the request."""

    def run(self, task: Task) -> AsyncGenerator[Event, None]:
        """Answer a task by running tools, or by naming calls; the last event is `done`. Closing the iterator cancels the run."""
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
