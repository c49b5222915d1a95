"""After a plan has run: answer, or plan again? Decided by rules, so that mostly no model is needed.

Rules (TinyAgent reference, 8): finish where every step succeeded; plan again where the planner is at fault or a tool
says "try again"; otherwise finish and say plainly what was done and what was not.

Limit: the answer quotes observations, it does not phrase them. A join model can (see `methods/tinyagent/agent.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolschool.errors import PlanError
from toolschool.plans.grammar import END_OF_PLAN, format_call
from toolschool.plans.graph import graph
from toolschool.plans.references import as_text
from toolschool.plans.trace import Observation, Trace
from toolschool.records import Call, Plan
from toolschool.tools.results import shortened

_QUESTION = re.compile(
    r"\?|^\s*(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|tell me)\b", re.IGNORECASE
)
NOTHING = "I have no tool that fits this request, so I have done nothing. Please say it another way."
_ANSWERED = 10_000  # characters of a result in an answer
_SHOWN = 400  # characters of an observation that a planner is shown again


@dataclass(frozen=True)
class Decision:
    """`finish` with the answer, or `replan` with the reason."""

    kind: Literal["finish", "replan"]
    message: str


def join_by_rules(query: str, trace: Trace, *, earlier: Sequence[Trace] = (), last: bool = False) -> Decision:
    """What to do after `trace`; `earlier` are the rounds before it, `last` forbids another plan.

    The message of a finish lists results that nothing else used, for the person who asked `query`.
    """
    faults = planner_faults(trace)
    if faults and not last and not trace.timed_out:
        return Decision("replan", "; ".join(faults))
    if not trace.ok and not any(each.observations for each in (*earlier, trace)):
        return Decision("finish", f"I could not find out what to do: {'; '.join(trace.problems)}.")
    return Decision("finish", _answer([*earlier, trace]))


def planner_faults(trace: Trace) -> list[str]:
    """What another plan could put right, one line each."""
    faults = list(trace.problems)
    for seen in trace.observations:
        if seen.status == "invalid" or (seen.status == "failed" and "try again" in (seen.error or "").lower()):
            faults.append(f"step {seen.id} failed: {seen.error}")
    return faults


def asks_question(query: str) -> bool:
    """Whether the query wants to be told something, which quoting observations may do badly."""
    return bool(_QUESTION.search(query))


def _answer(rounds: Sequence[Trace]) -> str:
    """Results that no later step used, then what was not done and has not been made good by a later round."""
    results = _distinct(shortened(as_text(seen.value), _ANSWERED) for seen in final_results(rounds))
    open_steps = [
        seen
        for number, trace in enumerate(rounds)
        for seen in trace.observations
        if not seen.ok and not _made_good(seen, rounds[number + 1 :])
    ]
    failures = _distinct(f"- {_title(seen)}: {seen.error}" for seen in open_steps if seen.status != "skipped")
    skipped = _distinct(_title(seen) for seen in open_steps if seen.status == "skipped")
    parts = ["\n".join(results)]
    if failures:
        parts.append("\n".join(["This did not work:", *failures]))
    if skipped:
        parts.append(f"Left out because of that: {', '.join(skipped)}.")
    if rounds[-1].timed_out:
        parts.append("The time for this request ran out.")
    return "\n\n".join(part for part in parts if part) or NOTHING


def _made_good(failed: Observation, later: Sequence[Trace]) -> bool:
    return any(seen.ok and seen.call.tool == failed.call.tool for trace in later for seen in trace.observations)


def final_results(rounds: Sequence[Trace]) -> list[Observation]:
    """Successful steps whose result no successful step used, over all rounds of a request."""
    steps = graph(Plan(tuple(call for trace in rounds for call in trace.plan.calls)))
    done = {seen.id for trace in rounds for seen in trace.observations if seen.ok}
    return [
        seen
        for trace in rounds
        for seen in trace.observations
        if seen.ok and not done.intersection(steps.successors(seen.id))
    ]


def _title(seen: Observation) -> str:
    return seen.call.tool.replace("_", " ")


def _distinct(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(line for line in lines if line))


def previous_plan_block(trace: Trace, thought: str = "") -> str:
    """One executed plan with its observations, as the planner sees it when it plans again.

    Every call on its line, `Observation: …` on the next (in one line, shortened), and a `Thought: …` at the end.
    """
    lines = ["Previous Plan:", ""]
    for seen in trace.observations:
        lines += [_written(seen.call), f"Observation: {_shown(seen.text)}"]
    lines += [f"Observation: Error: {_shown(problem)}" for problem in trace.problems]
    if thought:
        lines += ["", f"Thought: {_shown(thought)}"]
    return "\n".join(lines)


def _written(call: Call) -> str:
    try:
        return format_call(call)
    except PlanError:  # longer with our escapes than as the planner wrote it
        return f"{call.id}. {call.tool}(…)"


def replan_context(rounds: Sequence[tuple[Trace, str]]) -> str:
    """All earlier rounds, each with the reason why it was not enough, up to where the new plan begins."""
    return "\n\n".join([*(previous_plan_block(trace, thought) for trace, thought in rounds), "Current Plan:", ""])


def _shown(text: str) -> str:
    """In one line, shortened, and without the marker that would end a plan."""
    line = " ".join(text.replace(END_OF_PLAN, "END OF PLAN").split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
