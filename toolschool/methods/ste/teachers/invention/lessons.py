"""What earlier trials teach about a tool's arguments: which must be said, which values are taken, which are not.

    learnt(leaves, tried, failures)

`tried` is the long-term memory, requests and whether they were solved; `failures` are the calls of the conversation that failed, with what the
tool said. Only a tool's own words about a value are believed at once; from requests alone it takes some failures, and values that
come again and again where it is solved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolschool.methods.ste.teachers.invention.kinds import MOMENTS
from toolschool.methods.ste.teachers.invention.leaves import Leaf
from toolschool.methods.ste.teachers.invention.listings import bounds_by_error, permitted_by_error
from toolschool.methods.ste.teachers.invention.reading import Reader
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words

LESSONS = 2  # failures from which something is learnt
SETTLED = 4  # solved requests after which values that never come again say that any value is taken
PUZZLING = 0.3  # the share of failures with values that ran well elsewhere, above which values are not what it fails by
FRESH = 0.75  # the share of solved requests with a value of their own that says so
_SMALL = frozenset(
    "name with from into this that what which must given such the for and not are one valid known value values argument unknown".split()
)


Told = Sequence[tuple[Mapping[str, JsonValue], bool]]
"""What requests said, and whether they were solved."""


@dataclass(frozen=True)
class Failure:
    """A call that was made, and the error it got."""

    arguments: Mapping[str, Any]
    error: str


def learnt(leaves: Sequence[Leaf], tried: Sequence[tuple[str, bool]], failures: Sequence[Failure] = ()) -> list[Leaf]:
    """The arguments with what is known of them."""
    reader = Reader(leaves)
    told = [(reader.read(query), solved) for query, solved in tried]
    found = [_bounded(_needed(leaf, told), told) for leaf in leaves]
    found = _with_values(found, told)
    for failure in failures:
        found = _from_failure(found, failure)
    return found


def _needed(leaf: Leaf, told: Told) -> Leaf:
    """An argument without which nothing was ever solved, twice at least, must be said after all."""
    without = [solved for said, solved in told if leaf.name not in said]
    return leaf if leaf.needed or len(without) < LESSONS or any(without) else replace(leaf, needed=True)


def _bounded(leaf: Leaf, told: Told) -> Leaf:
    """A number of which all values that failed lie beyond all that did not."""
    if leaf.kind != "number" or leaf.many:
        return leaf
    good = [said[leaf.name] for said, solved in told if solved and leaf.name in said]
    bad = [said[leaf.name] for said, solved in told if not solved and leaf.name in said]
    if min(len(good), len(bad)) >= SETTLED and min(bad) > max(good):
        return within(leaf, None, max(good))
    if min(len(good), len(bad)) >= SETTLED and max(bad) < min(good):
        return within(leaf, min(good), None)
    return leaf


def _with_values(leaves: Sequence[Leaf], told: Told) -> list[Leaf]:
    """Texts that were never solved are avoided, and those that were are known, where texts are what it fails by."""
    texts = [leaf for leaf in leaves if _chosen_freely(leaf)]
    solved = {
        leaf.name: [str(one) for said, good in told if good for one in _values(said.get(leaf.name))] for leaf in texts
    }
    numbers = [leaf for leaf in leaves if leaf.kind == "number" and not leaf.many]
    failed = [
        said
        for said, good in told
        if not good and all(leaf.takes(said[leaf.name]) for leaf in numbers if leaf.name in said)
    ]
    puzzling = [
        said
        for said in failed
        if all(str(one) in solved[leaf.name] for leaf in texts for one in _values(said.get(leaf.name)))
    ]
    if len(failed) < LESSONS or len(puzzling) > max(1, PUZZLING * len(failed)):
        return list(leaves)
    return [_with_known(leaf, solved[leaf.name], failed) if leaf in texts else leaf for leaf in leaves]


def _with_known(leaf: Leaf, solved: Sequence[str], failed: Sequence[Mapping[str, JsonValue]]) -> Leaf:
    """Unless almost every solved request has a value of its own: then any value is taken."""
    known = tuple(dict.fromkeys(solved))
    bad = {str(one) for said in failed for one in _values(said.get(leaf.name))}
    if not bad or (len(solved) >= SETTLED and len(known) > FRESH * len(solved)):
        return leaf
    return replace(leaf, known=known, avoided=frozenset(bad - set(known)))


def _from_failure(leaves: Sequence[Leaf], failure: Failure) -> list[Leaf]:
    """What an error says: bounds of a number, values that it names as permitted, and the value that it quotes."""
    least, most = bounds_by_error(failure.error)
    if least is not None or most is not None:
        at_fault = [
            leaf for leaf in leaves if _beyond(failure.arguments.get(leaf.name), least, most) and leaf.kind == "number"
        ]
        spoken = set(words(failure.error))
        chosen = max(at_fault, key=lambda leaf: _likeness(leaf, spoken), default=None)
        return [within(leaf, least, most) if leaf is chosen else leaf for leaf in leaves]
    listed = permitted_by_error(failure.error)
    concerned = _concerned(leaves, failure, listed) if listed else []
    return [_told(leaf, failure, listed if leaf in concerned else ()) for leaf in leaves]


def _told(leaf: Leaf, failure: Failure, listed: Sequence[str]) -> Leaf:
    if listed:
        values = tuple(value for text in listed if leaf.takes(value := _typed(leaf, text)))
        leaf = replace(leaf, known=values or leaf.known)
    blamed = {
        str(value)
        for value in _values(failure.arguments.get(leaf.name))
        if str(value) not in map(str, leaf.known) and re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", failure.error)
    }
    return replace(leaf, avoided=leaf.avoided | blamed) if blamed and _chosen_freely(leaf) else leaf


def _concerned(leaves: Sequence[Leaf], failure: Failure, listed: Sequence[str]) -> list[Leaf]:
    """The arguments that the list is of: those that the error speaks of most, of which one at least had another value."""
    names = {leaf.name.lower() for leaf in leaves}
    allowed = {text.lower() for text in listed}
    if allowed <= names:  # a list of arguments
        return []
    able = [leaf for leaf in leaves if _chosen_freely(leaf) or leaf.kind == "number"]
    able = [leaf for leaf in able if any(leaf.takes(_typed(leaf, text)) for text in listed)]
    spoken = set(words(failure.error))
    shared = {leaf.name: _likeness(leaf, spoken) for leaf in able}
    most = max(shared.values(), default=0)
    concerned = [leaf for leaf in able if shared[leaf.name] == most]
    others = [
        leaf
        for leaf in concerned
        if any(str(value).lower() not in allowed for value in _values(failure.arguments.get(leaf.name)))
    ]
    return (concerned if most else others) if others else []


def within(leaf: Leaf, least: float | None, most: float | None) -> Leaf:
    """The argument with narrower bounds."""
    bounds = {"minimum": least, "maximum": most}
    return replace(leaf, schema={**leaf.schema, **{name: bound for name, bound in bounds.items() if bound is not None}})


def _beyond(value: JsonValue, least: float | None, most: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (least is not None and value < least) or (most is not None and value > most)


def _likeness(leaf: Leaf, spoken: set[str]) -> int:
    """How much of an error is about an argument: its name counts for more than its description."""
    named = {*words(leaf.name), leaf.kind}
    about = {word for word in words(leaf.hint) if len(word) > 3} - _SMALL
    return 2 * len(named & spoken) + len((about - named) & spoken)


def _chosen_freely(leaf: Leaf) -> bool:
    """Whether the teacher picks the values of an argument from texts that could be others."""
    return leaf.kind not in ("flag", "json", "number", "digits", *MOMENTS)


def _typed(leaf: Leaf, text: str) -> JsonValue:
    """A listed text as the argument's type."""
    if leaf.kind != "number" or not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        return text
    return float(text) if "." in text else int(text)


def _values(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [] if value is None else [value]
