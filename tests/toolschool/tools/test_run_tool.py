"""One call, run safely: what breaks the schema, hangs, fails or is cancelled never gets further than a ToolError."""

import asyncio
import threading
import time
from typing import Any

import pytest

from toolschool.errors import ToolError
from toolschool.records import Tool
from toolschool.tools.run import run_tool, threaded

COUNT = {
    "type": "object",
    "properties": {"word": {"type": "string"}, "times": {"type": "integer", "minimum": 1}},
}


def tool(run: Any, timeout_s: float = 5.0, parameters: dict[str, Any] = COUNT) -> Tool:
    return Tool("repeat", "Repeats a word.", parameters, timeout_s=timeout_s, run=run)


async def repeat(word: str, times: int) -> str:
    return word * times


async def test_answers() -> None:
    assert await run_tool(tool(repeat), {"word": "ab", "times": 2}) == "abab"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"word": "a"}, "repeat needs times"),
        ({"word": "a", "times": 1, "loud": True}, "repeat has no argument loud"),
        ({"word": "a", "times": "2"}, "repeat: times: '2' is not of type 'integer'"),
        ({"word": "a", "times": True}, "repeat: times: True is not of type 'integer'"),
        ({"word": "a", "times": 0}, "repeat: times: 0 is less than the minimum"),
        ({"word": None, "times": 1}, "repeat: word: None is not of type 'string'"),
    ],
)
async def test_schema_violations_name_the_argument(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        await run_tool(tool(repeat), args)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


async def test_only_what_the_schema_requires_must_be_given() -> None:
    async def once(word: str, times: int = 1) -> str:
        return word * times

    optional = tool(once, parameters={**COUNT, "required": ["word"]})
    assert await run_tool(optional, {"word": "ab"}) == "ab"
    with pytest.raises(ToolError, match=r"^repeat needs word; give all of word$"):
        await run_tool(optional, {"times": 2})


async def test_a_tool_without_function_cannot_run() -> None:
    with pytest.raises(ToolError, match="can only be planned"):
        await run_tool(tool(None), {"word": "a", "times": 1})


async def test_an_exception_inside_becomes_one_line() -> None:
    async def fails(word: str, times: int) -> str:
        raise ValueError("first\nsecond " + "x" * 1000)

    with pytest.raises(ToolError, match=r"^repeat failed: ValueError: first second x+…$") as caught:
        await run_tool(tool(fails), {"word": "a", "times": 1})
    assert len(str(caught.value)) < 300


async def test_a_tool_error_keeps_its_words() -> None:
    async def refuses(word: str, times: int) -> str:
        raise ToolError("the printer is out of paper; refill it")

    with pytest.raises(ToolError, match=r"^the printer is out of paper; refill it$"):
        await run_tool(tool(refuses), {"word": "a", "times": 1})


async def test_a_function_that_is_not_async_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="repeat failed: TypeError"):
        await run_tool(tool(lambda word, times: word * times), {"word": "a", "times": 1})


async def test_a_hanging_task_times_out() -> None:
    async def hangs(word: str, times: int) -> str:
        await asyncio.Event().wait()
        return "never"

    with pytest.raises(ToolError, match=r"no answer within 0\.05 s"):
        await run_tool(tool(hangs, timeout_s=0.05), {"word": "a", "times": 1})


async def test_a_task_that_swallows_cancellation_still_times_out() -> None:
    release = asyncio.Event()

    async def stubborn(word: str, times: int) -> str:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        raise ValueError("late, and nobody listens")

    started = time.monotonic()
    with pytest.raises(ToolError, match="no answer"):
        await run_tool(tool(stubborn, timeout_s=0.05), {"word": "a", "times": 1})
    assert time.monotonic() - started < 2
    release.set()


async def test_hanging_threads_block_neither_the_loop_nor_later_calls() -> None:
    release = threading.Event()

    def hangs(word: str, times: int) -> str:
        release.wait()
        return "late"

    async def ticks() -> int:
        count = 0
        while not calls.done():
            await asyncio.sleep(0.005)
            count += 1
        return count

    hanging = tool(threaded(hangs), timeout_s=0.2)
    args = {"word": "a", "times": 1}
    # More than the default thread pool has threads.
    calls = asyncio.gather(*(run_tool(hanging, args) for _ in range(40)), return_exceptions=True)
    ticked = await ticks()
    assert all(isinstance(result, ToolError) for result in await calls)
    assert ticked >= 5

    def quick(word: str, times: int) -> str:
        return word * times

    assert await run_tool(tool(threaded(quick)), args) == "a"
    release.set()


def test_the_program_can_end_while_a_thread_hangs() -> None:
    release = threading.Event()

    def hangs(word: str, times: int) -> str:
        release.wait()
        return "late"

    async def main() -> None:
        with pytest.raises(ToolError):
            await run_tool(tool(threaded(hangs), timeout_s=0.05), {"word": "a", "times": 1})

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 5
    release.set()  # the late answer meets a closed loop and is dropped


async def test_a_threaded_exception_reaches_the_caller() -> None:
    def fails(word: str, times: int) -> str:
        raise KeyError(word)

    with pytest.raises(ToolError, match="repeat failed: KeyError: 'a'"):
        await run_tool(tool(threaded(fails)), {"word": "a", "times": 1})


async def test_cancelling_the_caller_cancels_the_tool() -> None:
    cancelled = asyncio.Event()
    started = asyncio.Event()

    async def waits(word: str, times: int) -> str:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "never"

    caller = asyncio.create_task(run_tool(tool(waits), {"word": "a", "times": 1}))
    await started.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await asyncio.wait_for(cancelled.wait(), 1)


async def test_calls_start_in_the_order_they_are_made() -> None:
    seen: list[str] = []

    async def notes(word: str, times: int) -> str:
        seen.append(word)
        return word

    await asyncio.gather(*(run_tool(tool(notes), {"word": str(i), "times": 1}) for i in range(50)))
    assert seen == [str(i) for i in range(50)]
