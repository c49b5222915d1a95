"""A blocking iterator as an async one: order, errors, stopping, threads."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.threads import pieces


@pytest.fixture
def one_thread():
    with ThreadPoolExecutor(1) as pool:
        yield pool


async def test_items_in_order_and_not_all_at_the_end(one_thread):
    go = threading.Event()

    def write():
        yield "a"
        assert go.wait(5)
        yield "b"

    seen = []
    async for items in pieces(write, one_thread):
        seen.append(items)
        go.set()
    assert seen == [["a"], ["b"]]


async def test_what_has_come_meanwhile_comes_together(one_thread):
    stream = pieces(lambda: iter("abc"), one_thread)
    assert [items async for items in stream] in (
        [list("abc")],
        [["a"], ["b", "c"]],
        [["a", "b"], ["c"]],
        [["a"], ["b"], ["c"]],
    )


async def test_an_error_is_raised_after_what_came_before_it(one_thread):
    def write():
        yield "a"
        raise ValueError("broken")

    stream = pieces(write, one_thread)
    assert await anext(stream) == ["a"]
    with pytest.raises(ValueError, match="broken"):
        await anext(stream)

    def fail():
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        await asyncio.wait_for(anext(pieces(fail, one_thread)), 5)


async def test_closing_stops_the_writer_and_frees_its_thread(one_thread):
    closed, step = threading.Event(), threading.Semaphore(1)

    def write():
        try:
            while True:
                assert step.acquire(timeout=5)
                yield "x"
        finally:
            closed.set()

    stream = pieces(write, one_thread)
    assert await anext(stream) == ["x"]
    await stream.aclose()
    waiting = asyncio.create_task(anext(pieces(lambda: iter("next"), one_thread)))
    await asyncio.sleep(0.05)
    assert not waiting.done()  # the writer is still at its piece
    step.release()
    assert (await asyncio.wait_for(waiting, 5))[0] == "n"
    assert closed.is_set()


async def test_what_waits_for_a_thread_and_is_not_wanted_any_more_never_begins(one_thread):
    go, begun = threading.Event(), []

    def first():
        yield "x"
        assert go.wait(5)

    def second():
        begun.append(1)
        yield "y"

    busy = pieces(first, one_thread)
    await anext(busy)
    waiting = asyncio.create_task(anext(pieces(second, one_thread)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    assert [items async for items in busy] == []
    assert begun == []


async def test_as_many_at_once_as_threads(one_thread):
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
        return [item async for items in pieces(write, one_thread) for item in items]

    assert await asyncio.gather(*(read() for _ in range(5))) == [list("abc")] * 5
    assert most == 1
