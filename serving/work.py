"""What a run of the agent and a run with a client's tools have in common: the events, the plans so far, and the shape of what is told at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from serving.service import Event, Task
from toolschool.records import JsonValue

if TYPE_CHECKING:
    from serving.tool_service import ToolService


class Work:
    """One request at work, by the clock `now`; `events` gives what happens, then None."""

    def __init__(self, service: ToolService, task: Task, now: datetime) -> None:
        self.service, self.task, self.now = service, task, now
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.plans: list[str] = []
        self.cut = False  # whether the tokens did not suffice
        self.began = time.monotonic()

    async def go(self) -> None:
        """Do it; the last event is `done`."""
        raise NotImplementedError

    def _emit(self, kind: str, **fields: JsonValue) -> None:
        self.events.put_nowait({"type": kind, **fields})

    async def _written(self) -> int:
        """Tokens of the plans so far."""
        return sum(await self.service.models.count(self.plans)) if self.plans else 0

    async def _left(self) -> int | None:
        """Tokens that are left behind the plans; None: no bound."""
        return None if self.task.max_tokens is None else max(0, self.task.max_tokens - await self._written())

    async def _shortened(self, answer: str) -> str:
        """As much of the answer as the tokens behind the plans suffice for."""
        if (left := await self._left()) is None:
            return answer
        kept = await self.service.models.shorten(answer, left)
        self.cut = self.cut or kept != answer
        return kept

    def _trace(
        self,
        tools: JsonValue,
        observations: Sequence[JsonValue],
        problems: Sequence[str],
        effects: Mapping[str, JsonValue],
    ) -> dict[str, JsonValue]:
        """See `serving/service.py`."""
        return {
            "tools": tools,
            "plan": "\n".join(plan.strip() for plan in self.plans),
            "rounds": len(self.plans),
            "observations": list(observations),
            "problems": list(problems),
            "effects": effects,
            "now": self.now.isoformat(),
            "seconds": round(time.monotonic() - self.began, 3),
        }
