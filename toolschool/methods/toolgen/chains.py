"""Made-up requests in which one API's answer is what another one needs: create an event, then cancel it by its id.

    links(world.apis.values())[0]         # Link(createEvent, "event_id", cancelEvent, "event_id")
    chained_scenarios(link, world.apis, count=2, seed=0, split="train")

Two APIs are linked where the answer of one has, at its top, a field that another one of the same service requires: by name (`eventId`
is `event_id`) and type. Played as any scenario (`trajectories.py`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.splits import Split, split_of_made_up
from toolschool.methods.toolgen.phrasing import deeds, name_words, topics
from toolschool.methods.toolgen.scenarios import MORE, gold_scenario
from toolschool.methods.toolgen.trajectories import Scenario
from toolschool.records import JsonValue
from toolschool.tools.simulated.answers import example_arguments, plain
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.completion import GoldCall

_TYPES = ("string", "integer", "number")
_NO_THING = frozenset(("page", "type", "status", "message"))  # fields that are named alike and are not the same
_JOINTS = (
    "{first}, then {second} {of} that it gives.", "{first} and use {of} you get to {second}.",
    "Please {first}; with {of} from there, {second}.", "{first}. After that {second} {of} of the result.",
)  # fmt: skip


class Link(NamedTuple):
    """An API whose answer has, under `field`, what another one takes as `parameter`."""

    first: Api
    field: str
    second: Api
    parameter: str


def links(apis: Iterable[Api]) -> list[Link]:
    """All pairs of one service (of one category, where APIs have no service) that fit."""
    services: dict[tuple[str, str], list[Api]] = defaultdict(list)
    for api in apis:
        services[api.key[:2]].append(api)
    pairs = ((first, second) for group in services.values() for first in group for second in group)
    return [link for first, second in pairs if first is not second for link in _between(first, second)]


def chained_scenarios(link: Link, apis: Mapping[str, Api], *, count: int, seed: int, split: Split) -> list[Scenario]:
    """At most `count` requests for a link: those that fall into other splits, or would ask for invented texts, are left out."""
    found: dict[str, Scenario] = {}
    for number in range(count * MORE):
        name = "-".join(
            ("chain", "/".join(link.first.key), "/".join(link.second.key), link.parameter, f"{seed}", f"{number}")
        )
        query, gold = _request(link, random.Random(name))
        if split_of_made_up(query) == split and not any(map(_invented, gold)):
            found.setdefault(query, gold_scenario(name, query, gold, apis))
    return list(found.values())[:count]


def _between(first: Api, second: Api) -> Iterator[Link]:
    taken = {plain(name) for name in first.parameters["properties"]}
    fields = {plain(name): name for name in first.answer.get("properties", {})}
    for parameter in second.parameters["required"]:
        field = fields.get(plain(parameter))
        if field is None or plain(parameter) in taken | _NO_THING:
            continue
        given, wanted = first.answer["properties"][field], second.parameters["properties"][parameter]
        if given.get("type") == wanted.get("type") in _TYPES and "enum" not in wanted:
            yield Link(first, field, second, parameter)


def _request(link: Link, rng: random.Random) -> tuple[str, list[GoldCall]]:
    label = f"<{link.field}>"
    first = _arguments(link.first, rng)
    second = {**_arguments(link.second, rng), link.parameter: label}
    labels = tuple(f"<{name}>" for name in link.first.answer["properties"])
    gold = [GoldCall(link.first.name, first, labels), GoldCall(link.second.name, second)]
    said = {name: value for name, value in second.items() if name != link.parameter}
    query = rng.choice(_JOINTS).format(
        first=_clause(link.first, first, rng),
        second=_clause(link.second, said, rng),
        of=f"the {name_words(link.field)}",
    )
    return query[:1].upper() + query[1:], gold


def _arguments(api: Api, rng: random.Random) -> dict[str, JsonValue]:
    """Arguments that a request can say: of the optional ones plain values only."""
    required = api.parameters["required"]
    made = example_arguments(api, rng)
    return {name: value for name, value in made.items() if name in required or not _stands_for_any(value)}


def _invented(call: GoldCall) -> bool:
    return any(map(_stands_for_any, call.arguments.values()))


def _stands_for_any(value: JsonValue) -> bool:
    """Lists, objects, and made-up texts such as "Title (no. 194954)"."""
    return isinstance(value, list | dict) or "(no. " in str(value)


def _clause(api: Api, values: Mapping[str, JsonValue], rng: random.Random) -> str:
    """What an API does, with the values that it is given."""
    category, tool, name = api.key
    doc = ApiDoc(category, tool, name, api.description)
    deed = rng.choice(deeds(doc) or [f"get {topic}" for topic in topics(doc)])
    return deed + "".join(f", {name_words(argument)} {value}" for argument, value in values.items())
