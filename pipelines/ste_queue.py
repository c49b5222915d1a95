"""Which tool is explored where, and what becomes of those whose worker died. No Ray.

    queue = ToolQueue(tools, at_once=8)
    queue.joined(0)                                # a worker is up
    while placed := queue.place():                 # (worker, tool), until every worker has enough
        ...
    queue.ended(worker, tool)                      # it is done, or went to the quarantine
    queue.died(worker)                             # what it explored waits again; returns what is given up

A worker takes several tools side by side. When it dies nobody knows which of them was to blame, so from then on each of them is explored
alone; a tool with which DEATHS workers died, the last ones alone, is given up.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

DEATHS = 3


class ToolQueue:
    """Tools in their order, first in, first out."""

    def __init__(self, tools: Iterable[str], at_once: int) -> None:
        self.at_once = at_once
        self.waiting = deque(tools)
        self.running: dict[int, set[str]] = {}
        self.deaths: Counter[str] = Counter()

    def joined(self, worker: int) -> None:
        self.running[worker] = set()

    def place(self) -> tuple[int, str] | None:
        """The next tool and the least busy worker that may take it; None while there is no such pair."""
        for tool in self.waiting:
            free = [worker for worker in self.running if self._takes(worker, tool)]
            if free:
                worker = min(free, key=lambda worker: len(self.running[worker]))
                self.waiting.remove(tool)
                self.running[worker].add(tool)
                return worker, tool
        return None

    def ended(self, worker: int, tool: str) -> None:
        self.running[worker].discard(tool)

    def died(self, worker: int) -> list[str]:
        """The worker is gone. Its tools wait behind all others; those with which too many died are returned instead."""
        tools = sorted(self.running.pop(worker))
        self.deaths.update(tools)
        given_up = [tool for tool in tools if self.deaths[tool] >= DEATHS]
        self.waiting.extend(tool for tool in tools if tool not in given_up)
        return given_up

    def _takes(self, worker: int, tool: str) -> bool:
        running = self.running[worker]
        if self.deaths[tool] or any(self.deaths[other] for other in running):
            return not running
        return len(running) < self.at_once
