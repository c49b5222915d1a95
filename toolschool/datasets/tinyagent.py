"""TinyAgent's plans: the shared `plans.jsonl` and the official data set's JSON, as `Example`s.

    rows = raw_rows(Path("data/tinyagent/plans.jsonl"))
    example = to_example(next(rows))

`plans.jsonl` has one object a line: `{id, query, tools, plan: [{id, tool, args, deps}], raw_plan, flags}`; join is only
in `raw_plan`. The official file is a dictionary `uuid -> {input, output: [{type, raw_input, parsed_output, …}]}`, whose
`raw_input` is the Python repr of a chat; it is read by `official_example`, with a literal parser, never evaluated.
Limits: of an official row the first plan is taken; replans and joins are left to the joiner's own reader. The dates of
`plans.jsonl` refer to an unknown day, so `now` is None there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import object_in
from toolschool.errors import DataError, PlanError, RowError
from toolschool.plans.grammar import format_plan, parse_plan
from toolschool.records import Call, Example, JsonValue, Plan

# "Today's date is Monday 2024-06-03 09:30" in the official planner prompt; the clock may be missing.
_TODAY = re.compile(r"(?:today|date)[^\n]{0,40}?(\d{4}-\d{2}-\d{2})(?:[ T](\d{1,2}:\d{2}))?", re.IGNORECASE)


def raw_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file. A line that is no JSON object is yielded as `{"raw": line}`, for `to_example` to refuse."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                row = object_in(line)
                yield {"raw": line.rstrip("\n")} if row is None else row


def to_example(row: Mapping[str, Any]) -> Example:
    """An `Example` of one row of `plans.jsonl`; RowError when a field is missing or of the wrong kind."""
    try:
        calls = tuple(_call(step) for step in row["plan"])
        example = Example(
            id=row["id"],
            query=row["query"],
            plan=Plan(calls),
            source="tinyagent",
            raw_plan=row["raw_plan"],
            flags=tuple(row.get("flags", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RowError(f"not a TinyAgent plan row: {type(error).__name__} {error}") from None
    if not calls or not isinstance(example.query, str) or not example.query.strip():
        raise RowError("not a TinyAgent plan row: the query or the plan is empty")
    return example


def _call(step: Mapping[str, Any]) -> Call:
    if not isinstance(step["id"], int) or not isinstance(step["tool"], str) or not isinstance(step["args"], list):
        raise RowError(f"step {step['id']!r} wants an integer id, a tool name and a list of arguments")
    return Call(step["id"], step["tool"], tuple(step["args"]))


def official_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of the official JSON dictionary with their key as `id`; DataError when the file is something else."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise DataError(f"{path} is no dictionary of rows; expected the JSON of squeeze-ai-lab/TinyAgent-dataset")
    for key, row in content.items():
        yield {**row, "id": key, "tools": _tools(row)} if isinstance(row, dict) else {"id": key, "raw": row}


def _first_plan(row: Mapping[str, Any]) -> Mapping[str, Any]:
    for output in row.get("output", ()):
        if isinstance(output, Mapping) and output.get("type") == "plan":
            return output
    raise RowError("the row has no output of type 'plan'")


def _tools(row: Mapping[str, Any]) -> list[str]:
    """Sorted tool names of the first plan, empty when there is none (`official_example` then refuses the row)."""
    try:
        steps = _first_plan(row)["parsed_output"]
        return sorted({step["tool_name"] for step in steps} - {"join"})
    except (RowError, KeyError, TypeError):
        return []


def official_example(row: Mapping[str, Any]) -> Example:
    """An `Example` of an official row: its first plan, and the clock its prompt named. RowError when malformed."""
    output = _first_plan(row)
    text = output.get("raw_output")
    if not isinstance(text, str) or not isinstance(row.get("input"), str):
        raise RowError("an official row wants a text `input` and a text `raw_output`")
    try:
        plan = parse_plan(text)
    except PlanError as error:
        plan = _from_parsed(output.get("parsed_output"), str(error))
    if not plan.calls:
        raise RowError("the plan has no calls")
    return Example(
        str(row["id"]), row["input"], plan, "tinyagent_official", text, prompt_clock(output.get("raw_input"))
    )


def _from_parsed(steps: JsonValue, reason: str) -> Plan:
    """The plan from `parsed_output`, when its text does not parse."""
    if not isinstance(steps, list):
        raise RowError(f"the plan does not parse: {reason}")
    calls = []
    for number, step in enumerate(steps, 1):
        if not isinstance(step, Mapping) or not isinstance(step.get("tool_name"), str):
            raise RowError(f"parsed_output {number} has no tool_name")
        if step["tool_name"] != "join":
            args = step.get("tool_args") or []
            calls.append(Call(number, step["tool_name"], tuple(args.values() if isinstance(args, dict) else args)))
    plan = Plan(tuple(calls))
    format_plan(plan)
    return plan


def prompt_clock(raw_input: JsonValue) -> datetime | None:
    """The 'today' that the system prompt named, None when it names none."""
    if not isinstance(raw_input, str):
        return None
    try:
        messages = ast.literal_eval(raw_input)
        texts = [str(message["content"]) for message in messages]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        texts = [raw_input]
    for text in texts:
        found = _TODAY.search(text)
        if found:
            return datetime.fromisoformat(f"{found[1]} {(found[2] or '00:00').zfill(5)}")
    return None
