"""A tiny agent service whose every step a test can steer."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from serving.errors import ApiError
from serving.service import Task

TRACE: dict[str, Any] = {
    "tools": [{"name": "send_sms", "probability": 0.9}],
    "plan": '1. send_sms(["555"], "hi")\n2. join()<END_OF_PLAN>\n',
    "observations": [
        {
            "round": 1,
            "id": 1,
            "tool": "send_sms",
            "args": [["555"], "hi"],
            "value": "draft",
            "error": None,
            "seconds": 0.0,
        }
    ],
    "problems": [],
    "effects": {"added": {"messages": [{"text": "hi"}]}, "changed": {}, "removed": {}},
    "now": "2024-06-03T09:00:00",
    "seconds": 0.1,
}


class FakeService:
    """Answers with the query turned round; `gate` holds a run after its first event, `before` raises.

    The first tool of a client is called once, without arguments; then its result is the answer.
    """

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None
        self.before: Exception | None = None
        self.midway: Exception | None = None
        self.tasks: list[Any] = []
        self.started = self.cancelled = 0
        self.change = asyncio.Event()
        self.parts = {"planner": True, "retriever": True}

    @property
    def asked(self) -> list[tuple[str, datetime | None]]:
        return [(task.query, task.now) for task in self.tasks]

    async def run(self, task: Any) -> AsyncGenerator[dict[str, Any], None]:
        self.tasks.append(task)
        self.started += 1
        self.change.set()
        if self.before:
            raise self.before
        finished = False
        try:
            yield {"type": "tools", "tools": TRACE["tools"]}
            yield {"type": "plan", "round": 1, "text": "1. send_sms("}
            if self.gate:
                await self.gate.wait()
            if self.midway:
                raise self.midway
            finished = True
            usage = {"prompt_tokens": 3, "completion_tokens": 7}
            done = {"type": "done", "answer": task.query[::-1], "finish": "stop", "trace": TRACE, "usage": usage}
            if task.client is not None and not task.client.done and not task.client.forbidden:
                name = next(iter(task.client.names.values()))
                yield {"type": "tool_call", "index": 0, "id": "call_1", "name": name, "arguments": {}}
                done |= {"answer": None, "finish": "tool_calls"}
            elif task.client is not None and task.client.done:
                done["answer"] = task.client.done[-1].result
            yield done
        finally:
            self.cancelled += not finished

    async def wait_started(self, count: int) -> None:
        """Return when `count` runs have begun."""
        while self.started < count:
            self.change.clear()
            await self.change.wait()

    async def plan(self, query: str, now: datetime | None) -> dict[str, Any]:
        self.tasks.append(Task(query, now=now))
        if self.before:
            raise self.before
        if self.gate:
            await self.gate.wait()
        return {"tools": TRACE["tools"], "plan": TRACE["plan"], "calls": [], "problems": []}

    async def tools(self) -> list[dict[str, Any]]:
        return [{"type": "function", "function": {"name": "send_sms", "description": "Sends", "parameters": {}}}]

    async def search(self, query: str, most: int) -> list[dict[str, Any]]:
        return [{"name": "send_sms", "description": "Sends", "probability": 0.9, "offered": True}][:most]

    async def call_tool(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        return {"status": "ok", "value": f"{name} {sorted(args)}", "error": None}

    async def add_tools(self, source: Any) -> list[dict[str, Any]]:
        return await self.tools()

    async def remove_tool(self, name: str) -> None:
        if name != "send_sms":
            raise ApiError(404, f"there is no tool {name}", "tool_not_found", "name")

    async def desk(self) -> dict[str, Any]:
        return {"now": TRACE["now"], "changes": TRACE["effects"]}

    async def ready(self) -> dict[str, bool]:
        return self.parts
