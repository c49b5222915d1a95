"""VirtualHome: household plans over 25 actions and 32 objects, each an item that a tool token stands for.

    for row in raw_rows(folder):
        marked(row)     # the last task; a span for each item of its plan, `[WALK] <desk>` being WALK and home's desk
        task(row)       # the last task: rooms, objects, goal, hint, and where its plan begins

A row is three solved tasks, the same in every row, and a fourth; only the fourth is labelled. The three are a prompt, which alone
has a thousand tokens: a model with room for it gets it as context. `[END]` is tool END. Limits: executability needs the
simulator; the published test list names files of the simulator and is not read, so test plans are held out of the training file.
Source: Ber666/ToolkenGPT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from toolschool.datasets.json_rows import json_rows
from toolschool.datasets.marked import MarkedText, Span, about, bare, check_marked
from toolschool.errors import RowError

TRAIN = "legal_train_v4_embedding"
END = "END"
_TASK = re.compile(
    r"Task \d+:\nI am in \[(?P<rooms>[^\]]*)\]\. The objects I can manipulate are \[(?P<objects>[^\]]*)\]\.\n"
    r"Goal:\n(?P<goal>[^\n]*)\nHint:\n(?P<hint>(?:(?!\nPlan:\n).)*)\nPlan:\n",
    re.DOTALL,
)
_NAME = re.compile(r"'([^']*)'")
_LINE = re.compile(r"(\[\w+\]) (<\w+>)|(\[END\])")


class Task(NamedTuple):
    """What a plan is asked for; `plan` is the character its plan begins at."""

    rooms: tuple[str, ...]
    objects: tuple[str, ...]
    goal: str
    hint: str
    plan: int


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of the training file, with `goal` and `hint` of their last task where it can be read; no object: `{"raw": text}`."""
    for row in json_rows(folder / f"{TRAIN}.json", TRAIN):
        found = _last_task(row.get("text"))
        yield {**row, "goal": found["goal"], "hint": found["hint"]} if found else row


def task(row: Mapping[str, Any]) -> Task:
    """The last task of a row's text; RowError when there is none."""
    found = _asked(row)
    rooms, objects = (tuple(_NAME.findall(found[name])) for name in ("rooms", "objects"))
    return Task(rooms, objects, found["goal"].strip(), found["hint"].strip(), found.end())


def marked(row: Mapping[str, Any]) -> MarkedText:
    """The last task with the items of its plan; RowError for a line that is not `[ACTION] <object>` or a last `[END]`."""
    found = _asked(row)
    with about(_key(row)):
        text, start = row["text"][found.start() :], found.end() - found.start()
        spans = _plan(text, start)
        _check_published(row, spans)
        return check_marked(MarkedText(text, tuple(spans), _key(row), start))


def _plan(text: str, place: int) -> list[Span]:
    """The items of the plan that begins at a place and ends with the text."""
    spans: list[Span] = []
    for line in text[place:].rstrip().split("\n"):
        found = _LINE.fullmatch(line)
        if not found or (spans and spans[-1].tool == END):
            raise RowError(f"the plan's line {line!r} is not [ACTION] <object>, or stands behind [END]")
        groups = [number for number in (1, 2, 3) if found[number]]
        spans += [Span(bare(found[n]), place + found.start(n), place + found.end(n)) for n in groups]
        place += len(line) + 1
    if spans[-1].tool != END:
        raise RowError("the plan does not end with [END]")
    return spans


def _check_published(row: Mapping[str, Any], spans: list[Span]) -> None:
    """RowError when the items that the row lists are not those of its plan."""
    listed = row.get("tar_eq") or [call.get("call_tool") for call in row.get("tool_calling", ())]
    if listed and [bare(str(item)) for item in listed] != [span.tool for span in spans]:
        raise RowError("the listed items are not those of the plan")


def _asked(row: Mapping[str, Any]) -> re.Match[str]:
    """Where the last task stands in a row's text, up to its plan; RowError when there is none."""
    found = _last_task(row.get("text"))
    if not found:
        raise RowError(f"{_key(row)}: wants a text that ends with 'Task 4:', rooms, objects, Goal, Hint and Plan")
    return found


def _last_task(text: object) -> re.Match[str] | None:
    found = list(_TASK.finditer(text)) if isinstance(text, str) else []
    return found[-1] if found else None


def _key(row: Mapping[str, Any]) -> str:
    return f"virtualhome/{row.get('index', '?')}"
