"""A blocking iterator, such as a model writing text, as an async one: it runs in a thread and stops when told to.

    pool = ThreadPoolExecutor(max_workers=16)
    async for some in pieces(lambda: planner.stream(request), pool): ...      # lists: all that has come since

As many run at once as the pool has threads. Closing the async iterator makes the thread stop after the piece it is at; it takes up
something else only then, because the model is busy until then.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")

_END = object()


async def pieces(make: Callable[[], Iterator[T]], pool: Executor) -> AsyncGenerator[list[T], None]:
    """What the iterator gives, as soon as it gives it; its exception is raised here, behind what came before it."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[object] = asyncio.Queue()
    stop = threading.Event()

    def tell(item: object) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    worker = loop.run_in_executor(pool, _drain, make, tell, stop)
    try:
        ended = False
        while not ended:
            some = [await queue.get()]
            while not queue.empty():
                some.append(queue.get_nowait())
            ended = some[-1] is _END
            if items := some[: len(some) - ended]:
                yield items  # type: ignore[misc]
        await worker
    finally:
        stop.set()
        worker.cancel()  # one that waits for a thread never begins


def _drain(make: Callable[[], Iterator[T]], tell: Callable[[object], None], stop: threading.Event) -> None:
    iterator: Iterator[T] | None = None
    try:
        iterator = make()
        for item in iterator:
            if stop.is_set():
                return
            tell(item)
    finally:
        if isinstance(iterator, Generator):
            iterator.close()
        tell(_END)
