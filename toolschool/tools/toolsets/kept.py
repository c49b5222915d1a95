"""Something opened once and held open by one task, such as the tools of a server's life.

    tools = KeptOpen(lambda: open_toolsets(sources))
    toolset = await tools.get()         # opened when it is first asked for
    await tools.close()

What connects to MCP servers may only be closed by the task that opened it; that is why no caller opens it in its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

T = TypeVar("T")


class KeptOpen(Generic[T]):
    """One thing, for all tasks of one event loop."""

    def __init__(self, open_it: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._open_it = open_it
        self._ready: asyncio.Future[T] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    async def get(self) -> T:
        """The open thing; what opening raises is raised each time."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._ready))
        return await asyncio.shield(self._ready)

    async def close(self) -> None:
        """Close it, if it was opened; raises what closing raises."""
        self._closed.set()
        if self._keeper:
            await self._keeper

    async def _keep(self, ready: asyncio.Future[T]) -> None:
        try:
            async with self._open_it() as found:
                ready.set_result(found)
                await self._closed.wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)
