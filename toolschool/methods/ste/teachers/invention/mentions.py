"""How a request says one argument, and how that is read back: by its name, or as people say such a thing ("from Bonn", "for 5 days").

sayings(leaf)                                   # ("to {v}", ...)
surface(leaf, "JPY", rng)                       # the value as text, in quotation marks where it could run into its neighbours
named_forms(leaf), usual_forms(leaf)            # regular expressions with a group `v`, for the reader
value_of(leaf, "JPY")                           # UNSAID where the text is no value of the argument
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator

from toolschool.methods.ste.teachers.invention import moments
from toolschool.methods.ste.teachers.invention.kinds import CLOCK, DAY, KINDS, MOMENTS, NUMBER, NUMBERS, alternation
from toolschool.methods.ste.teachers.invention.leaves import UNSAID, Leaf
from toolschool.records import JsonValue

QUOTED = r"\"[^\"]+\""
_FLAT = r"[\[{][^\[\]{}]*[\]}]"
_NESTED = rf"[\[{{](?:[^\[\]{{}}]|[\[{{](?:[^\[\]{{}}]|{_FLAT})*[\]}}])*[\]}}]"  # JSON, three levels deep
NAMED = (
    "{n} {v}", "with {n} {v}", "{v} as the {n}", "with {v} as the {n}", "{n}: {v}", "using {n} {v}", "with the {n} set to {v}",
    "where the {n} is {v}", "{n} = {v}",
)  # fmt: skip
"""Ways to say an argument by its name inside a sentence; a sentence of its own is another."""
SENTENCES = (
    "The {n} is {v}.",
    "{N}: {v}.",
    "Use {v} as the {n}.",
    "Set the {n} to {v}.",
    "The {n} should be {v}.",
    "For the {n}, take {v}.",
)
_FLAGS = {
    True: ("{n}: yes", "with {n}", "{n} on", "including {n}"),
    False: ("{n}: no", "without {n}", "{n} off", "no {n}"),
}
_FLAG_STEM = re.compile(r"^(?:is|are|include|includes|with|show|use|enable|enabled|has|return|get) (?=\w)")

_FROM = frozenset("from source start origin base begin departure since after sender".split())
_TO = frozenset("to target end destination dest until till before arrival finish".split())
_COUNTED = frozenset(
    """days hours minutes weeks months years nights people guests adults children rooms seats words characters items copies pages questions results persons
    passengers players lines sentences paragraphs points steps""".split()
)
_LIMITS = frozenset("limit count size top results".split())
_MONEY = frozenset("amount price cost budget value sum total salary income".split())
_ROLES: dict[str, tuple[str, ...]] = {
    "recipients": ("to {v}",), "recipient": ("to {v}",), "invitees": ("with {v}", "inviting {v}"), "attendees": ("with {v}", "inviting {v}"),
    "participants": ("with {v}", "inviting {v}"), "cc": ("cc {v}", "copying {v}"), "bcc": ("bcc {v}",), "attachments": ("attaching {v}", "and attach {v}"),
    "subject": ("about {v}", "with the subject {v}"), "topic": ("about {v}", "on {v}"), "content": ("saying {v}", "with the text {v}"),
    "location": ("at {v}", "in {v}"), "duration": ("for {v} minutes",), "author": ("by {v}",), "year": ("in {v}",), "age": ("aged {v}",),
    "notes": ("with the note {v}",),
    "list": ("on the list {v}",), "percentage": ("of {v} percent",), "percent": ("of {v} percent",), "transport": ("by {v}",), "mode": ("by {v}",),
}  # fmt: skip


def sayings(leaf: Leaf) -> tuple[str, ...]:
    """Ways to say the argument without its name; () where there are none."""
    named = leaf.label.split()
    if leaf.kind in ("flag", "json"):
        return ()
    if leaf.kind not in NUMBERS and set(named) & _FROM:
        return ("from {v}", "starting {v}") if leaf.kind in ("date", "datetime") else ("from {v}",)
    if leaf.kind not in NUMBERS and set(named) & _TO:
        return ("until {v}", "to {v}") if leaf.kind in MOMENTS else ("to {v}",)
    role = next((_ROLES[word] for word in reversed(named) if word in _ROLES), None)
    if role:
        return role
    if leaf.kind in NUMBERS:
        return _of_numbers(leaf, named)
    if leaf.kind in ("date", "datetime"):
        return ("on {v}", "for {v}")
    if leaf.kind == "time":
        return ("at {v}",)
    if leaf.kind == "choice":
        return ("in {v}", "as {v}", "{v} {n}")
    return KINDS[leaf.kind].said


def _of_numbers(leaf: Leaf, named: list[str]) -> tuple[str, ...]:
    if named and named[-1] in _COUNTED:
        return ("{v} {n}", "for {v} {n}")
    if set(named) & _LIMITS:
        return ("{v} results", "top {v}", "limited to {v}")
    return ("of {v}", "for {v}") if set(named) & _MONEY else ()


def flag_sayings(leaf: Leaf, value: bool) -> tuple[str, ...]:
    """Ways to say that something is wanted or not."""
    stem = _FLAG_STEM.sub("", leaf.label)
    return tuple(form.replace("{n}", stem) for form in _FLAGS[value])


def surface(leaf: Leaf, value: JsonValue, rng: random.Random) -> str:
    """A value as it stands in a request."""
    if leaf.kind == "json":
        return json.dumps(value, ensure_ascii=False)
    if not leaf.many:
        return _one(leaf, value, rng)
    parts = [_one(leaf, part, rng) for part in value]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _one(leaf: Leaf, value: JsonValue, rng: random.Random) -> str:
    worded = [said for said, meant in leaf.glosses.items() if meant == value]
    if worded and rng.random() < 0.85:
        return rng.choice(worded)
    if leaf.kind == "choice":
        text = str(value)
        return text.replace("_", " ") if "_" in text and rng.random() < 0.4 else text
    if leaf.kind in MOMENTS:
        form = moments.form_of(leaf.kind, leaf.hint, str(leaf.schema.get("format", "")))
        moment = moments.parsed(str(value), form)
        if moment and moments.written(moment, form) == value:
            return moments.said(moment, leaf.kind, form, rng)
    if leaf.kind in NUMBERS:
        return str(value) if re.fullmatch(r"-?\d+(?:\.\d+)?", str(value)) else f'"{value}"'
    bare = KINDS[leaf.kind].form if leaf.kind in KINDS else ""
    fits = bool(bare) and re.fullmatch(bare, str(value)) is not None
    return str(value) if fits and rng.random() < 0.9 else f'"{value}"'


def value_form(leaf: Leaf) -> str:
    """A regular expression of one value, or of several and their commas."""
    one = _value_form(leaf)
    return rf"(?:{one})(?:(?:, and |, | and )(?:{one}))*" if leaf.many else one


def _value_form(leaf: Leaf) -> str:
    worded = [alternation(tuple(leaf.glosses))] if leaf.glosses else []
    if leaf.kind == "json":
        return _NESTED
    if leaf.kind in NUMBERS:
        return "|".join([NUMBER, *([QUOTED] if leaf.kind == "digits" else worded)])
    if leaf.kind == "choice":
        values = [
            str(value) for value in leaf.schema.get("enum", [leaf.schema.get("const")]) if value not in ("", None)
        ]
        return alternation(tuple({*values, *(value.replace("_", " ") for value in values), *leaf.glosses}))
    if leaf.kind in MOMENTS:
        moment = CLOCK if leaf.kind == "time" else moments.DATETIME if leaf.kind == "datetime" else DAY
        return f"{QUOTED}|{moment}"
    return "|".join(filter(None, (QUOTED, KINDS[leaf.kind].form)))


def named_forms(leaf: Leaf) -> Iterator[re.Pattern[str]]:
    """By its name, which stands before or behind the value."""
    name, value = re.escape(leaf.label), _group(leaf)
    yield re.compile(rf"\b(?i:{name})(?: is| should be|:| =| set to| to|, take)? (?:the )?{value}")
    yield re.compile(rf"{value} as (?:the )?(?i:{name})\b")


def usual_forms(leaf: Leaf) -> Iterator[re.Pattern[str]]:
    """As `sayings` say it."""
    for saying in sayings(leaf):
        before, _, behind = saying.replace("{n}", leaf.label).partition("{v}")
        yield re.compile(rf"(?<![\w-])(?i:{re.escape(before)}){_group(leaf)}(?i:{re.escape(behind)})(?![\w-])")


def any_form(leaf: Leaf) -> re.Pattern[str]:
    """A value of the argument, wherever it stands."""
    return re.compile(_group(leaf))


def _group(leaf: Leaf) -> str:
    return rf"(?<![\w-])(?P<v>{value_form(leaf)})(?![\w-])"


def value_of(leaf: Leaf, text: str) -> JsonValue:
    """The value that a text stands for."""
    if leaf.kind == "json":
        return _decoded(text)
    if not leaf.many:
        return _read_one(leaf, text)
    found = [_read_one(leaf, part[0]) for part in re.finditer(rf"(?<!\w)(?:{_value_form(leaf)})", text)]
    return UNSAID if UNSAID in found else found


def _read_one(leaf: Leaf, text: str) -> JsonValue:
    if text in leaf.glosses:
        return leaf.glosses[text]
    if leaf.kind == "choice":
        values = leaf.schema.get("enum", [leaf.schema.get("const")])
        return next((value for value in values if str(value) in (text, text.replace(" ", "_"))), UNSAID)
    if text.startswith('"'):
        return text[1:-1]
    if leaf.kind == "number":
        return int(text) if "." not in text else float(text) if leaf.type == "number" else UNSAID
    if leaf.kind in MOMENTS:
        form = moments.form_of(leaf.kind, leaf.hint, str(leaf.schema.get("format", "")))
        return moments.read(text, leaf.kind, form) or UNSAID
    return text


def _decoded(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return UNSAID
