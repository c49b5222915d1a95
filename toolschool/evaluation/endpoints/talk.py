"""A task played with a model: ask, run what it calls on the task's bench, tell it the results, until it calls no more.

outcome = await play(task, ask, DIALECTS["tool_calls"], Asking(turns=10))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from toolschool.errors import RequestRefused
from toolschool.evaluation.endpoints.dialects import NOTHING, Asking, Dialect
from toolschool.evaluation.endpoints.tasks import Bench, Outcome, Reading, Task, Turn
from toolschool.models.chat_endpoint import Answer, ChatRequest

Ask = Callable[[ChatRequest], Awaitable[Answer]]


async def play(task: Task, ask: Ask, dialect: Dialect, asking: Asking) -> Outcome:
    """What came of it. A request that the endpoint does not take is an outcome; EndpointError and BudgetError are not."""
    bench = task.open() if task.open else None
    turns: list[Turn] = []
    refused, state = "", None
    try:
        await _turns(task, ask, dialect, asking, bench, turns)
    except RequestRefused as error:
        refused = str(error)
    finally:
        if bench is not None:
            state = bench.close()
    return Outcome(tuple(turns), state, refused)


async def _turns(
    task: Task, ask: Ask, dialect: Dialect, asking: Asking, bench: Bench | None, turns: list[Turn]
) -> None:
    """All turns, added as they come. An answer that cannot be read is told so, where there are turns left."""
    messages = list(task.messages)
    extra = {"toolschool": {"now": task.now.isoformat()}} if asking.clock and task.now else {}
    for _ in range(asking.turns if bench else 1):
        answer = await ask(replace(dialect.request(messages, task.functions, asking), extra=extra))
        reading = dialect.read(answer, task.functions)
        turns.append(Turn(answer, reading))
        if bench is None or (not reading.calls and reading.problem in ("", NOTHING)):
            return
        messages += dialect.results(answer, reading, await _results(reading, bench))


async def _results(reading: Reading, bench: Bench) -> list[str]:
    """What each call gives, one after the other."""
    return [
        f"Error: {call.problem}" if call.arguments is None else await bench.run(call.name, call.arguments)
        for call in reading.calls
    ]
