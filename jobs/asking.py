"""What jobs.ask does while it asks: every task to every endpoint, side by side, and what each answered is kept. No Ray.

    systems = asyncio.run(ask_all(endpoints, tasks, Asking(), Path("runs/x/answers"), bar.add, known={}))

An endpoint that gives up, or whose money is spent, keeps what it answered; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jobs.agents import names_of, takes_tools
from toolschool.errors import BudgetError, ConfigError, EndpointError
from toolschool.models.limits import Limits, Pace, Purse, check_url

if TYPE_CHECKING:
    from serving.settings import AppArgs
    from toolschool.evaluation.endpoints.dialects import Asking
    from toolschool.evaluation.endpoints.scores import Judged, System
    from toolschool.evaluation.endpoints.tasks import Task
    from toolschool.models.chat_endpoint import ChatEndpoint

ADVICE = "what was answered is kept: raise its max_cost and run again to go on"


class Endpoint(Limits):
    """One endpoint."""

    name: str
    """What it is called in tables and files."""
    url: str | None = None
    """An OpenAI-compatible endpoint, with its /v1; null: the agent that is served here."""
    model: str
    """The endpoint's name of the model."""
    key_env: str | None = None
    """The environment variable that holds its key; null: no key is sent."""
    calls: Literal["tool_calls", "python", "own"] = "tool_calls"
    """How it is asked to call: by the protocol's tools, or in Python syntax in its text; own: it is offered none, as it has tools of its own."""


def check_endpoints(endpoints: Sequence[Endpoint]) -> None:
    """ConfigError for names that cannot be files or columns, addresses that are none, and ceilings without prices."""
    names = [one.name for one in endpoints]
    if not names or len(set(names)) < len(names):
        raise ConfigError("endpoints: give at least one, each with a name of its own")
    for one in endpoints:
        if not one.name or "/" in one.name or one.name.startswith("."):
            raise ConfigError(f"endpoints: the name '{one.name}' must be a plain file name")
        if one.url is not None:
            check_url(
                f"endpoints.{one.name}.url",
                one.url,
                f"an environment variable and its name into endpoints.{one.name}.key_env",
            )
        if one.max_cost is not None and not (one.prompt_price or one.completion_price):
            raise ConfigError(
                f"endpoints.{one.name}.max_cost needs prompt_price and completion_price, of a million tokens"
            )


def check_here(endpoints: Sequence[Endpoint], agent: AppArgs | None) -> None:
    """ConfigError for an endpoint without address where no agent is served, for an agent that nobody asks, and for asking it as what it is not."""
    here = [one for one in endpoints if one.url is None]
    if agent is None:
        if here:
            raise ConfigError(f"endpoints.{here[0].name} has no url; give it one, or an agent to be served here")
        return
    if not here:
        raise ConfigError("agent: every endpoint has a url, so nobody would ask it; leave out the agent, or a url")
    for one in here:
        if one.model not in names_of(agent):
            raise ConfigError(
                f"endpoints.{one.name}.model: the agent does not answer as {one.model}; use {', '.join(names_of(agent))}"
            )
        if one.calls != "own" and not takes_tools(agent, one.model):
            raise ConfigError(f"endpoints.{one.name}.calls: {one.model} knows its own tools alone; set calls=own")


def check_own(endpoints: Sequence[Endpoint], tasks: Mapping[str, int]) -> None:
    """ConfigError for an endpoint with tools of its own that would be asked nothing."""
    from toolschool.evaluation.endpoints.number_tasks import QUESTIONS

    own = [one for one in endpoints if one.calls == "own"]
    if own and not any(tasks.get(source) for source in QUESTIONS):
        raise ConfigError(
            f"endpoints.{own[0].name}.calls=own: it is asked what its text answers; add tasks of {', '.join(QUESTIONS)}"
        )


def placed(endpoints: Sequence[Endpoint], url: str, most: int) -> list[Endpoint]:
    """Those without an address at `url`, which takes `most` requests at the same time, of all of them together."""
    each = max(1, most // max(1, sum(one.url is None for one in endpoints)))
    return [
        one.model_copy(update={"url": url, "concurrency": min(one.concurrency, each)}) if one.url is None else one
        for one in endpoints
    ]


def tasks_of(given: Endpoint, tasks: Sequence[Task]) -> list[Task]:
    """What it is asked: with tools of its own only what is judged by its text."""
    return [task.own for task in tasks if task.own] if given.calls == "own" else list(tasks)


async def ask_all(
    endpoints: Sequence[Endpoint],
    tasks: Sequence[Task],
    asking: Asking,
    folder: Path,
    moved: Callable[[], None],
    known: Mapping[str, str],
) -> list[System]:
    """In the order of the endpoints. `moved` is called for each task that an endpoint is through with; `known` says by what the answers
    of an address are known, where that is not the address.
    """
    told = (ask_one(one, tasks, asking, folder, moved, known.get(one.url or "", "")) for one in endpoints)
    return list(await asyncio.gather(*told))


async def ask_one(
    given: Endpoint, tasks: Sequence[Task], asking: Asking, folder: Path, moved: Callable[[], None], known_as: str
) -> System:
    """All its tasks to one endpoint, `concurrency` at the same time. `known_as` is empty unless it is the agent that is served here."""
    from toolschool.evaluation.endpoints.dialects import DIALECTS
    from toolschool.evaluation.endpoints.scores import Judged, System
    from toolschool.evaluation.endpoints.talk import play
    from toolschool.models.chat_record import ChatRecord, RecordedEndpoint

    record = ChatRecord(folder / f"{given.name}.jsonl")
    purse = Purse(float("inf") if given.max_cost is None else given.max_cost, record.spent, ADVICE)
    judged: dict[int, Judged] = {}
    stopped: list[str] = []
    waiting = iter(enumerate(tasks_of(given, tasks)))
    asking = replace(asking, clock=bool(known_as))

    async with open_endpoint(given) as endpoint:
        recorded = RecordedEndpoint(endpoint, record, purse, known_as)

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
    """Its client, within its limits; it has an address."""
    from toolschool.models.chat_endpoint import ChatEndpoint

    assert given.url is not None
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
