"""What a teacher is asked and what it answers; all that exploration and exploitation know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from toolschool.methods.ste.trials import Message
from toolschool.records import Tool

Purpose = Literal["query", "act", "reflect", "judge", "paraphrase"]


@dataclass(frozen=True)
class Request:
    """A conversation to be continued. `purpose` and `tool` say what for: a language model needs neither, the embedded teacher both.

    `stop`: the reply ends before the first of these strings.
    """

    purpose: Purpose
    messages: Sequence[Message]
    tool: Tool
    seed: int
    max_tokens: int
    temperature: float
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What was said, and what it cost."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Teacher(Protocol):
    """Answers many requests side by side. Raises TeacherError when it cannot go on: no answer after all tries, or the budget is spent."""

    async def reply(self, request: Request) -> Reply: ...


def cut(text: str, stop: Sequence[str]) -> str:
    """A text up to the first of the stop strings: how every reply ends."""
    return text[: min((text.find(each) for each in stop if each in text), default=len(text))]
