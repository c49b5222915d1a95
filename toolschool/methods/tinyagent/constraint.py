"""A plan's grammar for constrained decoding: whatever the model writes under it parses, and every call fits its tool.

`plan_grammar` writes llguidance's Lark dialect for one request: only the offered tools, consecutive numbers, every argument of
every tool with its type, references to earlier steps only, bounded strings, lists and number of calls. With pointers
(the compact style) strings may point at the request's spans and dates at its times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolschool.methods.tinyagent.spans import MAX_SPANS, Request
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog

MAX_CALLS = 12
MAX_ITEMS = 8  # in a list argument
MAX_LISTED = 100  # values of a bounded integer that are written out
MAX_TEXT = 160  # characters between two pointers or references in a string


@dataclass(frozen=True)
class Pointers:
    """Token ids of the compact style in one tokenizer, and the request they point into."""

    ids: Mapping[str, int]
    request: Request


def plan_grammar(
    catalog: Catalog,
    *,
    pointers: Pointers | None = None,
    first_id: int = 1,
    ending: str = "",
    max_calls: int = MAX_CALLS,
) -> str:
    """Lark text. `ending` is what follows the last call, before end of sequence (the full style writes join there)."""
    last = first_id + max_calls - 1
    nothing = _quote(ending.replace("{n}", str(first_id)))  # a request that no tool can serve has an empty plan
    rules = [f"start: step_{first_id} | {nothing}"]
    for step in range(first_id, last + 1):
        end = _quote(ending.replace("{n}", str(step + 1))) if ending else '""'
        after = f"({end} | step_{step + 1})" if step < last else end
        rules.append(f"step_{step}: {_quote(f'{step}. ')} call_{step} {_quote(chr(10))} {after}")
        rules.append(f"call_{step}: " + " | ".join(_call(tool, step) for tool in catalog))
        rules += _values(step, pointers)
    rules.append(f'TEXT: /[^"\\\\\\n${"<" if pointers else ""}]{{1,{MAX_TEXT}}}/')
    if not pointers:
        rules.append('ESCAPE: "\\\\n" | "\\\\\\"" | "\\\\\\\\" | "$$" | "\\\\x3c"')
    rules.append("INTEGER: /-?[0-9]{1,6}/")
    rules.append("NUMBER: /-?[0-9]{1,9}(\\.[0-9]{1,6})?/")
    if pointers:
        rules += _pointer_rules(pointers)
    return "\n".join(rules) + "\n"


def _quote(text: str) -> str:
    return json.dumps(text)


def _call(tool: Tool, step: int) -> str:
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    arguments = f" {_quote(', ')} ".join(_value(schema, step) for schema in properties.values())
    return f"{_quote(tool.name + '(')} {arguments} {_quote(')')}" if arguments else _quote(tool.name + "()")


def _value(schema: Mapping[str, Any], step: int) -> str:
    if "enum" in schema:
        return "(" + " | ".join(_quote(_python(value)) for value in schema["enum"]) + ")"
    declared = schema.get("type", "string")
    kinds = [declared] if isinstance(declared, str) else list(declared)
    if "array" in kinds:
        return f"list_{step}"
    names = {"integer": _integer(schema), "number": "NUMBER", "boolean": '("True" | "False")', "string": f"str_{step}"}
    options = [names[kind] for kind in kinds if kind in names] + (['"None"'] if "null" in kinds else [])
    return "(" + " | ".join(options or [f"str_{step}"]) + ")"


def _integer(schema: Mapping[str, Any]) -> str:
    """Few values are listed; a lower bound of 0 or 1 is kept; other bounds are left to the schema check of the call."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and high - low < MAX_LISTED:
        return "(" + " | ".join(_quote(str(value)) for value in range(int(low), int(high) + 1)) + ")"
    if low is not None and low >= 0:
        return "/[1-9][0-9]{0,5}/" if low > 0 else "/0|[1-9][0-9]{0,5}/"
    return "INTEGER"


def _python(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _values(step: int, pointers: Pointers | None) -> list[str]:
    reference = [f"ref_{step}"] if step > 1 else []
    if pointers:  # a compact planner may only point: what it would spell itself it knows from other requests
        part = f"({' | '.join(['pointer', *reference])})"
        text = f'"\\"" ({part} (" "? {part}){{0,5}})? "\\"" | "\\"" moment "\\""'
    else:
        text = f'"\\"" ({" | ".join(["TEXT", "ESCAPE", *reference])}){{0,6}} "\\""'
    rules = [
        f"str_{step}: {text}",
        f'list_{step}: "[]" | "[" str_{step} (", " str_{step}){{0,{MAX_ITEMS - 1}}} "]"',
    ]
    if step > 1:
        rules.append(f"ref_{step}: " + " | ".join(f'"${k}"' for k in range(1, step)))
    return rules


def _pointer_rules(pointers: Pointers) -> list[str]:
    ids, request = pointers.ids, pointers.request
    spans = range(min(len(request.spans), MAX_SPANS))
    index = token_set([ids[f"<{i}>"] for i in spans])
    times = token_set([*(ids[f"<{i}>"] for i, _ in request.times), ids["<now>"]])
    return [
        f"pointer: ({token_set([ids['<A>'], ids['<Aa>']])})? index index?" if spans else "pointer: TEXT",
        f"index: {index or 'TEXT'}",
        f'moment: {token_set([ids["<at>"], ids["<on>"]])} ({times}) ("+" /[0-9]{{1,4}}/)?',
    ]


def token_set(ids: Sequence[int]) -> str:
    """Token ids as llguidance writes them, e.g. `<[7,9-12]>`."""
    runs: list[list[int]] = []
    for token in sorted(ids):
        if runs and token == runs[-1][1] + 1:
            runs[-1][1] = token
        else:
            runs.append([token, token])
    text = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
    return f"<[{text}]>" if text else ""
