"""Earlier turns of a conversation for a planner that was trained on single requests.

A compact prompt has room for one request and its numbered words. So the user's earlier turns are put before it as
sentences, the newest first, as many whole ones as still can be pointed at; the plan of it all, less what a
plan of the earlier turns alone has, is the plan of the newest turn. What a new step needs of the old ones stays. A turn
whose own plan is empty (thanks, and the like) gets an empty plan.

    whole = with_earlier(turns, "Also tell Priya", fits)      # "Text Sid that I am late. Also tell Priya"
    new_steps(plan_of_earlier_turns, plan_of_whole)           # only what concerns Priya

Limits: what the assistant said is not read, and a turn that corrects an earlier one ("make it 4pm") is rarely understood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import networkx as nx

from toolschool.methods.tinyagent.request import Turn
from toolschool.plans.graph import graph, step_hashes
from toolschool.plans.order import renumber
from toolschool.records import Plan

_ENDS = (".", "!", "?", ":", ";")


def with_earlier(earlier: Sequence[Turn], query: str, fits: Callable[[str], bool]) -> str:
    """The query behind the user's earlier turns: the newest first, as many whole ones as fit together with it."""
    text = query
    for turn in reversed(earlier):
        if turn.role != "user":
            continue
        longer = f"{_sentence(turn.text)} {text}"
        if not fits(longer):
            break
        text = longer
    return text


def _sentence(text: str) -> str:
    """In one line, with an end: the next turn is not part of what it says."""
    line = " ".join(text.split())
    return line if line.endswith(_ENDS) else f"{line}."


def new_steps(before: Plan, whole: Plan, first_id: int = 1) -> Plan:
    """Steps of `whole` that `before` has not, and those that they need, numbered from `first_id`.

    Steps are the same by tool and arguments, whatever their numbers; one that `whole` has more often is new.
    """
    old = Counter(step_hashes(before).values())
    steps, wanted = graph(whole), set()
    for step, hashed in step_hashes(whole).items():
        if old[hashed]:
            old[hashed] -= 1
        else:
            wanted |= {step, *nx.ancestors(steps, step)}
    return renumber([call for call in whole.calls if call.id in wanted], whole.thought, first_id)
