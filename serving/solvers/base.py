"""What a model of another method is to its service: it solves a task, and tells what it does meanwhile (`serving/told.py`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from serving.errors import ApiError
from serving.service import Task
from serving.told import Told

LONGEST = 256  # tokens of an answer, where the request does not say


@dataclass(frozen=True)
class Solution:
    """An answer. `read` is the text that the model began with, `tokens` are those it wrote, `cut` says that they did not suffice."""

    answer: str
    read: str
    tokens: int
    cut: bool = False
    problems: tuple[str, ...] = ()


class Solver(Protocol):
    """A model with its tools. Its loop is that of the offline jobs, and while the model computes the event loop waits."""

    @property
    def model(self) -> Any: ...

    @property
    def tokenizer(self) -> Any: ...

    @property
    def tools(self) -> Collection[str]: ...

    def room(self, task: Task) -> int:
        """Tokens that may be written for a task. ApiError 400 where the model cannot read it as a whole."""
        ...

    async def solve(self, task: Task, room: int, told: Told) -> Solution:
        """Answer a task whose clock is known, in so many tokens."""
        ...


def count(tokenizer: Any, text: str) -> int:
    """Tokens of a text."""
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def left(read: int, most: int, wanted: int) -> int:
    """Tokens that may be written behind `read` ones by a model for `most`, at most `wanted`. ApiError 400 for none."""
    if read >= most:
        message = f"the query has {read} tokens, and this model reads {most}; shorten it"
        raise ApiError(400, message, "context_length_exceeded")
    return min(wanted, most - read)
