"""How calls are said: as `tool_calls` of the protocol, or as Python in the text, for models and servers that have no such thing.

dialect = DIALECTS["python"]
request = dialect.request(messages, functions, asking)      # ChatRequest
dialect.read(answer, functions).calls                       # by the functions' own names
messages += dialect.results(answer, reading, ["21.5"])      # what is told after calls were run
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from toolschool.errors import RowError
from toolschool.evaluation.endpoints.tasks import Call, Reading, spoken
from toolschool.evaluation.python_calls import read_calls
from toolschool.models.chat_endpoint import Answer, ChatCall, ChatRequest

Functions = Sequence[Mapping[str, Any]]
Messages = Sequence[Mapping[str, Any]]
NOTHING = "nothing was said"
MAX_NAME = 64  # characters that the protocol takes

PYTHON_RULES = (
    "You may call the functions below. To call some, reply with nothing but a list of calls in Python syntax, every argument by its name: "
    '[first_function(city="Rome", days=3), second_function(flag=True)]. Where no function helps, or an argument is not known, or there is '
    "nothing left to call, reply in plain words.\nFunctions:\n"
)


@dataclass(frozen=True)
class Asking:
    """How answers are sampled, and how many a task may take. `clock`: whether the endpoint is an agent of ours, whose clock a request may set."""

    max_tokens: int = 1024
    temperature: float | None = 0.0
    seed: int | None = None
    turns: int = 10
    clock: bool = False

    def request(self, messages: Messages, tools: Functions = ()) -> ChatRequest:
        return ChatRequest(list(messages), tools, self.max_tokens, self.temperature, self.seed)


class Dialect(Protocol):
    def request(self, messages: Messages, functions: Functions, asking: Asking) -> ChatRequest: ...

    def read(self, answer: Answer, functions: Functions) -> Reading: ...

    def results(self, answer: Answer, reading: Reading, told: Sequence[str]) -> list[dict[str, Any]]: ...


class ToolCalls:
    """The protocol's own. Names are spelled as it takes them: letters, digits, `_` and `-`."""

    def request(self, messages: Messages, functions: Functions, asking: Asking) -> ChatRequest:
        tools = [{"type": "function", "function": {**one, "name": spelled(one["name"])}} for one in functions]
        return asking.request(messages, tools)

    def read(self, answer: Answer, functions: Functions) -> Reading:
        names = {spelled(one["name"]): one["name"] for one in functions}
        calls = tuple(_read(call, names.get(call.name, call.name)) for call in answer.calls)
        if not calls and not spoken(answer.text).strip():
            return Reading(problem=NOTHING)
        return Reading(calls, next((call.problem for call in calls if call.problem), ""))

    def results(self, answer: Answer, reading: Reading, told: Sequence[str]) -> list[dict[str, Any]]:
        ids = [call.id or f"call_{place}" for place, call in enumerate(answer.calls)]
        made = [
            {"id": key, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for key, call in zip(ids, answer.calls, strict=True)
        ]
        said: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "tool_calls": made}
        return [
            said,
            *({"role": "tool", "tool_call_id": key, "content": text} for key, text in zip(ids, told, strict=True)),
        ]


class PythonText:
    """Functions in the system message, calls and results as texts."""

    def request(self, messages: Messages, functions: Functions, asking: Asking) -> ChatRequest:
        rules = PYTHON_RULES + "\n".join(json.dumps(one, ensure_ascii=False) for one in functions)
        system = [said["content"] for said in messages if said["role"] == "system"]
        rest = [said for said in messages if said["role"] != "system"]
        return asking.request([{"role": "system", "content": "\n\n".join([*system, rules])}, *rest])

    def read(self, answer: Answer, functions: Functions) -> Reading:
        text = spoken(answer.text)
        if not text.strip():
            return Reading(problem=NOTHING)
        try:
            return Reading(tuple(Call(name, arguments) for name, arguments in read_calls(text)))
        except RowError as error:
            return Reading(problem=str(error))

    def results(self, answer: Answer, reading: Reading, told: Sequence[str]) -> list[dict[str, Any]]:
        lines = [f"{call.name}: {text}" for call, text in zip(reading.calls, told, strict=True)]
        results = "Results:\n" + "\n".join(lines) if lines else f"Error: {reading.problem}"
        return [{"role": "assistant", "content": answer.text}, {"role": "user", "content": results}]


# Who has tools of its own is offered none: its tasks have no functions.
DIALECTS: Mapping[str, Dialect] = {"tool_calls": ToolCalls(), "python": PythonText(), "own": ToolCalls()}


def spelled(name: str) -> str:
    """A name as the protocol takes it."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:MAX_NAME]


def _read(call: ChatCall, name: str) -> Call:
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return Call(name, None, call.id, f"the arguments of {name} are no JSON")
    if not isinstance(arguments, dict):
        return Call(name, None, call.id, f"the arguments of {name} are no JSON object")
    return Call(name, arguments, call.id)
