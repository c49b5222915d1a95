"""A blocking iterator as an async one: order, errors, stopping, places."""

import asyncio
import threading

import pytest

from serving.threads import pieces


async def test_items_in_order_and_not_all_at_the_end():
    go = threading.Event()

    def write():
        yield "a"
        assert go.wait(5)
        yield "b"

    seen = []
    async for item in pieces(write, asyncio.Semaphore(1)):
        seen.append(item)
        go.set()
    assert seen == ["a", "b"]


async def test_an_error_is_raised_after_what_came_before_it():
    def write():
        yield "a"
        raise ValueError("broken")

    stream = pieces(write, asyncio.Semaphore(1))
    assert await anext(stream) == "a"
    with pytest.raises(ValueError, match="broken"):
        await anext(stream)

    def fail():
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        await asyncio.wait_for(anext(pieces(fail, asyncio.Semaphore(1))), 5)


async def test_closing_stops_the_writer_and_frees_its_place():
    closed, step = threading.Event(), threading.Semaphore(1)

    def write():
        try:
            while True:
                assert step.acquire(timeout=5)
                yield "x"
        finally:
            closed.set()

    places = asyncio.Semaphore(1)
    stream = pieces(write, places)
    assert await anext(stream) == "x"
    await stream.aclose()
    assert places.locked()  # the writer is still at its piece
    step.release()
    await asyncio.wait_for(places.acquire(), 5)
    assert closed.is_set()


async def test_one_place_means_one_at_a_time():
    at_work, most, lock = 0, 0, threading.Lock()

    def write():
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        yield from "abc"
        with lock:
            at_work -= 1

    async def read():
        return [item async for item in pieces(write, places)]

    places = asyncio.Semaphore(1)
    assert await asyncio.gather(*(read() for _ in range(5))) == [list("abc")] * 5
    assert most == 1
