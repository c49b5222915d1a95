"""What jobs.ask does while it asks: every task to every endpoint, side by side, and what each answered is kept. No Ray.

    systems = asyncio.run(ask_all(endpoints, tasks, Asking(), Path("runs/x/answers"), moved=bar.add))

An endpoint that gives up, or whose money is spent, keeps what it answered; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from toolschool.errors import BudgetError, ConfigError, EndpointError
from toolschool.models.limits import Limits, Pace, Purse, check_url

if TYPE_CHECKING:
    from toolschool.evaluation.endpoints.dialects import Asking
    from toolschool.evaluation.endpoints.scores import Judged, System
    from toolschool.evaluation.endpoints.tasks import Task
    from toolschool.models.chat_endpoint import ChatEndpoint

ADVICE = "what was answered is kept: raise its max_cost and run again to go on"


class Endpoint(Limits):
    """One endpoint."""

    name: str
    """What it is called in tables and files."""
    url: str
    """An OpenAI-compatible endpoint, with its /v1."""
    model: str
    """The endpoint's name of the model."""
    key_env: str | None = None
    """The environment variable that holds its key; null: no key is sent."""
    calls: Literal["tool_calls", "python"] = "tool_calls"
    """How it is asked to call: by the protocol's tools, or in Python syntax in its text."""


def check_endpoints(endpoints: Sequence[Endpoint]) -> None:
    """ConfigError for names that cannot be files or columns, addresses that are none, and ceilings without prices."""
    names = [one.name for one in endpoints]
    if not names or len(set(names)) < len(names):
        raise ConfigError("endpoints: give at least one, each with a name of its own")
    for one in endpoints:
        if not one.name or "/" in one.name or one.name.startswith("."):
            raise ConfigError(f"endpoints: the name '{one.name}' must be a plain file name")
        check_url(
            f"endpoints.{one.name}.url",
            one.url,
            f"an environment variable and its name into endpoints.{one.name}.key_env",
        )
        if one.max_cost is not None and not (one.prompt_price or one.completion_price):
            raise ConfigError(
                f"endpoints.{one.name}.max_cost needs prompt_price and completion_price, of a million tokens"
            )


async def ask_all(
    endpoints: Sequence[Endpoint], tasks: Sequence[Task], asking: Asking, folder: Path, moved: Callable[[], None]
) -> list[System]:
    """In the order of the endpoints. `moved` is called for each task that an endpoint is through with."""
    return list(await asyncio.gather(*(ask_one(one, tasks, asking, folder, moved) for one in endpoints)))


async def ask_one(
    given: Endpoint, tasks: Sequence[Task], asking: Asking, folder: Path, moved: Callable[[], None]
) -> System:
    """All tasks to one endpoint, `concurrency` at the same time."""
    from toolschool.evaluation.endpoints.dialects import DIALECTS
    from toolschool.evaluation.endpoints.scores import Judged, System
    from toolschool.evaluation.endpoints.talk import play
    from toolschool.models.chat_record import ChatRecord, RecordedEndpoint

    record = ChatRecord(folder / f"{given.name}.jsonl")
    purse = Purse(float("inf") if given.max_cost is None else given.max_cost, record.spent, ADVICE)
    judged: dict[int, Judged] = {}
    stopped: list[str] = []
    waiting = iter(enumerate(tasks))

    async with open_endpoint(given) as endpoint:
        recorded = RecordedEndpoint(endpoint, record, purse)

        async def work() -> None:
            for place, task in waiting:
                try:
                    outcome = await play(task, recorded.ask, DIALECTS[given.calls], asking)
                except (EndpointError, BudgetError) as error:
                    stopped.append(str(error))
                    return
                judged[place] = Judged(task, outcome, task.judge(outcome))
                moved()
                if stopped:
                    return

        await asyncio.gather(*(work() for _ in range(given.concurrency)))
    return System(given.name, [judged[place] for place in sorted(judged)], given.prices, next(iter(stopped), ""))


def open_endpoint(given: Endpoint) -> ChatEndpoint:
    """Its client, within its limits."""
    from toolschool.models.chat_endpoint import ChatEndpoint

    return ChatEndpoint(
        given.url,
        given.model,
        key_variable=given.key_env,
        concurrency=given.concurrency,
        timeout_s=given.timeout_s,
        requests=Pace(given.requests_per_minute),
        tokens=Pace(given.tokens_per_minute),
        prices=given.prices,
    )
