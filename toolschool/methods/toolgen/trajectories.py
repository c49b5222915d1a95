"""Episodes to learn from, every one of which really happened: scenarios are played in a world, call by call.

    world = SimulatedWorld(map(simulated_api, apis.docs), faults=Faults(client=0.05, server=0.1))
    episodes = list(played(catalogue_scenarios(apis.docs, count=4, seed=0, split="train"), world, seed=0, on_bad=print))

A scenario (`scenarios.py`) says what is asked and which calls do it; their results are the world's. Calls that the world fails on
purpose are made again or, where that cannot help, given up; a share MISTAKES of calls is made wrongly first, and what is wrong is not
taught. A scenario with no call is given up at once. An episode is kept if `completion.py` finds the task done, and if everything in it
that came from a result can be seen in what was shown of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal, NamedTuple

from toolschool.datasets.api_docs import Key
from toolschool.errors import RowError
from toolschool.methods.toolgen import thoughts
from toolschool.methods.toolgen.episodes import Episode, Step
from toolschool.methods.toolgen.protocol import cut, shown
from toolschool.methods.toolgen.worlds import Place, World
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated.calls import Exchange
from toolschool.tools.simulated.completion import GoldCall, unmet, unrepaired

MISTAKES = 0.05
TRIES = 3  # of a call that fails
MAX_ANSWER = 160  # characters
SHORTEST_PASSED = 4  # characters of a value that is thought to come from a result
_TRY_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, *(status for status in HTTPStatus if status >= 500))
_HOPELESS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)

Arguments = Callable[[Sequence[Exchange]], Mapping[str, JsonValue]]
OnBad = Callable[[str, str], None]  # the scenario's id, the reason


class Wanted(NamedTuple):
    """A call of a scenario; its arguments may be made of what the calls before it answered. RowError where they cannot."""

    key: Key
    arguments: Arguments


@dataclass(frozen=True)
class Scenario:
    """A request and the calls that serve it, in their order; none where no tool can. `gold` are the same calls as the source has them."""

    id: str
    query: str
    calls: tuple[Wanted, ...]
    now: datetime | None = None
    gold: tuple[GoldCall, ...] = ()


class _Made(NamedTuple):
    """A call as it was made for the scenario's call `number`; "mistake" is not taught."""

    number: int
    key: Key
    exchange: Exchange
    kind: Literal["call", "mistake"] = "call"


def played(scenarios: Iterable[Scenario], world: World, seed: int, on_bad: OnBad) -> Iterator[Episode]:
    """The episodes of scenarios; those that do not work out go to `on_bad`. Not inside a running event loop."""
    with asyncio.Runner() as runner:
        for scenario in scenarios:
            try:
                yield runner.run(play(scenario, world, seed))
            except RowError as error:
                on_bad(scenario.id, str(error))


async def play(scenario: Scenario, world: World, seed: int) -> Episode:
    """Make the scenario's calls. RowError where one is refused, or the episode could not be learnt."""
    rng = random.Random(f"{seed}/{scenario.id}")
    with world.open(scenario.now) as place:
        made = await _calls(scenario, world, place, rng)
    episode = _episode(scenario, made, rng)
    _check(episode, scenario, made, world)
    return episode


async def _calls(scenario: Scenario, world: World, place: Place, rng: random.Random) -> list[_Made]:
    """All that is called, up to the first call that cannot be made to work."""
    made: list[_Made] = []
    done: list[Exchange] = []
    for number, wanted in enumerate(scenario.calls):
        if wanted.key not in world.tools:
            raise RowError(f"{wanted.key} is no tool of this world; play it where it is one")
        arguments = wanted.arguments(done)
        if rng.random() < MISTAKES and (wrong := mistaken(world.tools[wanted.key], arguments, rng)) is not None:
            made.append(_Made(number, wanted.key, await place.call(wanted.key, wrong), "mistake"))
        for _ in range(TRIES):
            exchange = await place.call(wanted.key, arguments)
            made.append(_Made(number, wanted.key, exchange))
            if exchange.status not in _TRY_AGAIN:
                break
        if not exchange.ok:
            if exchange.status not in (*_TRY_AGAIN, *_HOPELESS):
                raise RowError(f"a call is refused: {exchange.error}")
            break
        done.append(exchange)
    return made


def mistaken(tool: Tool, arguments: Mapping[str, JsonValue], rng: random.Random) -> dict[str, JsonValue] | None:
    """The arguments without one that is required; None where none is."""
    required = [name for name in tool.parameters.get("required", tool.argument_names) if name in arguments]
    if not required:
        return None
    lost = rng.choice(required)
    return {name: value for name, value in arguments.items() if name != lost}


def _episode(scenario: Scenario, made: Sequence[_Made], rng: random.Random) -> Episode:
    """Thoughts and the end for what happened."""
    steps = tuple(
        Step(_thought(scenario, made, place, rng), call.key, call.exchange, call.kind == "call")
        for place, call in enumerate(made)
    )
    answer = None
    if not made:
        thought = rng.choice(thoughts.NO_TOOL)
    elif not made[-1].exchange.ok:
        thought = rng.choice(thoughts.HOPELESS)
    else:
        thought, answer = rng.choice(thoughts.DONE), _answer(scenario.query, made)
    return Episode(scenario.id, scenario.query, steps, thought, answer, scenario.now)


def _thought(scenario: Scenario, made: Sequence[_Made], place: int, rng: random.Random) -> str:
    call, before = made[place], made[place - 1] if place else None
    if before and not before.exchange.ok:
        return rng.choice(thoughts.CORRECTED if before.kind == "mistake" else thoughts.AGAIN)
    said = thoughts.plain_values(dict(call.exchange.arguments))
    part = thoughts.part_of(scenario.query, said, call.number / max(len(scenario.calls) - 1, 1))
    return thoughts.next_thought(part, _needed(scenario.query, made, call.number), rng)


def _answer(query: str, made: Sequence[_Made]) -> str:
    """What came out of the calls that no later one needed."""
    last = [call for call in made if call.exchange.ok and not _needed(query, made, call.number)]
    parts = [part for part in (thoughts.told(call.exchange) for call in last) if part]
    return cut("; ".join(parts), MAX_ANSWER) or "Done."


def _needed(query: str, made: Sequence[_Made], number: int) -> bool:
    """Whether a later call says something that call `number` answered and the request does not say."""
    answers = [call.exchange.answer for call in made if call.number == number]
    later = [value for call in made if call.number > number for value in _said(call)]
    new = [
        value
        for answer in answers
        for value in thoughts.plain_values(answer)
        if len(value) >= SHORTEST_PASSED and value not in query
    ]
    return any(value in text for value in new for text in later)


def _check(episode: Episode, scenario: Scenario, made: Sequence[_Made], world: World) -> None:
    """RowError for a task that is not done, and for values that come from a place where they could not be seen."""
    seen = whole = episode.query
    for call in made:
        hidden = [value for value in _said(call) if value not in seen and value in whole]
        if any(len(value) >= SHORTEST_PASSED for value in hidden):
            raise RowError(f"'{cut(hidden[0], 60)}' comes from a result that is too long to be shown; leave it out")
        seen = f"{seen}\n{shown(call.exchange)}"
        whole = "\n".join((whole, *thoughts.plain_values(call.exchange.answer)))
    if episode.answer is None:
        return
    done = {call.number for call in made if call.exchange.ok}
    if len(done) < len(scenario.calls) or unmet(scenario.gold, episode.log, world.apis) or unrepaired(episode.log):
        raise RowError("the calls do not do what is asked; look at the scenario")


def _said(call: _Made) -> list[str]:
    return thoughts.plain_values(dict(call.exchange.arguments))
