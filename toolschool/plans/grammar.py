"""The plan language: one call per line, arguments are Python literals, `join()` comes last.

    Thought: <one line, optional>
    1. get_email_address("Sid")
    2. create_calendar_event("Sync", "2024-06-03 14:00:00", "", ["$1"], None)
    3. join()<END_OF_PLAN>

A line is `<number>. <tool>(<literals>)`, then perhaps a `# comment`. String literals may hold anything, also `)`, `#`
and escaped quotes; line breaks inside them are written `\\n`. Reading stops at the first `join()` or at the first
`<END_OF_PLAN>`, wherever it stands, because that is also the string that stops generation.

`parse_line` gives every line one meaning and is shared by `parse_lines` here and `StreamParser` in `stream.py`. A
line that breaks a rule becomes a `BadLine`, so that a stream can go on; `parse_plan` raises on the first one.

Limits: no keyword arguments, no unquoted references, literals must be JSON values, at most `MAX_LINE` characters in a
line and `MAX_DEPTH` brackets inside each other. Numbering, tools and types are checked in `graph.py`.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from toolschool.errors import PlanError
from toolschool.records import Call, JsonValue, Plan

END_OF_PLAN = "<END_OF_PLAN>"
JOIN = "join"
MAX_ID = 999  # a step number has at most three digits, so "$1000" is always money
MAX_LINE = 65_536
MAX_DEPTH = 32

_STEP = re.compile(r"(?P<id>[0-9]{1,3})\s*\.\s*(?P<tool>[^\W\d][\w.-]{0,127})\s*\(")
_THOUGHT = re.compile(r"Thought:\s*(?P<text>.*)", re.IGNORECASE)
# A whole string literal, or one character that matters to the bracket count.
_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["'#()\[\]{}]""")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PYTHON_ESCAPES = frozenset("\\'\"abfnrtvxuUN01234567")


@dataclass(frozen=True)
class Join:
    """The last step: collect the results."""

    id: int


@dataclass(frozen=True)
class Thought:
    """A line the planner wrote for itself."""

    text: str


@dataclass(frozen=True)
class BadLine:
    """A line that breaks the language. `id` and `tool` are None where even they could not be read."""

    line: int  # counted from 1
    text: str  # shortened
    reason: str
    id: int | None = None
    tool: str | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}: {self.text}"


Item = Call | Join | Thought | BadLine


def parse_plan(text: str) -> Plan:
    """The plan in `text`; raises PlanError naming the first bad line and its rule, or saying that join() is missing."""
    items = parse_lines(text)
    for item in items:
        if isinstance(item, BadLine):
            raise PlanError(str(item))
    if not any(isinstance(item, Join) for item in items):
        raise PlanError("the plan has no join(): the last line must be `N. join()`")
    return plan_of(items)


def plan_of(items: list[Item]) -> Plan:
    """Calls and thoughts of a list of items as a plan; whatever else is in it is left out."""
    thoughts = [item.text for item in items if isinstance(item, Thought)]
    return Plan(tuple(item for item in items if isinstance(item, Call)), "\n".join(thoughts))


def parse_call(line: str) -> Call:
    """The call on one line, `3. tool("a")`; raises PlanError for anything else, `join()` included."""
    item, _ = parse_line(line, 1)
    if isinstance(item, Call):
        return item
    raise PlanError(str(item) if isinstance(item, BadLine) else f"not a call: {_shorten(line)}")


def parse_lines(text: str) -> list[Item]:
    """All items of a text up to the end of its plan; never raises."""
    return list(_items(text))


def _items(text: str) -> Iterator[Item]:
    for number, line in enumerate(text.split("\n"), start=1):
        item, ended = parse_line(line, number)
        if item is not None:
            yield item
        if ended:
            return


def parse_line(line: str, number: int) -> tuple[Item | None, bool]:
    """What one line means (None for a blank one), and whether the plan ends with it. Never raises."""
    if len(line) > MAX_LINE:
        return BadLine(number, _shorten(line), f"longer than {MAX_LINE} characters"), False
    line, end, _ = line.partition(END_OF_PLAN)
    line = line.strip()
    if not line:
        return None, bool(end)
    if thought := _THOUGHT.fullmatch(line):
        return Thought(thought["text"].strip()), bool(end)
    item = _parse_step(line, number)
    return item, bool(end) or isinstance(item, Join)


def _parse_step(line: str, number: int) -> Call | Join | BadLine:
    head = _STEP.match(line)
    if head is None:
        return BadLine(number, _shorten(line), "not a step, write `<number>. <tool>(<arguments>)`")
    step, tool = int(head["id"]), head["tool"]
    try:
        arguments, rest = _split_arguments(line[head.end() :])
        # The end marker may have been cut short by a token limit.
        if rest and not rest.startswith("#") and not END_OF_PLAN.startswith(rest):
            raise PlanError("only a # comment may follow the call")
        args = _parse_arguments(arguments)
        if tool == JOIN and args:
            raise PlanError("join() takes no arguments")
    except PlanError as error:
        return BadLine(number, _shorten(line), str(error), step, tool)
    return Join(step) if tool == JOIN else Call(step, tool, args)


def _split_arguments(text: str) -> tuple[str, str]:
    """Text after the opening parenthesis, cut at the one that closes it: (arguments, what follows)."""
    depth = 1
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("(", "[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise PlanError(f"brackets nested deeper than {MAX_DEPTH}")
        elif mark in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return text[: token.start()], text[token.end() :].strip()
        elif mark in ("'", '"'):
            raise PlanError(f"the quote {mark} is not closed on its line")
        elif mark == "#":
            break
        elif token.start() and (text[token.start() - 1].isalnum() or text[token.start() - 1] == "_"):
            raise PlanError("a string takes no prefix letter")
    raise PlanError("the parenthesis of the call is not closed on its line")


def _parse_arguments(text: str) -> tuple[JsonValue, ...]:
    """Argument text as JSON values; raises PlanError. Nothing is evaluated beyond literals."""
    try:
        call = ast.parse(f"f({_quiet_escapes(text)})", mode="eval").body
        if not isinstance(call, ast.Call):
            raise PlanError("arguments must be literals separated by commas")
        if call.keywords:
            raise PlanError(f"keyword argument `{call.keywords[0].arg}`: arguments are positional, leave the name out")
        return tuple(_json_value(ast.literal_eval(argument)) for argument in call.args)
    except SyntaxError as error:
        hint = ' (references are quoted: "$1")' if "$" in text else ""
        raise PlanError(f"arguments cannot be read, {error.msg}{hint}") from error
    except (ValueError, TypeError) as error:
        raise PlanError("arguments must be literals: strings, numbers, lists, dicts, True, False, None") from error
    except (RecursionError, MemoryError) as error:
        raise PlanError("arguments are nested too deep") from error


def _quiet_escapes(text: str) -> str:
    """Doubles the backslash of `\\d` and the like: same meaning in Python, but without its warning."""
    return _ESCAPE.sub(lambda match: match[0] if match[1] in _PYTHON_ESCAPES else "\\" + match[0], text)


def _json_value(value: object) -> JsonValue:
    """A literal as a JSON value, tuples as lists; raises PlanError for what JSON or UTF-8 cannot hold."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise PlanError("a string holds half a surrogate pair, which is not text")
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {_json_value(key): _json_value(item) for key, item in value.items()}
    raise PlanError(f"{type(value).__name__} {_shorten(repr(value))} is not a JSON value")


def format_plan(plan: Plan, *, first_id: int = 1) -> str:
    """The plan as text that `parse_plan` reads back; raises PlanError for a value the language cannot hold.

    `first_id` numbers the join of a plan without calls.
    """
    if END_OF_PLAN in plan.thought:
        raise PlanError(f"the thought of a plan cannot hold {END_OF_PLAN}")
    thoughts = [f"Thought: {line}" for line in plan.thought.split("\n")] if plan.thought else []
    steps = [format_call(call) for call in plan.calls]
    last = max((call.id for call in plan.calls), default=first_id - 1)
    return "\n".join([*thoughts, *steps, f"{last + 1}. {JOIN}(){END_OF_PLAN}"]) + "\n"


def format_call(call: Call) -> str:
    """One line without its line break: `1. tool("a", ["$1"], None)`."""
    head = f"{call.id}. {call.tool}("
    if call.tool == JOIN or not _STEP.fullmatch(head):
        raise PlanError(f"`{_shorten(head)}` cannot start a step: a number up to {MAX_ID} and the name of a tool")
    line = f"{head}{', '.join(format_value(value) for value in call.args)})"
    if len(line) > MAX_LINE:
        raise PlanError(f"step {call.id} is longer than {MAX_LINE} characters: shorten its arguments")
    return line


def format_value(value: JsonValue) -> str:
    """A JSON value as a Python literal with double quotes. Raises PlanError."""
    value = _json_value(value)
    if isinstance(value, str):
        # JSON's escapes mean the same in Python. Other line breaks of Unicode are escaped as well, and the end
        # marker never appears in a plan before its end.
        text = json.dumps(value, ensure_ascii=False)
        for character in "\x85\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text.replace(END_OF_PLAN, "\\u003c" + END_OF_PLAN[1:])
    if isinstance(value, list):
        return f"[{', '.join(format_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{format_value(key)}: {format_value(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
