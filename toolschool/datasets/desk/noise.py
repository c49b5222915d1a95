"""How real typing differs: slips in command words, and everything in lower case.

Slips touch only words that no argument holds and that no date or time needs, so that the gold plan stays right.
"""

from __future__ import annotations

from dataclasses import replace

from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.words import TITLE_SLOTS
from toolschool.plans.references import strings
from toolschool.records import Call, JsonValue

SLIPPABLE = frozenset(
    ["create", "send", "email", "reminder", "directions", "please", "attach", "forward", "summarize", "calendar",
    "note", "event", "message", "schedule", "location", "compose", "append", "titled", "called", "meeting",
    "address", "number", "document", "summary", "finally", "additionally", "subject", "reply", "invite", "walking",
    "driving", "folder", "remind", "invitees"]
)  # fmt: skip


def mistyped(draw: Draw, query: str, calls: tuple[Call, ...]) -> str:
    """One or two command words with a letter swapped, lost or doubled."""
    held = " ".join(text for call in calls for text in strings(list(call.args))).lower()
    words = query.split(" ")
    places = [i for i, word in enumerate(words) if word.lower() in SLIPPABLE and word.lower() not in held]
    for place in draw.rng.sample(places, min(len(places), draw.pick((1, 1, 2)))):
        words[place] = _slip(draw, words[place])
    return " ".join(words)


def _slip(draw: Draw, word: str) -> str:
    at = draw.rng.randrange(1, len(word) - 1)
    kind = draw.rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[: at + 1] + word[at:]


def lowered(query: str, calls: tuple[Call, ...]) -> tuple[str, tuple[Call, ...]]:
    """The query in lower case; arguments that were copied from it follow, titles of events keep their case."""

    def lower(value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            return [lower(v) for v in value]
        return value.lower() if isinstance(value, str) and value in query else value

    def lower_call(call: Call) -> Call:
        kept = TITLE_SLOTS.get(call.tool, ())
        return replace(call, args=tuple(a if i in kept else lower(a) for i, a in enumerate(call.args)))

    return query.lower(), tuple(lower_call(call) for call in calls)
