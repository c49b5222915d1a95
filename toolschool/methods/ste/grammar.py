"""The grammar of one call as `StePrompt.completion` writes it: only the offered tools, every argument as its schema says.

    call_grammar(tools, tokens)                             # names as text, or as the added tokens whose ids are given
    call_grammar(tools, tokens, Pointers(ids, request))     # compact: strings and numbers may point at the request

Lark text in llguidance's dialect. A tool whose schema the decoder does not know in full keeps its argument names; the values are checked when
it is called. Limit: in the compact style bounds and patterns are left to that check, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolschool.methods.ste.parsing import ACTION, INPUT, token_of
from toolschool.methods.ste.pointing import number_at
from toolschool.methods.tinyagent.compact import exact_pointer
from toolschool.methods.tinyagent.constraint import Pointers, token_set
from toolschool.methods.tinyagent.spans import MAX_SPANS
from toolschool.models.decoding import compiles, json_rule
from toolschool.records import Tool

MAX_ITEMS = 8
TEXT = r'/([^"\\\x00-\x1f<]|\\["\\\/bfnrt]|\\u[0-9a-f]{4}){0,160}/'
NEVER = '"0"'  # a rule must have a text; a digit is a number anyway


def call_grammar(tools: Sequence[Tool], tokens: Mapping[str, int], pointers: Pointers | None = None) -> str:
    """Lark text; `tokens` are the ids of names that are added tokens, empty where names are text."""
    rules, choices = [], []
    for number, tool in enumerate(tools):
        token = token_of(tool.name)
        name = f"<[{tokens[token]}]>" if token in tokens else _quote(tool.name)
        choices.append(f"{name} {_quote(f'{chr(10)}{INPUT} ')} arguments_{number}")
        rules += _pointing(tool, number, pointers) if pointers else [f"arguments_{number}: {_arguments(tool)}"]
    start = f"start: {_quote(f'{ACTION} ')} ({' | '.join(choices)})"
    shared = _pointer_rules(pointers) if pointers else []
    return "\n".join(['%llguidance {"no_forcing": true}', start, *rules, *shared]) + "\n"


def _arguments(tool: Tool) -> str:
    shape: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": list(tool.required)}
    exact = json_rule({**shape, **tool.parameters, "additionalProperties": False})
    loose = json_rule({**shape, "properties": {name: {} for name in tool.argument_names}})
    return exact if compiles(f"start: {exact}") else loose


def _pointing(tool: Tool, number: int, pointers: Pointers) -> list[str]:
    """Rules of a tool's arguments in their order, those that are not required left out or not."""
    names, needed = tool.argument_names, set(tool.required)
    rules = [f"arguments_{number}: " + '"{" ' + f"first_{number}_0" + ' "}"']
    for place, name in enumerate(names):
        member, after = f"{_quote(f'{json.dumps(name)}: ')} value_{number}_{place}", f"{number}_{place + 1}"
        optional = name not in needed
        rules.append(f"first_{number}_{place}: {member} rest_{after}" + (f" | first_{after}" if optional else ""))
        rules.append(f'rest_{number}_{place}: ", " {member} rest_{after}' + (f" | rest_{after}" if optional else ""))
        rules += _value(f"value_{number}_{place}", tool.parameters.get("properties", {}).get(name, {}), pointers)
    return [*rules, f'first_{number}_{len(names)}: ""', f'rest_{number}_{len(names)}: ""']


def _value(rule: str, schema: Mapping[str, Any], pointers: Pointers) -> Iterator[str]:
    """A rule named `rule` for a value, and those that it needs."""
    options: list[str] = []
    more: list[str] = []
    for number, part in enumerate(_alternatives(schema)):
        kind = part.get("type")
        if "enum" in part or "const" in part:
            options.append(_listed(part.get("enum", [part.get("const")]), pointers))
        elif kind == "string":
            options.append("text")
        elif kind == "array" and "prefixItems" not in part:
            more += _value(f"{rule}_{number}", part.get("items", {"type": "string"}), pointers)
            options.append(f'"[" ({rule}_{number} (", " {rule}_{number}){{0,{MAX_ITEMS - 1}}})? "]"')
        else:
            spelled = json_rule(part)
            more.append(f"{rule}_{number}: {spelled if compiles(f'start: {spelled}') else json_rule({})}")
            options.append(f"{rule}_{number}")
            options += {"integer": ["whole"], "number": ["whole", "broken"]}.get(str(kind), [])
    yield f"{rule}: " + " | ".join(options)
    yield from more


def _alternatives(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas that a value may have one of."""
    if "anyOf" in schema:
        return [part for each in schema["anyOf"] for part in _alternatives(each)]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    return [schema]


def _listed(values: Sequence[Any], pointers: Pointers) -> str:
    """Each of the values, spelled or pointed at."""
    options = []
    for value in values:
        options.append(_quote(json.dumps(value, ensure_ascii=False)))
        pointer = exact_pointer(value, pointers.request) if isinstance(value, str) and value else None
        if pointer:
            options.append(rf'"\"" {_token_text(pointer, pointers)} "\""')
    return " | ".join(options)


def _token_text(pointer: str, pointers: Pointers) -> str:
    return " ".join(f"<[{pointers.ids[f'<{part}']}]>" for part in pointer.split("<")[1:])


def _pointer_rules(pointers: Pointers) -> list[str]:
    ids, request = pointers.ids, pointers.request
    count = min(len(request.spans), MAX_SPANS)
    numbers = {index: value for index in range(count) if (value := number_at(request, index)) is not None}
    index = token_set([ids[f"<{i}>"] for i in range(count)])
    times = token_set([ids[f"<{i}>"] for i, _ in request.times])
    pointer = f"({token_set([ids['<A>'], ids['<Aa>']])})? {index} ({index})?" if index else '""'
    moment = f"{token_set([ids['<at>'], ids['<on>']])} {times}" if times else '""'
    whole = token_set([ids[f"<{i}>"] for i, value in numbers.items() if isinstance(value, int)])
    broken = token_set([ids[f"<{i}>"] for i, value in numbers.items() if isinstance(value, float)])
    return [
        r'text: "\"" (pointer | moment | TEXT) "\""',
        f"pointer: {pointer}",
        f"moment: {moment}",
        f"TEXT: {TEXT}",
        f"whole: {whole or NEVER}",
        f"broken: {broken or NEVER}",
    ]


def _quote(text: str) -> str:
    return json.dumps(text)
