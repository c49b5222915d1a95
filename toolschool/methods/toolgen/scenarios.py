"""Requests with the calls that serve them, from what there is: the desk's plans, documentation, Seal-Tools' gold calls.

    desk_scenarios("written", split="train", limit=1000, seed=0, on_bad=print)
    catalogue_scenarios(apis.docs, world.tools, count=4, seed=0, split="train")       # requests made up from documentation
    sealtools_scenarios(world.apis, split="train", on_bad=print)
    unserved_scenarios("desk", split="train", limit=100, seed=0)                      # for worlds without a desk

They are played in `trajectories.py`; requests in which a result is passed on are in `chains.py`. Every source keeps to its splits
(`docs/splits.md`); made-up requests fall into theirs by their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from toolschool.datasets import registry
from toolschool.datasets.api_docs import ApiDoc, Key, from_tool
from toolschool.datasets.splits import Split, by_shares, skeleton
from toolschool.errors import PlanError, RowError
from toolschool.methods.toolgen.synthesis import companions, made_up
from toolschool.methods.toolgen.trajectories import OnBad, Scenario, Wanted
from toolschool.plans.arguments import fill_arguments
from toolschool.records import Call, Example, JsonValue, Tool
from toolschool.tools.desk import desk_catalog
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange
from toolschool.tools.simulated.completion import GoldCall, filled, labelled
from toolschool.tools.simulated.sources import sealtools_gold

MAX_CALLS = 4
MORE = 6  # made-up requests looked at for each that is wanted: most leave something open
PURPOSES: Mapping[str, str] = {"train": "train", "validation": "select", "test": "test"}


def desk_scenarios(source: str, *, split: Split, limit: int | None, seed: int, on_bad: OnBad) -> Iterator[Scenario]:
    """Requests with plans over the desk: of `desk`, `written` or `tinyagent`. Longer plans than MAX_CALLS are left out."""

    def bad(row: Mapping[str, object], reason: str) -> None:
        on_bad(str(row.get("id")), reason)

    rows = registry.examples(source, split=split, limit=limit, seed=seed, purpose=PURPOSES[split], on_bad=bad)
    for example in rows:
        try:
            yield desk_scenario(example)
        except RowError as error:
            on_bad(example.id, str(error))


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


def unserved_scenarios(source: str, *, split: Split, limit: int, seed: int) -> Iterator[Scenario]:
    """Requests for the desk, to be given up in a world that has none: of a source with plans, those that have one."""
    for example in registry.examples(source, split=split, limit=limit, seed=seed, purpose=PURPOSES[split]):
        if example.plan.calls:
            yield Scenario(f"unserved-{example.id}", example.query, ())


def catalogue_scenarios(
    docs: Sequence[ApiDoc], tools: Mapping[Key, Tool], *, count: int, seed: int, split: Split
) -> Iterator[Scenario]:
    """At most `count` made-up requests for each API, alone or with others, that say all that their calls need."""
    by_key = {doc.key: doc for doc in docs}
    for doc, near in zip(docs, companions(docs), strict=True):
        whole = [
            made
            for made in made_up(doc, near, count * MORE, seed)
            if all(_complete(by_key[key], said) for key, said in zip(made.gold, made.arguments, strict=True))
            and split_of_made_up(made.query) == split
        ]
        for number, made in enumerate(whole[:count]):
            gold = [GoldCall(tools[key].name, said) for key, said in zip(made.gold, made.arguments, strict=True)]
            calls = tuple(map(_fixed, made.gold, made.arguments))
            yield Scenario(f"{'/'.join(doc.key)}-{seed}-{number}", made.query, calls, gold=tuple(gold))


def sealtools_scenarios(
    apis: Mapping[str, Api], *, split: Split, on_bad: OnBad, path: str | Path | None = None
) -> Iterator[Scenario]:
    """Requests of Seal-Tools with their gold calls; `apis` are its APIs by name."""
    for row in registry.load("sealtools", path=path, split=split, purpose=PURPOSES[split]):
        if row["kind"] == "query":
            try:
                yield sealtools_scenario(row, apis)
            except RowError as error:
                on_bad(str(row["id"]), str(error))


def sealtools_scenario(row: Mapping[str, JsonValue], apis: Mapping[str, Api]) -> Scenario:
    """A row of the registry. RowError for more calls than MAX_CALLS, or one of no API."""
    gold = sealtools_gold(row["gold"]["calls"])
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


def split_of_made_up(query: str) -> Split:
    """Requests that are made up by templates, as `pipelines/toolgen.py` splits them: one of twenty validates."""
    return by_shares(skeleton(query), train=95, validation=5)


def _filled_plan(call: Call, calls: Sequence[Call], done: Sequence[Exchange]) -> dict[str, JsonValue]:
    answers = {earlier.id: exchange.answer for earlier, exchange in zip(calls, done, strict=False)}
    try:
        return fill_arguments(call, desk_catalog()[call.tool], answers)
    except PlanError as error:
        raise RowError(str(error)) from None


def _fixed(key: Key, arguments: Mapping[str, JsonValue]) -> Wanted:
    return Wanted(key, lambda done: arguments)


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
