"""A run behind a response: it holds a place, keeps its deadline, leaves its trace, and ends when the client goes away.

run = await runner.begin(request, id_, task, deadline_s)      # errors before the first event keep their own status
done, calls = await run.whole(request)                        # or: EventStream(frames(run.events), run)
found = await runner.within(lambda: service.search(query))    # what is no run: a place and the deadline alone
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from serving import errors, stream
from serving.errors import ApiError
from serving.service import AgentService, Event, Task
from serving.settings import GatewaySettings
from serving.traces import Traces

T = TypeVar("T")


class Places:
    """A fixed number of places for queries at work; nobody waits, one too many is told to come back (429)."""

    def __init__(self, size: int) -> None:
        self.free = size

    def take(self) -> Places:
        if self.free == 0:
            raise errors.too_many()
        self.free -= 1
        return self

    def __enter__(self) -> Places:
        return self

    def __exit__(self, *_: object) -> None:
        self.free += 1

    async def hold(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """The events, holding a place from the first request for one until the end."""
        with self.take():
            try:
                async for event in events:
                    yield event
            finally:
                await events.aclose()


@dataclass(frozen=True)
class Run:
    """A run that has begun: `events` are all of its events."""

    events: AsyncGenerator[Event, None]

    async def whole(self, request: Request) -> tuple[Event, list[Event]]:
        """The last event, and the calls for the client that came before it."""

        async def read() -> tuple[Event, list[Event]]:
            calls: list[Event] = []
            last: Event = {}
            async for last in self.events:
                if last["type"] == "tool_call":
                    calls.append(last)
            return last, calls

        return await unless_gone(request, read())


class Runner:
    """Begins the runs of one gateway."""

    def __init__(self, service: AgentService, settings: GatewaySettings, traces: Traces) -> None:
        self._service, self._limits, self._traces = service, settings.limits, traces
        self.places = Places(settings.limits.max_in_flight)

    async def begin(self, request: Request, id_: str, task: Task, deadline_s: float | None) -> Run:
        """A run whose first event is there. ApiError 429 without a place, or what the service has against the task."""
        seconds = min(deadline_s or self._limits.deadline_s, self._limits.deadline_s)
        task = replace(task, id=request.state.request_id)
        events = self.places.hold(stream.with_deadline(self._service.run(task), seconds))
        first = await unless_gone(request, anext(events))
        return Run(self._traces.keeping(id_, _chain(first, events)))

    async def within(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of work that is one answer. ApiError 429 without a place, 504 past the deadline."""
        with self.places.take():
            try:
                async with asyncio.timeout(self._limits.deadline_s):
                    return await work()
            except TimeoutError:
                raise errors.deadline(self._limits.deadline_s) from None


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which is cancelled when the client goes away first."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ApiError(499, "the client closed the request", "client_closed_request")
    finally:
        for one in (gone, task):
            if not one.done():
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one


async def _chain(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    try:
        yield first
        async for event in events:
            yield event
    finally:
        await events.aclose()


class EventStream(StreamingResponse):
    """A response of server-sent events; however it ends, the run behind it ends too."""

    def __init__(self, frames: AsyncGenerator[str, None], run: Run) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(frames, media_type="text/event-stream", headers=headers)
        self._frames, self._run = frames, run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):  # the frames, or whoever reads them on the way
                await self.body_iterator.aclose()
            await self._frames.aclose()
            await self._run.events.aclose()
