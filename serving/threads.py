"""A blocking iterator, such as a model writing text, as an async one: it runs in a thread and stops when told to.

    async for piece in pieces(lambda: planner.stream(request), places): ...

`places` bounds how many run at once. Closing the async iterator makes the thread stop after the piece it is at; its
place is free again only then, because the model is busy until then.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import TypeVar

T = TypeVar("T")

_END = object()


async def pieces(make: Callable[[], Iterator[T]], places: asyncio.Semaphore) -> AsyncGenerator[T, None]:
    """What the iterator gives, as soon as it gives it; its exception is raised here."""
    await places.acquire()
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[object] = asyncio.Queue()
    stop = threading.Event()

    def tell(item: object) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    worker = loop.run_in_executor(None, _drain, make, tell, stop)
    worker.add_done_callback(lambda _: places.release())
    try:
        while (item := await queue.get()) is not _END:
            yield item  # type: ignore[misc]
        await worker
    finally:
        stop.set()


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
