"""What a tool says, made fit for everyone who reads it: prompts, arguments of later steps, answers, traces, streams, logs.

    sound({"temperature": float("nan")})        # ToolError: holds a number that JSON does not have
    shortened(value, 20_000)                    # the value, or the beginning of its text where that is longer
    said(error)                                 # one short line, whatever the exception does when it is asked

A tool is somebody else's: its answer may be no JSON, refer to itself, be nested without end, or weigh more than this process
can carry through; its text may hold halves of characters that no encoder takes. None of that may reach another step.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from toolschool.errors import ToolError
from toolschool.records import JsonValue

MAX_CHARS = 1_000_000  # of all texts in an answer, every other value and container counting as one
MAX_NESTED = 64
MAX_BITS = 1024  # of an integer: more than any double has, and less than Python refuses to write down
MAX_SAID = 500  # characters of an error


def sound(value: Any) -> JsonValue:
    """A copy that is JSON, of this module's bounds, in whole characters. ToolError says what is wrong with it."""
    return _Reading().read(value, 0)


def shortened(value: JsonValue, limit: int) -> JsonValue:
    """A sound value whose JSON has at most `limit` characters as it is, else the beginning of its text and how much there was."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= limit else f"{text[:limit]}… [{len(text)} characters in all]"


def whole_characters(text: str) -> str:
    """The text with a replacement character for every half of a surrogate pair; halves that belong together are joined."""
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def said(error: BaseException, limit: int = MAX_SAID) -> str:
    """What an exception says, in one line; its type where it says nothing, or breaks when it is asked."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - somebody else's __str__
        text = ""
    return one_line(text, limit) or type(error).__name__


def one_line(text: str, limit: int) -> str:
    """A text without line breaks of any kind, shortened, in whole characters."""
    line = " ".join(whole_characters(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


class _Reading:
    """One answer being copied."""

    def __init__(self) -> None:
        self.left = MAX_CHARS

    def read(self, value: Any, depth: int) -> JsonValue:
        self._count(len(value) if isinstance(value, str) else 1)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return whole_characters(str.__str__(value))
        if isinstance(value, int | float):
            return _number(value)
        if depth >= MAX_NESTED:
            raise ToolError(f"it is nested deeper than {MAX_NESTED}, or holds itself")
        if isinstance(value, list | tuple):
            return [self.read(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            return {self._name(name): self.read(item, depth + 1) for name, item in value.items()}
        raise ToolError(f"it holds a {type(value).__name__}, which is no JSON")

    def _name(self, name: Any) -> str:
        if not (name is None or isinstance(name, str | int | float)):
            raise ToolError(f"it holds a {type(name).__name__} as a name, which is no JSON")
        text = whole_characters(str(name))
        self._count(len(text))
        return text

    def _count(self, chars: int) -> None:
        self.left -= chars
        if self.left < 0:
            raise ToolError(f"it is longer than {MAX_CHARS} characters; ask for less")


def _number(value: float) -> int | float:
    """The number as a plain one."""
    if isinstance(value, int) and value.bit_length() <= MAX_BITS:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise ToolError("it holds a number that JSON does not have")
