"""When two argument values of one slot mean the same: the literal half of `args_strict`, and its thresholds.

The kind of a slot follows from its name and schema (`slot_kind`):

| kind | slots | equal when |
|---|---|---|
| text | context, content, message, notes, subject | same references as often, token-F1 >= TEXT_F1 |
| date | start_date, end_date, due_date, start_time | same moment; never compared where the row has no `now` |
| people and files | recipients, cc, invitees, attachments (schema type array) | same set, case and space aside |
| name | every other string: titles, names, folders, places, paths | same, case and space aside |
| exact | integers, booleans, enumerations | same value and type |

Where the schema allows null, `""` and null are the same, and [] too in a list. Which step a reference means is compared
by `strict.py` as edges of the plan, and so is how often it stands in a text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from toolschool.plans.references import Reference, split
from toolschool.records import Call, JsonValue, Tool

TEXT_F1 = 0.5
"""Least token-F1 of two free texts that count as the same (reference §9.2)."""
TEXT_SLOTS = frozenset({"context", "content", "message", "notes", "subject"})
DATE_SLOTS = frozenset({"start_date", "end_date", "due_date", "start_time"})

SlotKind = Literal["text", "date", "set", "name", "exact"]
_HOLE = "\x00"  # stands where a reference was; no plan text holds it after normalising
_WORD = re.compile(r"\w+")


def slot_kind(name: str, schema: Mapping[str, JsonValue]) -> SlotKind:
    """How values of one argument are compared; `schema` is its JSON schema."""
    declared = schema.get("type", [])
    types = {declared} if isinstance(declared, str) else set(declared)
    if name in TEXT_SLOTS:
        return "text"
    if name in DATE_SLOTS:
        return "date"
    if "array" in types:
        return "set"
    return "name" if "string" in types and "enum" not in schema else "exact"


def same_arguments(tool: Tool, first: Call, second: Call, *, dates: bool) -> bool:
    """Whether two calls of `tool` say the same in every slot; `dates` is whether dates are compared at all."""
    if len(first.args) != len(second.args):
        return False
    properties = tool.parameters.get("properties", {})
    names = (*properties, *range(len(properties), len(first.args)))  # stray arguments are compared exactly
    return all(
        _same(str(name), properties.get(name, {}), (one, first.id), (other, second.id), dates)
        for name, one, other in zip(names, first.args, second.args, strict=False)
    )


def token_f1(first: str, second: str) -> float:
    """Harmonic mean of token precision and recall (multisets of lower-case words); 1 where neither has a word."""
    one, two = (Counter(_WORD.findall(text.lower())) for text in (first, second))
    if not one and not two:
        return 1.0
    shared = (one & two).total()
    return 2 * shared / (one.total() + two.total())


Valued = tuple[JsonValue, int]  # a value and the id of its step, which decides what is a reference in it


def _same(name: str, schema: Mapping[str, JsonValue], first: Valued, second: Valued, dates: bool) -> bool:
    kind = slot_kind(name, schema)
    if kind == "text":
        return token_f1(_plain(first), _plain(second)) >= TEXT_F1
    if kind == "date":
        return not dates or _moment(first) == _moment(second)
    if kind == "set":
        return _as_set(first) == _as_set(second)
    if kind == "name":
        return _name(first) == _name(second)
    one, other = (None if value == "" else value for value, _ in (first, second))
    return one == other and isinstance(one, bool) == isinstance(other, bool)  # True == 1 in Python


def _plain(valued: Valued) -> str:
    """Text of a value without its references."""
    value, before = valued
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return " ".join(part for part in split(value, range(1, before)) if isinstance(part, str))


def _name(valued: Valued) -> str | None:
    """Case-folded text with single spaces and a mark for each reference; None for a blank."""
    value, before = valued
    if value is None:
        return None
    if not isinstance(value, str):
        return str(value)
    text = "".join(_HOLE if isinstance(part, Reference) else part for part in split(value, range(1, before)))
    return " ".join(text.casefold().split()) or None


def _as_set(valued: Valued) -> frozenset[str]:
    value, before = valued
    items = value if isinstance(value, list) else [value]
    return frozenset(name for item in items if (name := _name((item, before))) is not None)


def _moment(valued: Valued) -> datetime | date | str | None:
    """A date or a moment, else the text as a name; midnight is not the same as no time of day."""
    text = _name(valued)
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if len(text) == len("2024-06-03") else datetime.fromisoformat(text.upper())
    except ValueError:
        return text
