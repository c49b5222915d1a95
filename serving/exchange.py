"""A plan against what the client has run of it: which steps are done, which calls come next, what the answer is.

    exchange = Exchange(tools, query, now)
    for call in plan.calls:
        if (next_call := exchange.accept(call)) is not None: ...      # a call for the client
    exchange.answer()                                                 # where nothing is left to call

The server keeps nothing between the turns of a client's tools: it plans the same request again, which gives the same plan,
and finds in the messages what was done. The id of a call says its step and the clock that the plan went by.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.client_tools import ClientTools, DoneCall
from serving.protocol import is_sound
from toolschool.errors import ToolschoolError
from toolschool.plans.arguments import fill_arguments
from toolschool.plans.join import NOTHING, join_by_rules, replan_context
from toolschool.plans.references import dependencies
from toolschool.plans.trace import Observation, Status, Trace
from toolschool.records import Call, JsonValue, Plan

NO_CALLS = "I answer by calling tools, and this request forbids it, so I have done nothing."
_CLOCK = "%Y%m%dT%H%M%S"
_ID = re.compile(r"call_(\d{8}T\d{6})_(\d{1,3})_[0-9a-f]+")


@dataclass(frozen=True)
class NextCall:
    """A call that the client shall run."""

    id: str
    name: str
    arguments: Mapping[str, JsonValue]


def call_id(now: datetime, step: int) -> str:
    """An id of its own for a step of a plan that goes by this clock."""
    return f"call_{now.strftime(_CLOCK)}_{step}_{secrets.token_hex(4)}"


def clock_of(done: Sequence[DoneCall]) -> datetime | None:
    """The clock that the plan of these calls went by; None where no id is one of ours."""
    stamps = (match[1] for call in done if (match := _ID.fullmatch(call.id)))
    for stamp in stamps:
        try:
            return datetime.strptime(stamp, _CLOCK)
        except ValueError:  # somebody's own idea of an id
            continue
    return None


class Exchange:
    """One request with the client's own tools. `most` bounds the calls of this turn and the earlier ones together."""

    def __init__(self, tools: ClientTools, query: str, now: datetime, most: int | None = None) -> None:
        self.tools, self.query, self.now = tools, query, now
        self.next_calls: list[NextCall] = []
        self.problems: list[str] = []
        self._most = most
        self._waiting = list(tools.done)  # not yet found in the plan
        self._steps: dict[int, Call] = {}
        self._seen: dict[int, Observation] = {}
        self._asked: dict[str, int] = {}  # tool and arguments -> the step that asked for them first

    @property
    def last_id(self) -> int:
        """Number of the last step."""
        return max(self._steps, default=0)

    @property
    def full(self) -> bool:
        """Whether no further call may be asked for in this turn."""
        count = len(self.next_calls)
        over = self._most is not None and len(self.tools.done) + count >= self._most
        return (
            over
            or (count > 0 and not self.tools.parallel)
            or (self.tools.most is not None and count >= self.tools.most)
        )

    def accept(self, call: Call) -> NextCall | None:
        """A step of the plan, in its order: the call it is for the client, None where it is done, wrong, or has to wait."""
        if call.id in self._steps or call.tool not in self.tools.catalog:
            self.problems.append(
                f"step {call.id} was not read: its number or its tool {call.tool} is not one that was asked for"
            )
            return None
        self._steps[call.id] = call
        found = self._look(call)
        if isinstance(found, Observation):
            self._seen[call.id] = found
            return None
        if found is not None:
            self.next_calls.append(found)
        return found

    def _look(self, call: Call) -> Observation | NextCall | None:
        """What became of a step whose results are there; None where it has to wait."""
        needed = [self._seen.get(step) for step in dependencies(call)]
        if any(seen is not None and not seen.ok for seen in needed):
            return _seen(call, "skipped", error="skipped: a step that it needs failed")
        if None in needed:
            return None
        try:
            results = {seen.id: seen.value for seen in needed if seen is not None}
            arguments = fill_arguments(call, self.tools.catalog[call.tool], results)
        except (ToolschoolError, RecursionError) as error:  # a result may be JSON that is nested without end
            return _seen(call, "invalid", error=str(error))
        if not is_sound(arguments):
            return _seen(call, "invalid", error="a result is nested too deep, or no number that JSON has")
        return self._settle(call, arguments)

    def _settle(self, call: Call, arguments: dict[str, JsonValue]) -> Observation | NextCall | None:
        """A step whose arguments are known."""
        name = self.tools.names[call.tool]
        first = self._asked.setdefault(json.dumps([name, arguments], sort_keys=True), call.id)
        if first != call.id:
            seen = self._seen.get(first)
            return _seen(call, "repeated", seen.value, seen.error, arguments) if seen else None
        if (done := self._find(call, arguments)) is not None:
            return _seen(call, "ok", done.result, args=done.arguments)
        if (problem := self.tools.problem(call.tool, arguments)) is not None:
            return _seen(call, "invalid", error=f"{name}: {problem}", args=arguments)
        if self.full:
            self.problems.append(f"step {call.id} was left out: this turn has its calls")
            return None
        return NextCall(call_id(self.now, call.id), name, arguments)

    def _find(self, call: Call, arguments: Mapping[str, JsonValue]) -> DoneCall | None:
        """What the client ran for this step: by the id that it was given, else by name and arguments."""
        named = [done for done in self._waiting if done.name == self.tools.names[call.tool]]
        found = [done for done in named if (match := _ID.fullmatch(done.id)) and int(match[2]) == call.id]
        found += [done for done in named if done.arguments == arguments]
        if not found:
            return None
        self._waiting.remove(found[0])
        return found[0]

    def trace(self) -> Trace:
        """All that is known: steps with a result, then calls that the client ran and no plan has.

        Of the latter those to tools that are not offered any more (a handoff to another agent) only where nothing else is known.
        """
        seen = [self._seen[step] for step in sorted(self._seen)]
        offered = [done for done in self._waiting if done.name in self.tools.by_name]
        for number, done in enumerate(offered or ([] if seen else self._waiting), self.last_id + 1):
            call = Call(number, self.tools.by_name.get(done.name, done.name))
            seen.append(Observation(number, call, done.result, args=done.arguments, attempts=1))
        return Trace(tuple(seen), Plan(tuple(observation.call for observation in seen)), tuple(self.problems))

    def uncalled(self) -> tuple[str, ...]:
        """Tools that were not called yet; all, where that is none."""
        called = {done.name for done in self.tools.done}
        names = self.tools.catalog.names
        return tuple(name for name in names if self.tools.names[name] not in called) or names

    def context(self) -> str:
        """What was done, as a planner reads it that shall plan on."""
        return replan_context([(self.trace(), "")])

    def answer(self) -> str:
        """The results that nothing else used, in words."""
        trace = self.trace()
        if not trace.observations:
            return NO_CALLS if self.tools.forbidden else NOTHING
        return join_by_rules(self.query, trace, last=True).message


def _seen(
    call: Call,
    status: Status,
    value: JsonValue = None,
    error: str | None = None,
    args: Mapping[str, JsonValue] | None = None,
) -> Observation:
    return Observation(call.id, call, value, error, status=status, args=args, attempts=int(status == "ok"))
