"""A retriever and a planner that give what a test says."""

import asyncio
from collections.abc import AsyncIterator

from toolschool.tools.desk import DESK_TOOLS


class ScriptedModels:
    """A retriever and planner that give what the test says; `gate` holds the plan before its last line."""

    def __init__(self, *plans: str, tools: tuple[str, ...] = DESK_TOOLS) -> None:
        self.plans, self.found = list(plans), tools
        self.gate: asyncio.Event | None = None
        self.planning = asyncio.Event()
        self.stopped = 0
        self.error: Exception | None = None
        self.queries: list[str] = []
        self.judged: list = []
        self.requests: list = []

    async def retrieve(self, query):
        self.queries.append(query)
        return [{"name": name, "probability": 0.9} for name in self.found]

    async def judge(self, query, tools):
        return self.judged

    async def plan(self, request) -> AsyncIterator[str]:
        self.requests.append(request)
        text = self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]
        *head, last = text.splitlines(keepends=True)
        if self.error:
            raise self.error
        try:
            for line in head:
                yield line
            self.planning.set()
            if self.gate:
                await self.gate.wait()
            yield last
        except (asyncio.CancelledError, GeneratorExit):
            self.stopped += 1
            raise

    async def count(self, texts):
        return [len(text.split()) for text in texts]

    async def shorten(self, text, tokens):
        return " ".join(text.split()[:tokens])

    async def ready(self):
        return {"retriever": True, "planner": True}
