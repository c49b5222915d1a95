"""Messages of a conversation, however a client wrote them, as what an agent needs: the query, earlier turns, calls that were run.

The query is the last thing the user said. Turns before it are cut by one rule: what the program around the user said is
kept first, then whole turns, the newest first, as long as they have no more than so many characters together. Behind the
query stand calls of the client's own tools and what came of them; each has to have an answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from serving.client_tools import DoneCall
from serving.errors import invalid
from serving.protocol import is_sound
from toolschool.methods.tinyagent.request import Turn
from toolschool.records import JsonValue


@dataclass(frozen=True)
class Said:
    """Something somebody said; `where` names its place in the request."""

    role: Literal["system", "user", "assistant"]
    text: str
    where: str


@dataclass(frozen=True)
class Asked:
    """A call that the assistant asked for; `arguments` as it wrote them."""

    id: str
    name: str
    arguments: str
    where: str


@dataclass(frozen=True)
class Came:
    """What came of a call."""

    id: str
    text: str
    where: str


Item = Said | Asked | Came


def split(items: Sequence[Item], param: str) -> tuple[Said, list[Item], list[Item]]:
    """The user's last words, what stands before and what behind them. ApiError 400 where the user said nothing."""
    for place in range(len(items) - 1, -1, -1):
        item = items[place]
        if isinstance(item, Said) and item.role == "user":
            return item, list(items[:place]), list(items[place + 1 :])
    raise invalid(param, "there is no user message to answer")


def kept_turns(items: Sequence[Item], most: int) -> tuple[Turn, ...]:
    """Turns of at most `most` characters together, by the rule above."""
    said = [item for item in items if isinstance(item, Said) and item.text.strip()]
    newest_first = [item for item in reversed(said) if item.role != "system"]
    kept: set[int] = set()
    for item in [*(item for item in said if item.role == "system"), *newest_first]:
        most -= len(item.text)
        if most < 0:
            break
        kept.add(id(item))
    return tuple(Turn(item.role, item.text.strip()) for item in said if id(item) in kept)


def has_calls(items: Sequence[Item]) -> bool:
    """Whether the client has run calls here."""
    return any(isinstance(item, Asked | Came) for item in items)


def done_calls(items: Sequence[Item]) -> tuple[DoneCall, ...]:
    """Calls with what came of them, in the order they were asked for. ApiError 400 for a call or a result that has no other half."""
    asked: dict[str, Asked] = {}
    came: dict[str, str] = {}
    for item in items:
        if isinstance(item, Asked):
            asked[item.id] = item
        elif isinstance(item, Came):
            if item.id not in asked:
                raise invalid(item.where, f"no call before it has the id {item.id}")
            came[item.id] = item.text
    for call in asked.values():
        if call.id not in came:
            raise invalid(call.where, f"the call {call.id} has no result; send one behind it")
    return tuple(DoneCall(call.id, call.name, _object(call.arguments), came[call.id]) for call in asked.values())


def _object(text: str) -> dict[str, JsonValue]:
    """Arguments as they were written; none, where that is no object: another model may have written anything."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) and is_sound(value) else {}
