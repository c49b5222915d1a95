"""Tool choice in KAMEL and plans of VirtualHome, scored strictly: the counterparts of what `toolken_published.py` lets pass.

    first_relation("the answer is <P175>(...)") == "P175"     # the relation that is called first, compared as a whole
    line_score(plan, gold), same_plan(plan, gold)             # action and object, line by line
    is_legal(plan, actions={"WALK"}, objects={"desk"})        # obeys the grammar (ACTION OBJECT)*

A plan is text, one `[ACTION] <object>` to a line. Limit: two plans that reach the same state by other lines differ; only a simulator knows better.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

_RELATION = re.compile(r"<(P\d+)>", re.ASCII)
_LINE = re.compile(r"\[(\w+)\] <(\w+)>", re.ASCII)


def first_relation(output: str) -> str | None:
    """The id of the relation that an output calls first; None without a call."""
    found = _RELATION.search(output)
    return found[1] if found else None


def line_score(plan: str, gold: str) -> float:
    """The share of positions whose lines agree, of the longer plan: missing lines cost as much as extra ones. Two empty plans agree."""
    said, wanted = _lines(plan), _lines(gold)
    longer = max(len(said), len(wanted))
    return sum(a == b for a, b in zip(said, wanted, strict=False)) / longer if longer else 1.0


def same_plan(plan: str, gold: str) -> bool:
    """Whether all lines agree."""
    return _lines(plan) == _lines(gold)


def is_legal(plan: str, actions: Collection[str], objects: Collection[str]) -> bool:
    """Whether every line is one known action and one object of the scene, and no line comes twice in a row. The empty plan is legal."""
    lines = _lines(plan)
    found = [_LINE.fullmatch(line) for line in lines]
    known = all(line is not None and line[1] in actions and line[2] in objects for line in found)
    return known and all(a != b for a, b in pairwise(lines))


def _lines(plan: str) -> list[str]:
    """Without blank lines; blanks count once."""
    return [" ".join(line.split()) for line in plan.splitlines() if line.strip()]
