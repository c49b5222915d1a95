"""A plan's grammar for constrained decoding: whatever the model writes under it parses, and every call fits its tool.

`plan_grammar` writes llguidance's Lark dialect for one request: only the offered tools, consecutive numbers, every argument of
every tool as its schema says (`values.py`), references to earlier steps only, bounded strings, lists and number of calls. An
argument that is not required is given or None. With pointers (the compact style) strings may point at the request's
spans and dates at its times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.values import MAX_ITEMS, Values, quote
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.json_choices import NOTHING

MAX_CALLS = 12
MAX_GRAMMAR = 300_000  # characters: a few seconds of compiling; the decoder's own limit is not far
MAX_TEXT = 160  # characters between two pointers or references in a string


def plan_grammar(
    catalog: Catalog,
    *,
    pointers: Pointers | None = None,
    first_id: int = 1,
    ending: str = "",
    max_calls: int = MAX_CALLS,
    must_call: bool = False,
) -> str:
    """Lark text. `ending` is what follows the last call, before end of sequence (the full style writes join there).

    ConfigError names the argument whose schema cannot be decoded, or says that the tools are too many.
    """
    values, last = Values(pointers), first_id + max_calls - 1
    nothing = quote(ending.replace("{n}", str(first_id)))  # a request that no tool can serve has an empty plan
    rules = [f"start: step_{first_id}" + ("" if must_call else f" | {nothing}")]
    for step in range(first_id, last + 1):
        end = quote(ending.replace("{n}", str(step + 1))) if ending else '""'
        after = f"({end} | step_{step + 1})" if step < last else end
        rules.append(f"step_{step}: {quote(f'{step}. ')} call_{step} {quote(chr(10))} {after}")
        rules.append(f"call_{step}: " + " | ".join(_call(tool, step, values) for tool in catalog))
        rules += _texts(step, pointers)
    rules.append(f'TEXT: /[^"\\\\\\x00-\\x1f${"<" if pointers else ""}]{{1,{MAX_TEXT}}}/')
    if not pointers:
        rules.append('ESCAPE: "\\\\n" | "\\\\\\"" | "\\\\\\\\" | "$$" | "\\\\x3c"')
    rules.append("INTEGER: /-?(0|[1-9][0-9]{0,8})/")
    rules.append("NUMBER: /-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?/")
    if pointers:
        rules += _pointer_rules(pointers)
    grammar = "\n".join([*rules, *values.rules]) + "\n"
    if len(grammar) > MAX_GRAMMAR:
        raise ConfigError("the tools are too many, or their schemas too long, for one request; offer fewer")
    return grammar


def _call(tool: Tool, step: int, values: Values) -> str:
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    arguments = f" {quote(', ')} ".join(_argument(tool, name, step, values) for name in properties)
    return f"{quote(tool.name + '(')} {arguments} {quote(')')}" if arguments else quote(tool.name + "()")


def _argument(tool: Tool, name: str, step: int, values: Values) -> str:
    schema = tool.parameters["properties"][name]
    needed = name in tool.required
    try:
        if not needed and (schema == NOTHING or not values.is_said(schema)):
            return '"None"'
        value = values.of(schema, step)
    except ConfigError as error:
        raise ConfigError(f"{tool.name}: argument {name}: {error}") from error
    return value if needed else f'({value} | "None")'


def _texts(step: int, pointers: Pointers | None) -> list[str]:
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
    index = pointers.spans(range(pointers.count))
    times = pointers.one_of(*(f"<{i}>" for i, _ in pointers.request.times), "<now>")
    return [
        f"pointer: ({pointers.one_of('<A>', '<Aa>')})? index index?" if index else "pointer: TEXT",
        f"index: {index or 'TEXT'}",
        f'moment: {pointers.one_of("<at>", "<on>")} ({times}) ("+" /[0-9]{{1,4}}/)?',
    ]
