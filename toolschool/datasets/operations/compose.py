"""One question of the `operations` source and how its answer begins, with and without a call.

    made = called(draw, "remainder")     # Made(question, statement, result, tool, arguments)
    made = uncalled(draw)                # the same, tool "": the result stands in the question

`draw` is bound to a split: its names, things, phrasings and calls are of that split, see `words.py` and `call_split`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from toolschool.datasets.desk.draw import HELD_OUT_RATE, Draw
from toolschool.datasets.operations import counting, four, powers, readings
from toolschool.datasets.operations.notation import in_signs, in_words, letters
from toolschool.datasets.operations.numbers import Drawn, Maker
from toolschool.datasets.operations.readings import Reading
from toolschool.datasets.operations.story import ENDINGS, PLAIN_LEADS, WORDED, WORDS_ALONE, Story
from toolschool.datasets.operations.words import COMMON, POOLS, allowed, owned
from toolschool.datasets.splits import by_shares
from toolschool.tools.arithmetic import OPERATORS, calculate_call

STORIES: Mapping[str, tuple[Story, ...]] = {
    "add": four.ADD, "subtract": four.SUBTRACT, "multiply": four.MULTIPLY, "divide": four.DIVIDE,
    "power": powers.POWER, "sqrt": powers.SQRT, "log": powers.LOG, "ln": powers.LN,
    "lcm": counting.LCM, "gcd": counting.GCD, "remainder": counting.REMAINDER, "choose": counting.CHOOSE,
    "permutate": counting.PERMUTATE,
}  # fmt: skip
TOOLS = tuple(OPERATORS)
MAX_RESULT_DIGITS = 15
MIN_RESULT_DIGITS = {"multiply": 4, "power": 3, "lcm": 4, "choose": 3, "permutate": 3}  # fewer need no tool
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Slots = dict[str, str]


class Made(NamedTuple):
    """`statement` is the answer up to the result."""

    question: str
    statement: str
    result: str
    tool: str = ""
    arguments: tuple[str, ...] = ()


def call_split(tool: str, arguments: Sequence[str]) -> str:
    """The split that a call belongs to, whatever the order of its arguments."""
    return by_shares(f"operations:{tool}({', '.join(sorted(arguments))})", train=50, validation=10)


def called(draw: Draw, tool: str) -> Made:
    """A question that needs the tool and does not hold its result."""
    stories = _by_question(STORIES[tool])
    template = _phrasing(draw, tuple(stories))
    story = stories[template]
    while True:
        drawn, result = _call(draw, tool, story.numbers)
        slots = {**_slots(draw, drawn), **_expressions(draw, tool, drawn.arguments)}
        asked = draw.fill(template, **slots)
        if not holds(f"{asked} {slots['signs']}", result):
            break
    lead = draw.fill(_phrasing(draw, story.leads, PLAIN_LEADS), **slots)
    ending = draw.weighted(ENDINGS)
    if ending == WORDED and _echoes(lead, slots["words"]):
        ending = WORDS_ALONE
    return Made(asked, draw.fill(ending, lead=lead, **slots), result, tool, drawn.arguments)


def uncalled(draw: Draw) -> Made:
    """A question whose answer stands in it."""
    kinds: dict[Callable[[Draw], Made], float] = {_read: 40, _stated: 30, _told: 30}
    return draw.weighted(kinds)(draw)


def holds(words: str, number: str) -> bool:
    """Whether a number stands in a text, as a number of its own and whatever its sign."""
    return number.lstrip("-") in _NUMBER.findall(words)


def _read(draw: Draw) -> Made:
    """A number is read off a text, or is the largest or smallest there."""
    found = _by_question(readings.READINGS)
    template = _phrasing(draw, tuple(found))
    reading = found[template]
    drawn = reading.numbers(draw.rng)
    slots = {**_slots(draw, drawn), **_compared(drawn.arguments)}
    lead = draw.fill(_phrasing(draw, reading.leads, PLAIN_LEADS), **slots)
    return Made(draw.fill(template, **slots), lead if lead.endswith("=") else f"{lead} ", slots[reading.answer])


def _stated(draw: Draw) -> Made:
    """An expression whose result is told, rightly or wrongly."""
    tool = draw.pick(TOOLS)
    drawn, result = _call(draw, tool, draw.pick(STORIES[tool]).numbers)
    slots = {**_slots(draw, drawn), **_expressions(draw, tool, drawn.arguments)}
    return _said(draw, "", _phrasing(draw, readings.STATED), slots, result)


def _told(draw: Draw) -> Made:
    """A question of a story, and behind it its answer, right or wrong."""
    made = called(draw, draw.pick(TOOLS))
    slots = {**_slots(draw, Drawn(())), **_expressions(draw, made.tool, made.arguments)}
    return _said(draw, f"{made.question} ", _phrasing(draw, readings.TOLD), slots, made.result)


def _said(draw: Draw, before: str, template: str, slots: Slots, result: str) -> Made:
    slots |= {"result": result, "wrong": _mistaken(draw.rng, result)}
    lead = draw.fill(_phrasing(draw, readings.SAID_LEADS))
    wrong = "{wrong}" in template
    said = draw.fill(draw.weighted(readings.WRONG_ENDINGS if wrong else readings.SAID_ENDINGS), lead=lead, **slots)
    return Made(before + draw.fill(template, **slots), said, slots["wrong" if wrong else "result"])


def _call(draw: Draw, tool: str, numbers: Maker) -> tuple[Drawn, str]:
    """Numbers whose call belongs to the split, and its result, which is neither trivial nor too long."""
    while True:
        drawn = numbers(draw.rng)
        if call_split(tool, drawn.arguments) != draw.split:
            continue
        result = calculate_call(tool, drawn.arguments)
        size = sum(character.isdigit() for character in result)
        if MIN_RESULT_DIGITS.get(tool, 1) <= size <= MAX_RESULT_DIGITS and result != "0":
            return drawn, result


def _phrasing(draw: Draw, templates: Sequence[str], otherwise: Sequence[str] = ()) -> str:
    """A phrasing that the split may use, in validation and test half of the time one of its own."""
    shared, own = allowed(tuple(templates), draw.split)
    return draw.pick(own if own and (not shared or draw.chance(HELD_OUT_RATE)) else shared or otherwise)


@cache
def _by_question(stories: tuple[Story, ...] | tuple[Reading, ...]) -> Mapping[str, Any]:
    """Questions, each with its story."""
    return {template: story for story in stories for template in story.questions}


def _slots(draw: Draw, drawn: Drawn) -> Slots:
    """Numbers, names and things; two slots of a row never get the same."""
    slots = {**letters(drawn.arguments), **drawn.slots}
    for slot, pool in {**COMMON, **POOLS}.items():
        own = owned(pool, draw.split) if slot in POOLS else pool
        slots[slot] = draw.pick([entry for entry in own if entry not in slots.values()])
    return slots


def _expressions(draw: Draw, tool: str, arguments: Sequence[str]) -> Slots:
    words = in_words(draw.rng, tool, arguments)
    return {"signs": in_signs(draw.rng, tool, arguments), "words": words, "Words": words[0].upper() + words[1:]}


def _echoes(lead: str, words: str) -> bool:
    """Whether both say the same word, as `The square root is the square root of 2` does."""
    return not {word for word in lead.lower().split() if len(word) > 3}.isdisjoint(words.split())


def _compared(numbers: Sequence[str]) -> Slots:
    return {"largest": max(numbers, key=float), "smallest": min(numbers, key=float), "count": str(len(numbers))}


def _mistaken(rng: random.Random, result: str) -> str:
    """The result with one digit changed, not the first one where there are more."""
    places = [place for place, character in enumerate(result) if character.isdigit()]
    place = rng.choice(places[1:] or places)
    digit = rng.choice([digit for digit in "123456789" if digit != result[place]])
    return f"{result[:place]}{digit}{result[place + 1 :]}"
