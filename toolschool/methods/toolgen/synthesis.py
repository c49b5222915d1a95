"""Requests made up from documentation, so that every tool has some to learn from: the embedded default, by templates.

    near = companions(apis.docs)                         # for each API the ones that a request may want together with it
    made_up(apis.docs[0], near[0], count=10, seed=0)     # [MadeUp("Could you ...?", (key,), ({"city": "Bonn"},)), ...]

A request is made of what the documentation says an API does, or of its names and parameters where it says nothing; values stand in it as
a user would say them, and in `arguments`. The same seed, key and companions give the same requests, the first ones however many are wanted.
Requests by a language model: `writing.py`. Nothing here has seen a request of any data set.
Limits: English templates. They teach which tool is meant, not how people speak; measure on requests that people wrote.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolschool.datasets.api_docs import ApiDoc, Key
from toolschool.datasets.splits import hash_percent
from toolschool.methods.toolgen.phrasing import deeds, keywords, name_words, reworded, topics
from toolschool.records import JsonValue
from toolschool.tools.simulated.answers import example_arguments
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.sources import simulated_api

NEAR = 4  # companions of the same tool; half as many of its category, and of anywhere
TRIES = 5  # for each request that is wanted, until it is another one
MAX_VALUE = 40  # characters of a value that a request says
_INVENTED = re.compile(r"\(no\. \d+\)$")  # a text that stands for no value in particular

_ASKS = (
    "can you {}?", "could you {}?", "could you please {} for me?", "please {}.", "I need you to {}.", "I'd like to {}.", "I want to {}.",
    "help me {}.", "{}.", "is there a way to {}?", "how can I {}?", "I'm trying to {}.", "would you {}?", "I have to {}.", "let's {}.",
    "is it possible to {}?", "what do I use to {}?", "we need to {}.", "my task is to {}.", "{} for me please.",
)  # fmt: skip
_TOPICS = (
    "I need {}.", "show me {}.", "I'm looking for {}.", "give me {}.", "do you have {}?", "can I get {}?", "where can I find {}?", "{}?",
    "tell me more about {}.", "I'm interested in {}.", "I'd love to see {}.", "I could use {}.", "what can you tell me about {}?", "{} please.",
    "I'm curious about {}.", "I was wondering about {}.",
)  # fmt: skip
_OPENINGS = (
    "I'm working on a project about {}.", "I'm writing an article on {}.", "I run a small {} business.", "I'm building an app for {}.",
    "My team does research on {}.", "I'm new to {}.", "I'm a big fan of {}.", "This is for my {} class.", "A client asked me about {}.",
)  # fmt: skip
_PLAIN_OPENINGS = (
    "I'm planning something with my family.", "I have a question.", "I'm preparing a presentation.", "My friend asked me this.",
    "I'm in a bit of a hurry.", "I hope you can help.", "I've been thinking about this all day.", "Hello!",
)  # fmt: skip
_CLOSINGS = ("Thanks!", "Thank you so much.", "It's for tomorrow.", "That would help a lot.", "I appreciate it.")
_WITH_TOOL = (" with {}", " using {}", " from {}", " in {}", " on {}", " through {}")
_WITH_VALUE = (
    " for {name} {value}",
    " with {name} {value}",
    " where the {name} is {value}",
    " for {value}",
    " ({name}: {value})",
    " {value}",
)
_JOINTS = ("Also, ", "Additionally, ", "After that, ", "And ", "Then ", "Furthermore, ", "On top of that, ", "")


@dataclass(frozen=True)
class MadeUp:
    """A request, the tools it wants, and what it says for each of them: values by parameter."""

    query: str
    gold: tuple[Key, ...]
    arguments: tuple[Mapping[str, JsonValue], ...]


def made_up(doc: ApiDoc, near: Sequence[ApiDoc], count: int, seed: int, together: float = 0.4) -> list[MadeUp]:
    """At most `count` different requests that want `doc`, a share `together` of them one or two of `near` as well."""
    rng = random.Random("/".join((str(seed), *doc.key)))
    sketches = {each.key: _Sketch.of(each) for each in (doc, *near)}
    found: dict[str, MadeUp] = {}
    for _ in range(count * TRIES if count else 0):
        wanted = [doc.key]
        if near and rng.random() < together:
            wanted += rng.sample([each.key for each in near], min(len(near), rng.choice((1, 1, 2))))
        rng.shuffle(wanted)
        made = _request([sketches[key] for key in wanted], rng)
        found.setdefault(made.query.lower(), made)
        if len(found) == count:
            break
    return list(found.values())


def companions(docs: Sequence[ApiDoc]) -> list[tuple[ApiDoc, ...]]:
    """For each API others that a request may want too: of its tool, of its category, of anywhere. The same in every run."""
    tools, categories = defaultdict(list), defaultdict(list)
    mixed = sorted(docs, key=lambda doc: (hash_percent("/".join(doc.key)), doc.key))
    for doc in mixed:
        tools[doc.key[:2]].append(doc)
        categories[doc.category].append(doc)
    places = {doc.key: place for place, doc in enumerate(mixed)}
    found = []
    for doc in docs:
        pools = (
            (tools[doc.key[:2]], NEAR if doc.tool else 0),
            (categories[doc.category], NEAR // 2),
            (mixed, NEAR // 2),
        )
        near = [each for pool, size in pools for each in _others(pool, size, doc, places[doc.key])]
        found.append(tuple({each.key: each for each in near}.values()))
    return found


def _others(pool: Sequence[ApiDoc], size: int, doc: ApiDoc, place: int) -> list[ApiDoc]:
    """`size` of a pool, from a place on that differs from API to API."""
    start = place % len(pool)
    turned = [*pool[start:], *pool[:start]][: size + 1]
    return [each for each in turned if each is not doc][:size]


@dataclass(frozen=True)
class _Sketch:
    """What requests for an API are made of. `bare` knows no documented values: half of the requests invent their own."""

    doc: ApiDoc
    deeds: tuple[str, ...]
    topics: tuple[str, ...]
    api: Api
    bare: Api

    @classmethod
    def of(cls, doc: ApiDoc) -> _Sketch:
        api = simulated_api(doc)
        schemas = {
            name: {rule: said for rule, said in schema.items() if rule != "examples"}
            for name, schema in api.parameters["properties"].items()
        }
        return cls(
            doc, deeds(doc), topics(doc), api, replace(api, parameters={**api.parameters, "properties": schemas})
        )


def _request(wanted: Sequence[_Sketch], rng: random.Random) -> MadeUp:
    values = [_values(sketch, rng) for sketch in wanted]
    category = name_words(wanted[0].doc.category)
    parts = []
    if rng.random() < 0.35:
        parts.append(
            rng.choice(_OPENINGS).format(category) if category and rng.random() < 0.6 else rng.choice(_PLAIN_OPENINGS)
        )
    for place, (sketch, said) in enumerate(zip(wanted, values, strict=True)):
        joint = rng.choice(_JOINTS) if place else ""
        clause = _clause(sketch, said, rng)
        parts.append(f"{joint}{clause}" if joint else clause[:1].upper() + clause[1:])
    if rng.random() < 0.15:
        parts.append(rng.choice(_CLOSINGS))
    return MadeUp(" ".join(parts), tuple(sketch.doc.key for sketch in wanted), tuple(values))


def _clause(sketch: _Sketch, values: Mapping[str, JsonValue], rng: random.Random) -> str:
    if rng.random() < 0.12 and (found := keywords(sketch.doc, rng)):  # names may be nothing but signs
        return f"{found}{_said(values, rng)}"
    asks = bool(sketch.deeds) and rng.random() < 0.6
    phrase = reworded(rng.choice(sketch.deeds if asks else sketch.topics), rng)
    tool = name_words(sketch.doc.tool)
    if tool and tool not in phrase and rng.random() < 0.35:
        phrase += rng.choice(_WITH_TOOL).format(tool)
    return rng.choice(_ASKS if asks else _TOPICS).format(phrase + _said(values, rng))


def _values(sketch: _Sketch, rng: random.Random) -> dict[str, JsonValue]:
    """One or two values, at times none: nobody says everything that is documented."""
    arguments = example_arguments(rng.choice((sketch.api, sketch.bare)), rng)
    sayable = [name for name, value in arguments.items() if _sayable(value)]
    chosen = rng.sample(sayable, min(len(sayable), rng.choice((0, 1, 1, 2))))
    return {name: _short(arguments[name]) for name in chosen}


def _short(value: JsonValue) -> JsonValue:
    """Large numbers without cents: few users say "for page 1585.45"."""
    return round(value) if isinstance(value, float) and abs(value) > 180 else value


def _sayable(value: JsonValue) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    return 0 < len(str(value)) <= MAX_VALUE and not _INVENTED.search(str(value))


def _said(values: Mapping[str, JsonValue], rng: random.Random) -> str:
    said = (
        rng.choice(_WITH_VALUE).format(name=name_words(name) or "value", value=value) for name, value in values.items()
    )
    return "".join(said)
