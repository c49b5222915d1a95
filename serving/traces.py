"""The traces of the last runs, by the id of their answer. They live in this process: another replica of the gateway has others."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from typing import Any

from serving.errors import ApiError
from serving.service import Event


class Traces:
    """As many as `size`; the oldest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()

    async def keeping(self, id_: str, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """The events; when the run is done, its trace is kept under the id."""
        try:
            async for event in events:
                if event["type"] == "done":
                    self._keep(id_, event)
                yield event
        finally:
            await events.aclose()

    def _keep(self, id_: str, done: Event) -> None:
        self._kept[id_] = {
            "id": id_,
            "object": "toolschool.trace",
            "created": int(time.time()),
            "finish_reason": done["finish"],
            "answer": done["answer"],
            "trace": done["trace"],
        }
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def of(self, id_: str) -> dict[str, Any]:
        """The trace of an answer. ApiError 404 where it is not kept (any more)."""
        if id_ not in self._kept:
            message = f"no trace is kept under this id; this replica keeps those of its last {self._size} answers"
            raise ApiError(404, message, "trace_not_found", "id")
        return self._kept[id_]
