"""Run one tool call safely: schema first, then under the tool's time limit, every mishap as one line of ToolError.

    observation = await run_tool(desk.catalog()["get_phone_number"], {"name": "Mom"})

What the time limit promises: the caller is free again. A task is cancelled; a synchronous function wrapped by
`threaded` keeps its daemon thread until it returns, because Python cannot end a thread. An `async` tool must not block.
This is no sandbox: a tool is trusted code, its arguments are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable, Mapping

from toolschool.errors import ToolError
from toolschool.records import JsonValue, Tool, ToolFunction


async def run_tool(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
    """The tool's answer. Raises ToolError: arguments that break the schema, time out, or an exception inside."""
    check_args(tool, args)
    if tool.run is None:
        raise ToolError(f"{tool.name} can only be planned; use a catalogue whose tools run")
    task = asyncio.create_task(_call(tool.run, args))
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


async def _call(function: ToolFunction, args: Mapping[str, JsonValue]) -> JsonValue:
    return await function(**args)


def check_args(tool: Tool, args: Mapping[str, JsonValue]) -> None:
    """ToolError naming the first argument that is unknown, missing or of the wrong type.

    Every property is required where the schema does not say which are.
    """
    import jsonschema

    known = tool.argument_names
    extra = [name for name in args if name not in known]
    if extra:
        raise ToolError(f"{tool.name} has no argument {extra[0]}; it takes {', '.join(known) or 'none'}")
    missing = [name for name in tool.required if name not in args]
    if missing:
        raise ToolError(f"{tool.name} needs {missing[0]}; give all of {', '.join(tool.required)}")
    validator = jsonschema.Draft202012Validator(dict(tool.parameters))
    problem = min(validator.iter_errors(dict(args)), key=lambda error: error.json_path, default=None)
    if problem is not None:
        where = problem.json_path.removeprefix("$.") if problem.path else "the arguments"
        raise ToolError(f"{tool.name}: {where}: {_one_line(problem.message)}")


def threaded(function: Callable[..., JsonValue]) -> ToolFunction:
    """A synchronous function as a tool's `run`, each call in a daemon thread of its own.

    Not `asyncio.to_thread`: its pool is shared and small, so a few calls that hang would block every later one, and the
    program could not end while they hang.
    """

    @functools.wraps(function)
    async def run(**args: JsonValue) -> JsonValue:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[JsonValue] = loop.create_future()

        def work() -> None:
            try:
                settle = functools.partial(_settle, future, function(**args), None)
            except Exception as error:  # noqa: BLE001 - boundary: handed to whoever awaits the call
                settle = functools.partial(_settle, future, None, error)
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(settle)

        threading.Thread(target=work, name=f"tool-{function.__name__}", daemon=True).start()
        return await future

    return run


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
        return task.result()
    if isinstance(error, ToolError):
        raise error
    if not isinstance(error, Exception):  # KeyboardInterrupt, SystemExit: not the tool's to report
        raise error
    raise ToolError(f"{tool.name} failed: {type(error).__name__}: {_one_line(str(error))}") from error


def _forget(task: asyncio.Task[JsonValue]) -> None:
    """Take a late task's exception, which nobody waits for any more, so that asyncio does not report it as lost."""
    if not task.cancelled():
        task.exception()


def _one_line(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
