"""What people say around a value instead of the argument's name: "from Bonn", "for 5 days", "under 40".

sayings(leaf)                                   # ("to {v}", ...), () where there are none
NAMED, SENTENCES                                # with its name
"""

from __future__ import annotations

import re

from toolschool.methods.ste.teachers.invention.kinds import KINDS, MOMENTS, NUMBERS
from toolschool.methods.ste.teachers.invention.leaves import Leaf

SOFT = ("with {n} {v}", "{n} {v}")
"""A name said in passing."""
NAMED = (
    *SOFT, "{v} as the {n}", "with {v} as the {n}", "{n}: {v}", "using {n} {v}", "with the {n} set to {v}", "where the {n} is {v}",
)  # fmt: skip
"""Ways to say an argument by its name inside a sentence; a sentence of its own is another."""
SENTENCES = (
    "The {n} is {v}.",
    "{N}: {v}.",
    "Use {v} as the {n}.",
    "The {n} should be {v}.",
    "For the {n}, take {v}.",
)
_FLAGS = {
    True: ("{n}: yes", "with {n}", "{n} on", "including {n}"),
    False: ("{n}: no", "without {n}", "{n} off", "no {n}"),
}
_PLURAL = re.compile(r"(?:people|children|[a-z]+[^su]s)$")
_FLAG_STEM = re.compile(r"^(?:is|are|include|includes|with|show|use|enable|enabled|has|return|get) (?=\w)")

FROM = frozenset("from source start origin base begin departure since after sender".split())
TO = frozenset("to target end destination dest until till before arrival finish".split())
PEOPLE = frozenset("people guests adults children persons passengers players friends kids participants".split())
_COUNTED = PEOPLE | frozenset(
    """days hours minutes weeks months years nights rooms seats words characters items copies pages questions results lines sentences paragraphs points
    steps""".split()
)
QUALITIES = ("size", "color", "colour", "flavor", "flavour", "style", "brand", "kind", "type", "variety", "sort")
"""Names of what stands before a noun, in the order in which it stands there."""
HOW_MANY = frozenset("count quantity qty number amount pieces units".split())
_LIMITS = frozenset("limit top results".split())
_LISTING = re.compile(
    r"\b(?:results?|items|list(?:s|ed|ing|ings)?|limit|entries|records|rows|hits|matches|search(?:es)?|page)\b",
    re.IGNORECASE,
)
_MONEY = frozenset("amount price cost budget value sum total salary income".split())
_MADE = frozenset("create add set remind make send write schedule put plan".split())
_SPLIT = frozenset("split divide share".split())
_SENT = re.compile(r"\b(?:deliver\w*|order|send|ship\w*|mail)\b", re.IGNORECASE)
_HELD_IN = frozenset("size unit units color colour format language currency style".split())
_DEVICES = frozenset("speaker device tv channel line screen server account printer player lamp light".split())
_UNITS = {
    "kg": "kg kilogram kilograms kilos", "g": "g gram grams", "lb": "lb lbs pound pounds", "km": "km kilometers kilometres kilometer",
    "m": "m meter meters metre metres", "cm": "cm centimeters centimetres", "mm": "mm millimeters", "miles": "mi mile miles", "feet": "ft foot feet",
    "inches": "inch inches", "minutes": "min mins minute minutes", "hours": "hr hrs hours", "seconds": "sec secs second seconds", "days": "days",
    "percent": "percent pct percentage", "degrees": "degrees celsius", "mph": "mph", "liters": "liters litres", "euros": "euros",
    "dollars": "dollars usd",
}  # fmt: skip
_UNIT = {word: unit for unit, named in _UNITS.items() for word in named.split()}
_LASTING = ("minutes", "hours", "days", "seconds")
_ROLES: dict[str, tuple[str, ...]] = {
    "recipients": ("to {v}",), "recipient": ("to {v}",), "invitees": ("with {v}", "inviting {v}"), "attendees": ("with {v}", "inviting {v}"),
    "participants": ("with {v}", "inviting {v}"), "cc": ("cc {v}", "copying {v}"), "bcc": ("bcc {v}",), "attachments": ("attaching {v}", "and attach {v}"),
    "subject": ("about {v}", "with the subject {v}"), "topic": ("about {v}", "on {v}"), "content": ("saying {v}", "with the text {v}"),
    "location": ("at {v}", "in {v}"), "author": ("by {v}",), "artist": ("by {v}",), "year": ("in {v}",), "age": ("aged {v}",),
    "notes": ("with the note {v}",), "list": ("on the list {v}",), "transport": ("by {v}",), "mode": ("by {v}",),
}  # fmt: skip


def sayings(leaf: Leaf) -> tuple[str, ...]:
    """Ways to say the argument without its name; () where there are none."""
    named = leaf.label.split()
    if leaf.kind in ("flag", "json"):
        return ()
    if leaf.kind == "number" and (unit := unit_of(leaf)):
        return _measured(leaf, named, unit)
    if leaf.kind not in NUMBERS and set(named) & FROM:
        return ("from {v}", "starting {v}") if leaf.kind in ("date", "datetime") else ("from {v}",)
    if leaf.kind not in NUMBERS and set(named) & TO:
        return ("until {v}", "to {v}") if leaf.kind in MOMENTS else ("to {v}",)
    role = next((_ROLES[word] for word in reversed(named) if word in _ROLES), None)
    if role and not (leaf.kind == "number" and set(named) & PEOPLE):
        return role
    if leaf.kind == "number":
        return _of_numbers(leaf, named)
    return _of_texts(leaf, named)


def by_name(leaf: Leaf, forms: tuple[str, ...]) -> tuple[str, ...]:
    """Of the forms with its name those that its number lets: not "the people is 4"."""
    return (
        tuple(form for form in forms if not re.search(r"\{n\} (?:is|should)", form))
        if _PLURAL.search(leaf.label)
        else forms
    )


def flag_sayings(leaf: Leaf, value: bool) -> tuple[str, ...]:
    """Ways to say that something is wanted or not."""
    stem = _FLAG_STEM.sub("", leaf.label)
    return tuple(form.replace("{n}", stem) for form in _FLAGS[value])


def unit_of(leaf: Leaf) -> str:
    """The unit of a number by its name ("weight_kg") or description ("in kilograms"), as a request says it; "" for none."""
    *thing, last = leaf.label.split()
    if thing and last in _UNIT and not (last in _COUNTED and leaf.kind == "number" and not thing):
        return _UNIT[last]
    found = re.search(r"\b(?:in|as) (\w+)\b", leaf.hint)
    if found and found[1].lower() in _UNIT:
        return _UNIT[found[1].lower()]
    return "percent" if last in ("percent", "percentage", "pct") else ""


def measures(leaf: Leaf) -> tuple[str, str]:
    """A weight or a length with its name and without: "a weight of 70 kg", "70 kg"."""
    unit = unit_of(leaf)
    thing = " ".join(word for word in leaf.label.split() if _UNIT.get(word) != unit) or "value"
    return f"a {thing} of {{v}} {unit}", f"{{v}} {unit}"


def is_measured(leaf: Leaf) -> bool:
    """Whether a number is a weight, a length or the like."""
    return leaf.kind == "number" and unit_of(leaf) not in ("", "percent", *_LASTING)


def counts_things(leaf: Leaf) -> bool:
    """Whether a number says how many of the tool's object are wanted."""
    return leaf.type == "integer" and leaf.kind == "number" and leaf.label.split()[-1] in HOW_MANY and not _lists(leaf)


def _lists(leaf: Leaf) -> bool:
    return bool(_LISTING.search(leaf.hint)) or leaf.head.verb in ("list", "search", "find", "get", "fetch")


def _measured(leaf: Leaf, named: list[str], unit: str) -> tuple[str, ...]:
    """A number with its unit: "70 kg", "a tip of 10%"."""
    thing = " ".join(word for word in named if _UNIT.get(word) != unit) or "value"
    if unit == "percent":
        return (
            f"with a {thing} of {{v}}%",
            f"with {{v}} percent {thing}",
            f"with {{v}}% {thing}",
            f"with a {{v}}% {thing}",
        )
    if unit in _LASTING:
        return (f"for {{v}} {unit}",)
    return tuple(f"with {form}" for form in measures(leaf))


def _of_numbers(leaf: Leaf, named: list[str]) -> tuple[str, ...]:
    if set(named) & PEOPLE and leaf.head.verb in _SPLIT:
        return tuple(f"{word} {{v}} {named[-1]}" for word in ("between", "among"))
    if named[-1] in _COUNTED and not (named[-1] in _LIMITS and named[:1] == ["max"]):
        return (
            ("for {v} {n}",)
            if set(named) & PEOPLE or named[-1] in ("days", "nights", "hours", "weeks", "minutes")
            else ("{v} {n}",)
        )
    if set(named) & _LIMITS or (
        named[-1] in HOW_MANY | {"size", "n", "num", "maximum", "max"} and leaf.type == "integer" and _lists(leaf)
    ):
        return ("{v} results", "top {v}", "at most {v}", "limited to {v}")
    if counts_things(leaf):
        return ()  # "3 pizzas" (`turns.py`)
    if set(named) & _MONEY and set(named) & {"maximum", "highest", "max", "budget"}:
        return ("under {v}", "for at most {v}", "up to {v}")
    if set(named) & _MONEY and set(named) & {"minimum", "lowest", "least"}:
        return ("over {v}", "above {v}", "for at least {v}")
    return ("of {v}",) if set(named) & _MONEY else ()


def _of_texts(leaf: Leaf, named: list[str]) -> tuple[str, ...]:
    if leaf.kind == "digits":
        return ()
    if leaf.kind in ("date", "datetime"):
        return ("on {v}",) if leaf.head.verb in _MADE else ("on {v}", "on {v}", "for {v}")
    if leaf.kind == "time":
        return ("at {v}",)
    if leaf.kind in ("choice", "size", "color", "pizza", "drink") and named[-1] in QUALITIES and leaf.head.noun:
        return ()  # "a large pizza" (`turns.py`)
    if leaf.kind == "choice":
        if named[-1] in _DEVICES:
            return ("on the {v} {n}",)
        return ("in {v}",) if named[-1] in _HELD_IN else ("as {v}", "{v} {n}")
    if leaf.kind == "address" and (
        _SENT.search(leaf.hint) or leaf.head.verb in ("order", "send", "ship", "deliver", "mail")
    ):
        return ("to {v}",)
    if leaf.kind == "language" and leaf.head.verb in ("translate", "convert"):
        return ("into {v}", "to {v}")
    if leaf.kind == "code" and len(named) > 1 and named[-2] in leaf.head.objects:
        return ("with number {v}", "number {v}")
    if leaf.kind == "code" and len(named) > 1:
        return (f"for {' '.join(named[:-1])} {{v}}", f"of {' '.join(named[:-1])} {{v}}", "for {v}")
    return KINDS[leaf.kind].said
