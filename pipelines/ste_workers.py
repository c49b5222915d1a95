"""Actors that work on tools, several side by side, and who feeds them: Ray's part of exploration and of what follows it.

    class Explorer(ToolWorker): ...                       # `on(tool)` yields what there is to tell
    work_on(names, Explorer, exploring, shape, at_once=4, told=print)

An actor has one event loop: while one tool waits for its teacher, others go on. What it has to tell streams to the driver, at last how each
tool ended. An actor that dies is replaced and its tools wait for a worker again. One tool's trouble, or the end of its part of the budget,
ends that tool alone.
"""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipelines.ste_queue import DEATHS, ToolQueue
from toolschool.errors import BudgetError, ToolschoolError
from toolschool.methods.ste.teachers.protocol import Teacher

if TYPE_CHECKING:
    from pipelines.stage import Shape

CLOSING_S = 10.0


@dataclass(frozen=True)
class Ended:
    """A tool that nobody works on any more: all is done, or why not. `trace` is that of an error nobody foresaw."""

    tool: str
    how: Literal["done", "refused", "budget"]
    reason: str = ""
    trace: str = ""


Told = Callable[[Any], None]
OpenTeacher = Callable[[], AbstractAsyncContextManager[Teacher]]


class ToolWorker:
    """An actor. Subclasses say what is done with a tool."""

    async def work(self, tool: str) -> AsyncIterator[Any]:
        """Whatever `on` yields, then how the tool ended."""
        try:
            async for said in self.on(tool):
                yield said
            ended = Ended(tool, "done")
        except BudgetError as error:
            ended = Ended(tool, "budget", str(error))
        except ToolschoolError as error:
            ended = Ended(tool, "refused", str(error))
        except Exception as error:  # noqa: BLE001 - boundary: the other tools go on, and the trace is kept
            ended = Ended(tool, "refused", f"{type(error).__name__}: {error}", traceback.format_exc())
        yield ended

    def on(self, tool: str) -> AsyncIterator[Any]:
        raise NotImplementedError

    async def up(self) -> None:
        """Returns when the actor can work."""

    async def close(self) -> None:
        """Called when there is no more to do."""


def work_on(tools: Sequence[str], worker: type[ToolWorker], given: Any, shape: Shape, at_once: int, told: Told) -> None:
    """`worker(given)` on up to `shape.actors` actors, as many as find room, `at_once` tools on each; `told` hears in the driver what they yield
    and how tools end.

    After a death, things may be told again. Needs a connected Ray.
    """
    import ray

    actor = ray.remote(num_cpus=shape.cpus, num_gpus=shape.gpus)(worker)
    feeder = Feeder(ToolQueue(tools, at_once), lambda: actor.remote(given), told)
    try:
        for number in range(min(shape.actors, len(tools))):
            feeder.add(number)
        while feeder.step():
            pass
        closing = [feeder.actors[number].close.remote() for number in feeder.queue.running]
        ray.wait(closing, num_returns=len(closing), timeout=CLOSING_S)
    finally:
        for each in feeder.actors.values():
            ray.kill(each)


class Feeder:
    """Keeps the actors busy and listens to them. An actor that has no room on the cluster yet gets nothing to do."""

    def __init__(self, queue: ToolQueue, start: Callable[[], Any], told: Told) -> None:
        self.queue, self.start, self.told = queue, start, told
        self.actors: dict[int, Any] = {}
        self.starting: dict[Any, int] = {}  # what says that an actor is up
        self.streams: dict[Any, tuple[int, str]] = {}  # what an actor says of a tool, its place
        self.failed = 0  # starts in a row

    def add(self, worker: int) -> None:
        self.actors[worker] = self.start()
        self.starting[self.actors[worker].up.remote()] = worker

    def step(self) -> bool:
        """Place what waits, and hear whoever has something to say; False when every tool has ended. Raises what no actor can start for."""
        import ray

        while place := self.queue.place():
            worker, tool = place
            self.streams[self.actors[worker].work.options(num_returns="streaming").remote(tool)] = place
        if not self.streams and not self.queue.waiting:
            return False
        heard: Any = ray.wait([*self.streams, *self.starting], num_returns=1, fetch_local=False)[0][0]
        if heard in self.starting:
            self.join(heard)
        else:
            self.hear(heard)
        return True

    def join(self, up: Any) -> None:
        """An actor is up, or could not start."""
        import ray
        from ray.exceptions import RayActorError

        worker = self.starting.pop(up)
        try:
            ray.get(up)
        except RayActorError:
            self.failed += 1
            if self.failed == DEATHS:
                raise
            self.add(worker)
        else:
            self.failed = 0
            self.queue.joined(worker)

    def hear(self, stream: Any) -> None:
        """The next thing that is said of a tool."""
        import ray
        from ray.exceptions import RayActorError

        worker, tool = self.streams[stream]
        try:
            self.told(ray.get(next(stream)))
        except StopIteration:
            del self.streams[stream]
            self.queue.ended(worker, tool)
        except RayActorError:
            self.replace(worker)

    def replace(self, worker: int) -> None:
        """Another actor in the place of one that died, or that nobody can reach."""
        import ray

        ray.kill(self.actors[worker])
        self.streams = {stream: place for stream, place in self.streams.items() if place[0] != worker}
        for tool in self.queue.died(worker):
            self.told(Ended(tool, "refused", f"{DEATHS} workers died while they worked on it"))
        self.add(worker)
