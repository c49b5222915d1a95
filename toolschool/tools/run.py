"""Run one tool call safely: schema first, then under the tool's time limit, every mishap as one line of ToolError.

    observation = await run_tool(desk.catalog()["get_phone_number"], {"name": "Mom"})

What the time limit promises: the caller is free again. A task is cancelled; a function wrapped by `threaded` or `apart`
keeps its daemon thread until it returns, because Python cannot end a thread; with MAX_AT_WORK of them the tool is refused.
An `async` tool that is not wrapped must not block. What comes back is sound JSON of a bounded size (`results.py`).
This is no sandbox: a tool is trusted code; its arguments and its answers are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable, Mapping

from toolschool.errors import ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.checking import validator
from toolschool.tools.results import one_line, said, sound

_PROBLEM = 200  # characters of what is wrong with an argument, or of an exception
MAX_AT_WORK = 64  # calls of one function that may be at work, those that were given up included


async def run_tool(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
    """The tool's answer. Raises ToolError: arguments that break the schema, time out, an exception inside, or an answer that is not sound."""
    check_args(tool, args)
    if tool.run is None:
        raise ToolError(f"{tool.name} can only be planned; use a catalogue whose tools run")
    task = asyncio.create_task(_call(tool.name, tool.run, args))
    try:
        # Not wait_for: it would wait for a tool that swallows its cancellation.
        await asyncio.wait({task}, timeout=tool.timeout_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not task.done():
        task.add_done_callback(_forget)
        task.cancel()
        raise ToolError(f"{tool.name} gave no answer within {tool.timeout_s:g} s; try again later")
    return _answer(tool, task)


async def _call(name: str, function: ToolFunction, args: Mapping[str, JsonValue]) -> JsonValue:
    try:
        return await function(**args)
    except (Exception, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit would end the loop, and all requests with it
        raise ToolError(f"{name} failed: {type(error).__name__}: {said(error)}") from None


def check_args(tool: Tool, args: Mapping[str, JsonValue]) -> None:
    """ToolError naming the first argument that is unknown, missing or of the wrong type.

    Every property is required where the schema does not say which are.
    """
    known = tool.argument_names
    extra = [name for name in args if name not in known]
    if extra:
        raise ToolError(f"{tool.name} has no argument {extra[0]}; it takes {', '.join(known) or 'none'}")
    missing = [name for name in tool.required if name not in args]
    if missing:
        raise ToolError(f"{tool.name} needs {missing[0]}; give all of {', '.join(tool.required)}")
    found = validator(tool.parameters).iter_errors(dict(args))
    problem = min(found, key=lambda error: error.json_path, default=None)
    if problem is not None:
        where = problem.json_path.removeprefix("$.") if problem.path else "the arguments"
        raise ToolError(f"{tool.name}: {where}: {one_line(problem.message, _PROBLEM)}")


def threaded(function: Callable[..., JsonValue]) -> ToolFunction:
    """A synchronous function as a tool's `run`, each call in a daemon thread of its own.

    Not `asyncio.to_thread`: its pool is shared and small, so a few calls that hang would block every later one, and the
    program could not end while they hang.
    """
    threads = _Threads(function.__name__)

    @functools.wraps(function)
    async def run(**args: JsonValue) -> JsonValue:
        return await threads.call(functools.partial(function, **args))

    return run


def apart(function: ToolFunction) -> ToolFunction:
    """An `async` function as a tool's `run`, each call in a loop and a daemon thread of its own, so that one that blocks holds up nobody.

    Cancelling cancels it. What belongs to a loop (an HTTP client) cannot be kept from one call to the next.
    """
    threads = _Threads(function.__name__)

    @functools.wraps(function)
    async def run(**args: JsonValue) -> JsonValue:
        begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[JsonValue]]] = []

        async def call() -> JsonValue:
            task = asyncio.ensure_future(function(**args))
            begun.append((asyncio.get_running_loop(), task))
            return await task

        try:
            return await threads.call(lambda: asyncio.run(call()))
        except asyncio.CancelledError:
            for loop, task in begun:
                with contextlib.suppress(RuntimeError):  # it has ended
                    loop.call_soon_threadsafe(task.cancel)
            raise

    return run


class _Threads:
    """The calls of one function, each in a thread."""

    def __init__(self, name: str) -> None:
        self._name, self._places = name, threading.Semaphore(MAX_AT_WORK)

    async def call(self, work: Callable[[], JsonValue]) -> JsonValue:
        """What `work` gives. ToolError where too many are at work already, or it raises what is no Exception."""
        if not self._places.acquire(blocking=False):
            raise ToolError(
                f"{self._name} has {MAX_AT_WORK} calls that have not ended; it is not asked again until some do"
            )
        loop = asyncio.get_running_loop()
        future: asyncio.Future[JsonValue] = loop.create_future()
        threading.Thread(target=self._work, args=(work, loop, future), name=f"tool-{self._name}", daemon=True).start()
        return await future

    def _work(
        self, work: Callable[[], JsonValue], loop: asyncio.AbstractEventLoop, future: asyncio.Future[JsonValue]
    ) -> None:
        value: JsonValue = None
        raised: Exception | None = None
        try:
            value = work()
        except StopIteration:  # a future refuses it
            raised = ToolError(f"{self._name} failed: StopIteration")
        except Exception as error:  # noqa: BLE001 - boundary: handed to whoever awaits the call
            raised = error
        except BaseException as error:  # noqa: BLE001 - SystemExit and its like end a tool, and nothing else
            raised = ToolError(f"{self._name} failed: {type(error).__name__}: {said(error)}")
        finally:
            self._places.release()
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, future, value, raised)


def _settle(future: asyncio.Future[JsonValue], value: JsonValue, error: Exception | None) -> None:
    if future.done():  # the caller has given up
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _answer(tool: Tool, task: asyncio.Task[JsonValue]) -> JsonValue:
    if task.cancelled():
        raise ToolError(f"{tool.name} was cancelled from inside; try again")
    error = task.exception()
    if error is None:
        return _sound(tool, task.result())
    if isinstance(error, ToolError):
        raise ToolError(said(error)) from error
    if not isinstance(error, Exception):  # KeyboardInterrupt: not the tool's to report
        raise error
    raise ToolError(f"{tool.name} failed: {type(error).__name__}: {said(error, _PROBLEM)}") from error


def _sound(tool: Tool, value: JsonValue) -> JsonValue:
    try:
        return sound(value)
    except ToolError as error:
        raise ToolError(f"{tool.name} gave an answer that cannot be used: {error}") from None
    except Exception as error:  # an answer of a class that breaks when it is read
        raise ToolError(f"{tool.name} gave an answer that cannot be read: {type(error).__name__}") from error


def _forget(task: asyncio.Task[JsonValue]) -> None:
    """Take a late task's exception, which nobody waits for any more, so that asyncio does not report it as lost."""
    if not task.cancelled():
        task.exception()
