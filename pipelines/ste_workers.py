"""The actors that explore tools, and who feeds them: Ray's part of exploration.

    ended = explore_tools(names, Exploring(run, open_tools, open_teacher, settings), shape, at_once=4, told=print)

An actor opens the tools and a teacher of its own and explores several tools side by side in one event loop, each in the exact order of the
paper. It streams to the driver what it found, trial by trial. An actor that dies is replaced, and its tools wait for a worker again; their
trials on disk are not repeated. One tool's trouble, or the end of its part of the budget, ends that tool alone.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipelines.ste_queue import DEATHS, ToolQueue
from pipelines.ste_trials import TrialStore
from toolschool.errors import BudgetError, ToolschoolError
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.protocol import Teacher
from toolschool.methods.ste.trials import Trial
from toolschool.records import Tool

if TYPE_CHECKING:
    from pipelines.stage import Shape
    from toolschool.tools.toolsets import Toolset


@dataclass(frozen=True)
class Exploring:
    """What every actor needs; all of it can be sent to another machine."""

    run: str
    open_tools: Callable[[], AbstractAsyncContextManager[Toolset]]
    open_teacher: Callable[[], AbstractAsyncContextManager[Teacher]]
    settings: ExploreSettings


@dataclass(frozen=True)
class Found:
    """A trial that is on disk; may be told twice, when its worker died. `new`: it was made now, not before."""

    tool: str
    episode: int
    number: int
    solved: bool
    prompt_tokens: int
    completion_tokens: int
    new: bool


@dataclass(frozen=True)
class Ended:
    """A tool that nobody explores any more: all its trials are there, or why not. `trace` is that of an error nobody foresaw."""

    tool: str
    how: Literal["explored", "refused", "budget"]
    reason: str = ""
    trace: str = ""


CLOSING_S = 10.0
Told = Callable[[Found | Ended], None]


class Explorer:
    """The actor."""

    def __init__(self, exploring: Exploring) -> None:
        self.exploring, self.store = exploring, TrialStore(exploring.run)
        self._closed = asyncio.Event()
        self._opened: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[tuple[Toolset, Teacher]] | None = None

    async def explore(self, name: str) -> AsyncIterator[Found | Ended]:
        """What is on disk of the tool, then each new trial the moment it is, then how it ended."""
        try:
            async for trial, new in self._trials(name):
                tokens = trial.prompt_tokens, trial.completion_tokens
                yield Found(name, trial.episode, trial.number, trial.solved, *tokens, new)
            ended = Ended(name, "explored")
        except BudgetError as error:
            ended = Ended(name, "budget", str(error))
        except ToolschoolError as error:
            ended = Ended(name, "refused", str(error))
        except Exception as error:  # noqa: BLE001 - boundary: the other tools are explored, and the trace is kept
            ended = Ended(name, "refused", f"{type(error).__name__}: {error}", traceback.format_exc())
        yield ended

    async def _trials(self, name: str) -> AsyncIterator[tuple[Trial, bool]]:
        """Trials, and whether they are new. Writes each before it says so, and the tool's table at the end, whatever the end is."""
        from toolschool.methods.ste.explorer import explore_tool

        toolset, teacher = await self._open()
        done = await asyncio.to_thread(self.store.read, name)
        for trial in done:
            yield trial, False

        async def world(seed: int) -> Tool:
            return (await toolset.fresh(seed)).catalog[name]

        trials = explore_tool(toolset.catalog[name], teacher, self.exploring.settings, world, done)
        try:
            async with aclosing(trials):
                async for trial in trials:
                    await asyncio.to_thread(self.store.write, trial)
                    yield trial, True
        finally:
            await asyncio.to_thread(self.store.compact, name)

    async def close(self) -> None:
        """Close connections."""
        self._closed.set()
        if self._opened:
            await self._opened

    async def _open(self) -> tuple[Toolset, Teacher]:
        """Tools and teacher, opened once. Whatever they raise is raised for every tool."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._opened = asyncio.create_task(self._keep_open(self._ready))
        return await asyncio.shield(self._ready)

    async def _keep_open(self, ready: asyncio.Future[tuple[Toolset, Teacher]]) -> None:
        """One task opens and closes: connections of MCP servers belong to the task that made them."""
        try:
            async with AsyncExitStack() as stack:
                toolset = await stack.enter_async_context(self.exploring.open_tools())
                ready.set_result((toolset, await stack.enter_async_context(self.exploring.open_teacher())))
                await self._closed.wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)


def explore_tools(names: Sequence[str], exploring: Exploring, shape: Shape, at_once: int, told: Told) -> None:
    """Explore all tools on `shape.actors` actors, `at_once` on each; `told` hears of every trial and of every end, in the driver.

    Needs a connected Ray.
    """
    import ray

    workers = min(shape.actors, len(names))
    actor = ray.remote(num_cpus=shape.cpus, num_gpus=shape.gpus)(Explorer)
    feeder = Feeder(ToolQueue(names, workers, at_once), lambda: actor.remote(exploring), told)
    try:
        while feeder.step():
            pass
        ray.wait([each.close.remote() for each in feeder.actors], num_returns=workers, timeout=CLOSING_S)
    finally:
        for each in feeder.actors:
            ray.kill(each)


class Feeder:
    """Keeps the actors busy and listens to them."""

    def __init__(self, queue: ToolQueue, start: Callable[[], Any], told: Told) -> None:
        self.queue, self.start, self.told = queue, start, told
        self.actors = [start() for _ in queue.running]
        self.streams: dict[Any, tuple[int, str]] = {}  # what an actor says of a tool, its place

    def step(self) -> bool:
        """Place what waits, and hear whoever has something to say; False when every tool has ended."""
        import ray
        from ray.exceptions import RayActorError

        while place := self.queue.place():
            worker, tool = place
            self.streams[self.actors[worker].explore.options(num_returns="streaming").remote(tool)] = place
        if not self.streams:
            return False
        (stream, *_), _ = ray.wait(list(self.streams), num_returns=1, fetch_local=False)
        worker, tool = self.streams[stream]
        try:
            self.told(ray.get(next(stream)))
        except StopIteration:
            del self.streams[stream]
            self.queue.ended(worker, tool)
        except RayActorError:
            self.replace(worker)
        return True

    def replace(self, worker: int) -> None:
        """Another actor in the place of one that died, or that nobody can reach."""
        import ray

        ray.kill(self.actors[worker])
        self.actors[worker] = self.start()
        self.streams = {stream: place for stream, place in self.streams.items() if place[0] != worker}
        for tool in self.queue.died(worker):
            self.told(Ended(tool, "refused", f"{DEATHS} workers died while they explored it"))
