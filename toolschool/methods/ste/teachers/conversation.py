"""What the embedded teacher finds in a conversation: the request, what was done about it, what was tried before, what it has to judge.

Works on the texts of `prompts.py` and on the published ones, which have the same structure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from toolschool.methods.ste.parsing import WrittenCall, read_strict
from toolschool.methods.ste.prompts import OBSERVATION
from toolschool.methods.ste.trials import Message
from toolschool.tools.desk.failure import PREFIX

_TRIED = re.compile(r"^Query: (?P<query>.*) \| Solved: (?P<solved>Yes|No)$", re.MULTILINE)
_JUDGED = re.compile(
    r': "(?P<query>.*?)"\s*\n.*?\nAction: [^\n]*\nAction Input: (?P<input>[^\n]*)\nObservation: (?P<observation>.*?)\n\n[^\n]*\n'
    r"----\n(?P<answer>.*)\n----",
    re.DOTALL,
)
_FAILED = re.compile(r"(?:Error:|" + re.escape(PREFIX.strip()) + ")")


@dataclass(frozen=True)
class Turn:
    """One call of the trial that runs, as it was written, and what came of it."""

    reply: str
    observation: str


@dataclass(frozen=True)
class Judged:
    """What a judge is shown."""

    query: str
    arguments: Mapping[str, Any]
    observation: str
    answer: str


def acted_on(messages: Sequence[Message]) -> tuple[str, list[Turn]]:
    """The request of the trial that runs and its turns so far; the last message asks for the next one."""
    turns: list[Turn] = []
    place = len(messages) - 1
    while place >= 2 and messages[place].content.startswith(OBSERVATION):
        turns.insert(0, Turn(messages[place - 1].content, messages[place].content.removeprefix(OBSERVATION).strip()))
        place -= 2
    return (messages[place - 1].content if place >= 1 else ""), turns


def last_observation(messages: Sequence[Message]) -> str | None:
    """Of the trial that is looked back on: None where nothing was called."""
    _, turns = acted_on(messages[:-2])
    return turns[-1].observation if turns else None


def tried_before(messages: Sequence[Message]) -> list[tuple[str, bool]]:
    """Queries of the long-term memory in the last message, each with whether it was solved."""
    return [(match["query"], match["solved"] == "Yes") for match in _TRIED.finditer(messages[-1].content)]


def failures(messages: Sequence[Message], tool: str) -> list[tuple[Mapping[str, Any], str]]:
    """Calls of the conversation that failed, each with its error."""
    found: list[tuple[Mapping[str, Any], str]] = []
    for reply, told in pairwise(messages):
        observation = told.content.removeprefix(OBSERVATION).strip()
        if told.role == "user" and told.content.startswith(OBSERVATION) and failed(observation):
            call = called(reply.content, tool)
            if call is not None:
                found.append((call.arguments, observation))
    return found


def failed(observation: str) -> bool:
    """Whether an observation says that nothing was done."""
    return _FAILED.match(observation) is not None


def called(reply: str, tool: str) -> WrittenCall | None:
    """The call of a reply, None where there is none that can be read."""
    written = read_strict(reply, [tool])
    return written if isinstance(written, WrittenCall) else None


def to_judge(prompt: str) -> Judged | None:
    """The request, call, result and answer of a judge's prompt; None for another prompt."""
    found = _JUDGED.search(prompt)
    if found is None:
        return None
    try:
        arguments = json.loads(found["input"])
    except ValueError:
        return None
    return Judged(found["query"], arguments, found["observation"], found["answer"])


def first_request(messages: Sequence[Message]) -> str:
    """The request that is to be said in other words."""
    return next((m.content for m in messages if m.role == "user"), "").rpartition("Request: ")[2].strip()
