"""What is held open is opened once, by a task that closes it too, whoever asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from toolschool.tools.toolsets.kept import KeptOpen


class Door:
    """A thing that may only be closed by the task that opened it, as connections of MCP servers are."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        self.opened += 1
        here = asyncio.current_task()
        yield "open"
        assert asyncio.current_task() is here
        self.closed += 1


async def test_it_is_opened_once_and_closed_by_whoever_opened_it() -> None:
    door = Door()
    kept = KeptOpen(door.open)
    assert await asyncio.gather(*(asyncio.create_task(kept.get()) for _ in range(3))) == ["open"] * 3
    assert (door.opened, door.closed) == (1, 0)
    await asyncio.create_task(kept.close())
    assert (door.opened, door.closed) == (1, 1)


async def test_nothing_is_opened_to_be_closed() -> None:
    door = Door()
    await KeptOpen(door.open).close()
    assert door.opened == 0


async def test_what_opening_raises_is_told_each_time() -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[str]:
        raise ValueError("the door is stuck")
        yield ""

    kept = KeptOpen(broken)
    for _ in range(2):
        with pytest.raises(ValueError, match="stuck"):
            await kept.get()
    await kept.close()


async def test_whoever_asks_may_give_up() -> None:
    started, gate = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def slow() -> AsyncIterator[str]:
        started.set()
        await gate.wait()
        yield "open"

    kept = KeptOpen(slow)
    hasty = asyncio.create_task(kept.get())
    await started.wait()
    hasty.cancel()
    gate.set()
    assert await kept.get() == "open"
    await kept.close()
