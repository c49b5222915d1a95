"""What exploration leaves behind: trials, each with its steps, how it ended, and what it cost.

    trial.id                                  # "add_date/3/1": tool, episode, trial
    Trial.from_json(trial.to_json()) == trial

A trial is one query that the teacher imagined and what it did about it. It is written the moment it ends, so its JSON is the durable form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Step:
    """One reply that acts. `arguments` is None where the reply could not be parsed; `observation` is what the teacher was told then.

    `ok`: the call was parsed, ran, and did not fail.
    """

    reply: str
    tool: str = ""
    arguments: Mapping[str, Any] | None = None
    observation: str = ""
    ok: bool = False


@dataclass(frozen=True)
class Trial:
    """One query of a tool and what became of it.

    `answer` is the final answer, None where the turns ran out. `solved` is what the teacher says of itself (`reflection` in its words).
    `messages` is what the trial added to the conversation, so that a conversation that was cut off can be built again.
    """

    tool: str
    episode: int
    number: int
    query: str
    steps: tuple[Step, ...]
    answer: str | None
    solved: bool
    reflection: str
    messages: tuple[Message, ...]
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def id(self) -> str:
        return f"{self.tool}/{self.episode}/{self.number}"

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Trial:
        value = json.loads(line)
        steps = tuple(Step(**step) for step in value.pop("steps"))
        messages = tuple(Message(**message) for message in value.pop("messages"))
        return cls(**value, steps=steps, messages=messages)


def trial_seed(seed: int, tool: str, episode: int, number: int) -> int:
    """The seed of one trial: the same for any number of workers and after any restart."""
    return example_seed(seed, f"{tool}/{episode}/{number}")


def example_seed(seed: int, id: str) -> int:
    """The seed of what is asked about one trial or example."""
    digest = hashlib.sha256(f"{seed}/{id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 2**31
