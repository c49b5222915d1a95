"""What an agent thinks and answers in a trajectory, by templates: thoughts from the request, answers from results.

    part_of("Email Dana the deck, then remind me on Friday", ["Friday"])    # "remind me on Friday"
    told(exchange)                                                          # "high: 12.3, dry: true"

A thought repeats the part of the request that comes next and never names a tool: naming it is the action's work. An answer says what
came out last and only what the model could see of it. English.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence

from toolschool.methods.toolgen.protocol import cut, shown
from toolschool.plans.references import as_text, strings
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words
from toolschool.tools.simulated.calls import Exchange

MAX_PART = 40  # characters of the request in a thought
MAX_TOLD = 60  # characters of a result in an answer
LEAVES = 2  # values of a result that an answer tells

_NEXT = ("Now: {}", "Next: {}", "To do: {}", "Still open: {}")
_NEEDED = ("Something is needed first: {}", "To be looked up first: {}", "Needed for this: {}")
AGAIN = ("That failed; it may work now.", "An error: once more.", "It did not work; I try again.")
CORRECTED = ("The input was wrong; again, as it is documented.", "That input was refused: I put it right.")
DONE = ("All is done.", "That was all.", "Nothing is left to do.", "I have what was asked for.")
NO_TOOL = ("No tool can do this.", "None of my tools fits.", "This cannot be done with tools that I have.")
HOPELESS = ("It does not work, and no other tool does it.", "I cannot get this done.")
_ENDS = re.compile(
    r"(?<=[.?!;])\s+|,?\s+(?:and\s+)?then\s+|,\s+and\s+|,\s+|\s+and\s+(?=[a-z]+ (?:me|the|a|an|my|it|to)\b)"
)
_LEADS = re.compile(
    r"^(?:and|also|then|next|finally|lastly|additionally|furthermore|please|after that|on top of that)\b[,\s]*", re.I
)


def next_thought(part: str, needed: bool, rng: random.Random) -> str:
    """Before a call; `needed`: for a later one."""
    return rng.choice(_NEEDED if needed else _NEXT).format(part)


def part_of(query: str, values: Sequence[str], place: float = 0.0) -> str:
    """The part of the request that says most of `values`; among equals the one nearest to `place` (0 first, 1 last)."""
    parts = [part for part in map(_bare, _ENDS.split(query)) if part] or [query]
    low = [value.lower() for value in values if len(value) > 1]

    def fit(number: int) -> tuple[int, float]:
        said = sum(value in parts[number].lower() for value in low)
        return said, -abs(number / max(len(parts) - 1, 1) - place)

    return cut(parts[max(range(len(parts)), key=fit)], MAX_PART)


def told(exchange: Exchange) -> str:
    """A result in an answer: a text as it is, of other values the first plain ones; "" where none can be seen."""
    if not isinstance(exchange.answer, Mapping | list):
        return cut(as_text(exchange.answer), MAX_TOLD)
    seen = shown(exchange)
    leaves = [
        f"{' '.join(words(name))}: {as_text(value)}"
        for name, value in _leaves(exchange.answer)
        if value not in exchange.arguments.values() and len(as_text(value)) <= MAX_TOLD and visible(value, seen)
    ]
    return ", ".join(leaves[:LEAVES])


def visible(value: JsonValue, seen: str) -> bool:
    """Whether a plain value stands in what was shown."""
    return " ".join(as_text(value).split()) in seen


def plain_values(value: JsonValue) -> list[str]:
    """Every text and number inside a value, as text."""
    return [*strings(value), *(as_text(leaf) for _, leaf in _leaves(value) if isinstance(leaf, int | float))]


def _leaves(value: JsonValue, name: str = "result") -> Iterator[tuple[str, JsonValue]]:
    """Plain values with the names of their fields, in order."""
    if isinstance(value, Mapping):
        for inner, part in value.items():
            yield from _leaves(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, name)
    elif value is not None:
        yield name, value


def _bare(part: str) -> str:
    return _LEADS.sub("", part.strip()).strip(" .?!;,")
