"""A seeded generator of requests that need no tool, as people type them to an assistant that has two hundred plug-ins.

    for row in generate(seed=0, count=1000, split="train"): text(row), marked(row)

A row is `{id, kind: "no_tool", query, topic, split}`; `topic` is one of KINDS: greetings, small talk, poems, opinions, common sense. They speak
of weather, money, travel and recipes too, so that such words alone do not ask for a tool. What is asked belongs to one split by its hash,
whatever stands around it ("Hi!", "can you"); so do the entries of `no_tool_words` and a part of the phrasings.

Limits: English only. 30,000 rows of a split repeat no query, but by then validation has little left to say: greetings and thanks get rare, and rows take
milliseconds. `rewrite`, `slogan` and `translate` are what some catalogs have a tool for: leave these topics out there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from toolschool.datasets.desk.draw import HELD_OUT_RATE, Draw
from toolschool.datasets.marked import MarkedText, check_marked
from toolschool.datasets.no_tool_talk import TALK, Kind
from toolschool.datasets.no_tool_tasks import ASKS, TASKS
from toolschool.datasets.no_tool_words import owned, parted
from toolschool.datasets.splits import by_shares, guard

NONE = "none"
KINDS: Mapping[str, Kind] = {**TALK, **TASKS}
OPENERS = ("Hi!", "Hello!", "Hey!", "Hi there!", "Hey there!", "Good morning!", "Good evening!")
WORDS = (3, 40)  # of a query, both included
TRIES = 200  # draws of a query that was not had before
# No "Hi!" before these, and no word of where one is.
UNLED = tuple("greeting thanks closing news settled feeling".split())
OPENED, LED, PLACED, FOLLOWED, SLOPPY, UNSTOPPED = 0.08, 0.22, 0.5, 0.25, 0.07, 0.04
_CLOCK = datetime(2025, 1, 1)  # a Draw wants one; no request says when it is made
_SLOT = re.compile(r"\{(\w+?)(\d?)\}")

Row = Mapping[str, Any]
Slots = dict[str, str]


class Said(NamedTuple):
    """A query; `core` is what is said, without the words around it, and decides the split."""

    kind: str
    query: str
    core: str


def generate(seed: int, count: int, split: str) -> Iterator[dict[str, str]]:
    """`count` rows of a split; the first rows are the same whatever the count."""
    guard("no_tool", split, "test")  # nothing belongs to an unknown split: it would be drawn for ever
    had: set[str] = set()
    for index in range(count):
        draw = Draw(random.Random(f"no_tool/{split}/{seed}/{index}"), split, _CLOCK)
        said = _new(draw, had)
        yield {
            "id": f"no_tool-{split}-{seed}-{index}",
            "kind": "no_tool",
            "query": said.query,
            "topic": said.kind,
            "split": split,
        }


def query(row: Row) -> str:
    """What the user types."""
    return str(row["query"])


def text(row: Row) -> str:
    """The query and the decision, laid out as `queries.marked` lays out requests with a tool."""
    return f"{_before_decision(row)}{NONE}"


def marked(row: Row) -> MarkedText:
    """The text without a span; only what stands behind "Tool:" is supervised: where `queries.marked` calls, words come next."""
    return check_marked(MarkedText(text(row), (), str(row["id"]), len(_before_decision(row).rstrip())))


def plain(words: str) -> str:
    """Lower-case words without punctuation: what makes two queries the same."""
    return " ".join(re.findall(r"\w+", words.lower()))


def _before_decision(row: Row) -> str:
    return f"User Query: {query(row).strip()}\nTool: "


def _new(draw: Draw, had: set[str]) -> Said:
    """A query of the split that was not had before, or, where there seem to be no more, one that was."""
    for _ in range(TRIES):
        said = _of_split(draw)
        if plain(said.query) not in had:
            break
    had.add(plain(said.query))
    return said


def _of_split(draw: Draw) -> Said:
    while True:
        said = _said(draw)
        fits = WORDS[0] <= len(said.query.split()) <= WORDS[1]
        if fits and by_shares(f"no_tool:{plain(said.core)}", train=50, validation=10) == draw.split:
            return said


def _said(draw: Draw) -> Said:
    name = draw.weighted({name: kind.weight for name, kind in KINDS.items()})
    kind = KINDS[name]
    template = _phrasing(draw, kind.says + kind.deeds)
    slots: Slots = {}
    core = _filled(draw, template, slots)
    asked = _asked(draw, core) if template in kind.deeds else _capital(core)
    parts = [_opener(draw, name), _before(draw, name, slots), asked, _aside(draw, kind.after, FOLLOWED, slots)]
    return Said(name, _styled(draw, " ".join(part for part in parts if part)), core)


def _opener(draw: Draw, name: str) -> str:
    return draw.pick(OPENERS) if name not in UNLED and draw.chance(OPENED) else ""


def _before(draw: Draw, name: str, slots: Slots) -> str:
    """What leads to the request, or where somebody is who types it."""
    own = KINDS[name].before
    placed = name not in UNLED and (not own or draw.chance(PLACED))
    return _aside(draw, ("{moment}",) if placed else own, LED, slots)


def _aside(draw: Draw, templates: tuple[str, ...], rate: float, slots: Slots) -> str:
    """A sentence that stands before or after what is said, or none."""
    return _filled(draw, _phrasing(draw, templates), slots) if templates and draw.chance(rate) else ""


def _phrasing(draw: Draw, templates: tuple[str, ...]) -> str:
    """A phrasing that the split may use: 60 % are everybody's, validation and test say one of their own half of the time."""
    parts = parted(templates, 0.6, 0.15)
    own = parts[draw.split] if draw.chance(HELD_OUT_RATE) else ()
    return draw.pick(own or parts["train"] or templates)


def _filled(draw: Draw, template: str, slots: Slots) -> str:
    """A template with its choices made and its slots filled; `slots` keeps what was taken, so that nothing is taken twice."""

    def entry(found: re.Match[str]) -> str:
        slot = found[0].lower()
        if slot not in slots:
            slots[slot] = draw.pick(
                [word for word in owned(found[1].lower(), draw.split) if word not in slots.values()]
            )
        return _capital(slots[slot]) if found[1][0].isupper() else slots[slot]

    return _SLOT.sub(entry, draw.fill(template))


def _asked(draw: Draw, deed: str) -> str:
    """A deed as a request; behind a quoted sentence there is no other mark."""
    lead, end = draw.weighted(dict(ASKS))
    return _capital(lead + deed) + ("" if deed.endswith(('."', '?"')) else end)


def _styled(draw: Draw, words: str) -> str:
    """Now and then without capital letters, or without the last mark."""
    if draw.chance(SLOPPY):
        return words.lower().rstrip(".?!")
    return words.rstrip(".?") if draw.chance(UNSTOPPED) else words


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
