"""How the value of one argument stands in a request, and how it is read back, by its name or as people say such a thing (`sayings.py`).

surface(leaf, "JPY", rng)                       # the value as text, in quotation marks where it could run into its neighbours
named_forms(leaf), usual_forms(leaf)            # regular expressions with a group `v`, for the reader
turn_form(turn)                                 # one with the groups v0, v1, ...
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
from toolschool.methods.ste.teachers.invention.sayings import is_measured, measures, sayings
from toolschool.methods.ste.teachers.invention.turns import Turn
from toolschool.records import JsonValue

QUOTE_RATE = 0.02  # people seldom quote ...
QUOTE_RATES = {
    "text": 0.25,
    "title": 0.3,
    "song": 0.15,
    "movie": 0.15,
    "book": 0.15,
}  # ... but what somebody said or named
QUOTED = r"\"[^\"]+\""
_FLAT = r"[\[{][^\[\]{}]*[\]}]"
_NESTED = rf"[\[{{](?:[^\[\]{{}}]|[\[{{](?:[^\[\]{{}}]|{_FLAT})*[\]}}])*[\]}}]"  # JSON, three levels deep


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
        form = leaf.moment_form
        moment = moments.parsed(str(value), form)
        if moment and moments.written(moment, form) == value:
            return moments.said(moment, leaf.kind, form, rng)
    if leaf.kind in NUMBERS:
        return str(value) if re.fullmatch(r"-?\d+(?:\.\d+)?", str(value)) else f'"{value}"'
    bare = _bare_form(leaf)
    fits = bool(bare) and re.fullmatch(bare, str(value)) is not None and str(value)[-1:] not in "?!.,"
    return str(value) if fits and rng.random() > QUOTE_RATES.get(leaf.kind, QUOTE_RATE) else f'"{value}"'


def _bare_form(leaf: Leaf) -> str:
    """A text without quotation marks: one of the documented examples, or of the pools, or of a certain form."""
    given = alternation(tuple(str(example) for example in leaf.examples))
    return "|".join(filter(None, (given, KINDS[leaf.kind].form if leaf.kind in KINDS else "")))


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
    return f"{QUOTED}|{_bare_form(leaf)}" if _bare_form(leaf) else QUOTED


def named_forms(leaf: Leaf) -> Iterator[re.Pattern[str]]:
    """By its name, which stands before or behind the value."""
    name, value = re.escape(leaf.label), _group(leaf)
    yield re.compile(rf"\b(?i:{name})(?: is| should be|:| =| set to| to|, take)? (?:the )?{value}")
    yield re.compile(rf"{value} as (?:the )?(?i:{name})\b")


def usual_forms(leaf: Leaf) -> Iterator[re.Pattern[str]]:
    """As `sayings` say it."""
    for saying in (*sayings(leaf), *(measures(leaf) if is_measured(leaf) else ())):
        before, _, behind = saying.replace("{n}", leaf.label).partition("{v}")
        yield re.compile(rf"(?<![\w-])(?i:{re.escape(before)}){_group(leaf)}(?i:{re.escape(behind)})(?![\w-])")


def turn_form(turn: Turn) -> re.Pattern[str]:
    """A whole turn of phrase."""
    pattern = ""
    for part in re.split(r"(\{\d\}|\[\w+\|\w+\])", turn.text):
        if part.startswith("{"):
            pattern += rf"(?P<v{part[1]}>{value_form(turn.says[int(part[1])])})"
        elif part.startswith("["):
            pattern += rf"(?i:{part[1:-1]})"
        else:
            pattern += rf"(?i:{re.escape(part)})"
    return re.compile(rf"(?<![\w-]){pattern}(?![\w-])")


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
        form = leaf.moment_form
        return moments.read(text, leaf.kind, form) or UNSAID
    return text


def _decoded(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return UNSAID
