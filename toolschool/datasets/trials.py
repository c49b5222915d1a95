"""Dialogues of trial and error over the desk: a request, an attempt, what the tool answers, another attempt, the answer.

    for text in generate(seed=0, count=100, split="train"): ...

The form is STE's (reference 3): `API_name`, `Description`, then `User Query`, `Action`, `Action Input`, `Observation`, `Final Answer`. Attempts
really run, on a desk in memory, so observations are what the tools say; a third of the dialogues begin with a mistake (an
argument missing, misnamed or of the wrong type) that the tool's answer names and the next attempt mends.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping

from toolschool.datasets.desk import generate as generate_desk
from toolschool.datasets.queries import documentation
from toolschool.errors import ToolError
from toolschool.records import Example, JsonValue, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import Desk, desk_catalog, is_failure
from toolschool.tools.run import check_args

MISTAKE_RATE = 0.35
KNOWN_RATE = 0.7  # of dialogues whose people, files and notes are there
MAX_OBSERVATION = 300  # characters


def generate(seed: int, count: int, split: str) -> Iterator[str]:
    """`count` dialogues of a split; dialogue `i` depends on (seed, split, i) only."""
    catalog = desk_catalog()
    for index in range(count):
        rng = random.Random(f"trials/{split}/{seed}/{index}")
        yield dialogue(_single(rng.randrange(10**9), split), catalog, rng)


def _single(seed: int, split: str) -> Example:
    """A generated request that one call serves."""
    return next(example for example in generate_desk(seed, 10_000, split) if len(example.plan.calls) == 1)


def dialogue(example: Example, catalog: Catalog, rng: random.Random) -> str:
    """One request with one or two attempts."""
    call = example.plan.calls[0]
    tool = catalog[call.tool]
    arguments: dict[str, JsonValue] = dict(zip(tool.argument_names, call.args, strict=False))
    assert example.now
    desk = Desk(now=example.now, open_world=rng.random() < KNOWN_RATE)
    lines = [
        documentation(tool.name, f"{tool.description} Arguments: {', '.join(tool.argument_names)}."),
        f"Today is {example.now:%A %Y-%m-%d %H:%M}.",
        f"User Query: {example.query}",
    ]
    if rng.random() < MISTAKE_RATE:
        lines += _attempt(desk, tool, _mistaken(arguments, rng), example)[:-1]
    lines += _attempt(desk, tool, arguments, example)
    desk.close()
    return "\n".join(lines)


def _attempt(desk: Desk, tool: Tool, arguments: Mapping[str, JsonValue], example: Example) -> list[str]:
    """Action, input, observation and final answer."""
    try:
        check_args(tool, arguments)
        seen, failed = desk.call(tool.name, arguments, example.now), False
    except ToolError as error:
        seen, failed = str(error), True
    seen = " ".join(seen.split())[:MAX_OBSERVATION]
    answer = f"That did not work: {seen}" if failed or is_failure(seen) else seen
    return [
        f"Action: {tool.name}",
        f"Action Input: {json.dumps(arguments, ensure_ascii=False)}",
        f"Observation: {seen}",
        f"Final Answer: {answer}",
    ]


def _mistaken(arguments: Mapping[str, JsonValue], rng: random.Random) -> dict[str, JsonValue]:
    """The arguments with one left out, misnamed or of the wrong type."""
    name = rng.choice(list(arguments))
    kind = rng.randrange(3)
    if kind == 0:
        return {key: value for key, value in arguments.items() if key != name}
    if kind == 1:
        return {f"{key}s" if key == name else key: value for key, value in arguments.items()}
    return {key: {"value": value} if key == name else value for key, value in arguments.items()}
