"""Requests with the calls that serve them, from what there is: the desk's plans, documentation, Seal-Tools' gold calls.

    desk_scenario(example)                          # a request with its plan
    unserved_scenario(example)                      # the same for worlds without a desk
    made_up_scenarios(doc, near, world, count=4, seed=0, split="train")       # requests made up from an API's documentation
    sealtools_scenario(row, world.apis)

They are played in `trajectories.py`; requests in which a result is passed on are in `chains.py`; `tasks.py` asks for all of them by
configuration. Made-up requests fall into their splits by their text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from toolschool.datasets.api_docs import ApiDoc, from_tool
from toolschool.datasets.splits import Split, split_of_made_up
from toolschool.errors import PlanError, RowError
from toolschool.methods.toolgen.synthesis import made_up
from toolschool.methods.toolgen.trajectories import Scenario, Wanted
from toolschool.methods.toolgen.worlds import World
from toolschool.plans.arguments import fill_arguments
from toolschool.records import Call, Example, JsonValue
from toolschool.tools.desk import desk_catalog
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange
from toolschool.tools.simulated.completion import GoldCall, filled, labelled
from toolschool.tools.simulated.sources import sealtools_gold

MAX_CALLS = 4
MORE = 6  # made-up requests looked at for each that is wanted: most leave something open, or fall into another split


def desk_scenario(example: Example) -> Scenario:
    """A plan call by call. RowError for a long or damaged one."""
    calls = example.plan.calls
    if len(calls) > MAX_CALLS:
        raise RowError(f"{len(calls)} calls are more than {MAX_CALLS}; leave it out")
    if example.damage:
        raise RowError(f"the source flags this plan as damaged ({example.damage})")
    wanted = tuple(
        Wanted(from_tool(desk_catalog()[call.tool]).key, partial(_filled_plan, call, calls)) for call in calls
    )
    return Scenario(example.id, example.query, wanted, example.now)


def unserved_scenario(example: Example) -> Scenario:
    """The request in a world that has no desk: to be given up. RowError for one that not even the desk serves."""
    if not example.plan.calls:
        raise RowError("nothing serves this request, with a desk or without; leave it out")
    return Scenario(f"unserved-{example.id}", example.query, ())


def made_up_scenarios(
    doc: ApiDoc, near: Sequence[ApiDoc], world: World, *, count: int, seed: int, split: Split
) -> list[Scenario]:
    """At most `count` made-up requests for an API, alone or with some of `near`, that say all that their calls need."""
    by_key = {each.key: each for each in (doc, *near)}
    whole = [
        made
        for made in made_up(doc, near, count * MORE, seed)
        if all(_complete(by_key[key], said) for key, said in zip(made.gold, made.arguments, strict=True))
        and split_of_made_up(made.query) == split
    ]
    name = "/".join(doc.key)
    return [
        gold_scenario(
            f"{name}-{seed}-{number}",
            made.query,
            [GoldCall(world.tools[key].name, said) for key, said in zip(made.gold, made.arguments, strict=True)],
            world.apis,
        )
        for number, made in enumerate(whole[:count])
    ]


def sealtools_scenario(row: Mapping[str, JsonValue], apis: Mapping[str, Api]) -> Scenario:
    """A row of the registry. RowError for more calls than MAX_CALLS, or one of no API."""
    try:
        gold = sealtools_gold(row["gold"]["calls"])
    except (KeyError, TypeError) as error:
        raise RowError(f"the gold calls are no such: {type(error).__name__} {error}") from None
    if not all(isinstance(call.arguments, Mapping) for call in gold):
        raise RowError("the gold calls are no such: parameters must be an object")
    if len(gold) > MAX_CALLS:
        raise RowError(f"{len(gold)} calls are more than {MAX_CALLS}; leave it out")
    if strange := [call.api for call in gold if call.api not in apis]:
        raise RowError(f"{strange[0]} is no API of the source")
    return gold_scenario(f"sealtools-{row['id']}", str(row["query"]), gold, apis)


def gold_scenario(name: str, query: str, gold: Sequence[GoldCall], apis: Mapping[str, Api]) -> Scenario:
    """Gold calls whose arguments may name fields of earlier answers by their labels."""
    calls = tuple(
        Wanted(apis[call.api].key, partial(_filled_gold, gold, place, apis)) for place, call in enumerate(gold)
    )
    return Scenario(name, query, calls, gold=tuple(gold))


def _filled_plan(call: Call, calls: Sequence[Call], done: Sequence[Exchange]) -> dict[str, JsonValue]:
    answers = {earlier.id: exchange.answer for earlier, exchange in zip(calls, done, strict=False)}
    try:
        return fill_arguments(call, desk_catalog()[call.tool], answers)
    except PlanError as error:
        raise RowError(str(error)) from None


def _complete(doc: ApiDoc, said: Mapping[str, JsonValue]) -> bool:
    return all(parameter.name.strip() in said for parameter in doc.required)


def _filled_gold(
    gold: Sequence[GoldCall], place: int, apis: Mapping[str, Api], done: Sequence[Exchange]
) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    for call, exchange in zip(gold, done, strict=False):
        values |= labelled(call, exchange.answer)
    arguments = filled(gold[place], apis[gold[place].api], values)
    labels = {label for call in gold for label in call.labels}
    for name, value in arguments.items():
        if isinstance(value, str) and any(label in value.split() for label in labels):
            raise RowError(f"{name}: nothing answers {value}, or nothing that fits; leave it out")
    return arguments
