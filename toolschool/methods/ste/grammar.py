"""The grammar of one call as `StePrompt.completion` writes it: only the offered tools, every argument as its schema says.

    call_grammar(tools, tokens)                             # names as text, or as the added tokens whose ids are given
    call_grammar(tools, tokens, Pointers(ids, request))     # compact: strings and numbers may point at the request

Lark text in llguidance's dialect. A tool whose schema the decoder does not know in full keeps its argument names; the values are checked when
it is called. In the compact style a pointer fits bounds, formats and patterns, too; limit: a text that is
spelled need not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from toolschool.methods.ste.parsing import ACTION, INPUT, token_of
from toolschool.methods.ste.pointing import resolved
from toolschool.methods.tinyagent.compact import exact_pointer
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.spans import number_at
from toolschool.models.decoding import compiles, json_rule
from toolschool.records import Tool

MAX_ITEMS = 8
TEXT = r'/([^"\\\x00-\x1f<]|\\["\\\/bfnrt]|\\u[0-9a-f]{4}){0,160}/'
_CHECKED = {"format", "pattern", "minLength", "maxLength"}  # what not every text fits


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
    return exact if _compiles(exact) else loose


@lru_cache(maxsize=4096)  # the compact style asks for every request anew
def _compiles(rule: str) -> bool:
    return compiles(f"start: {rule}")


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
            options += ["text"] if not _CHECKED & part.keys() else _fitting_texts(part, pointers)
        elif kind == "array" and "prefixItems" not in part:
            more += _value(f"{rule}_{number}", part.get("items", {"type": "string"}), pointers)
            options.append(f'"[" ({rule}_{number} (", " {rule}_{number}){{0,{MAX_ITEMS - 1}}})? "]"')
        else:
            spelled = json_rule(part)
            more.append(f"{rule}_{number}: {spelled if _compiles(spelled) else json_rule({})}")
            options.append(f"{rule}_{number}")
            options += _fitting_numbers(part, pointers) if kind in ("integer", "number") else []
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
            options.append(rf'"\"" {pointers.token_text(pointer)} "\""')
    return " | ".join(options)


def _fitting_numbers(schema: Mapping[str, Any], pointers: Pointers) -> list[str]:
    """The spans that are numbers which fit."""
    request = pointers.request
    fits = _checker(schema)
    found = [i for i in range(pointers.count) if (value := number_at(request, i)) is not None and fits(value)]
    return [pointers.spans(found)] if found else []


def _fitting_texts(schema: Mapping[str, Any], pointers: Pointers) -> list[str]:
    """The spans, and days and moments, that fit; and any text that is spelled."""
    request = pointers.request
    plain = [f"<{i}>" for i in range(pointers.count)]
    times = [f"<{name}><{i}>" for i, _ in request.times for name in ("on", "at")]
    fits = _checker(schema)
    fitting = [text for text in (*plain, *times) if fits(json.loads(resolved(f'"{text}"', request)))]
    return [rf'"\"" ({" | ".join([*(pointers.token_text(text) for text in fitting), "TEXT"])}) "\""']


def _checker(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Whether a value fits the schema."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid


def _pointer_rules(pointers: Pointers) -> list[str]:
    index = pointers.spans(range(pointers.count))
    times = pointers.spans([i for i, _ in pointers.request.times])
    pointer = f"({pointers.one_of('<A>', '<Aa>')})? {index} ({index})?" if index else '""'
    moment = f"{pointers.one_of('<at>', '<on>')} {times}" if times else '""'
    return [
        r'text: "\"" (pointer | moment | TEXT) "\""',
        f"pointer: {pointer}",
        f"moment: {moment}",
        f"TEXT: {TEXT}",
    ]


def _quote(text: str) -> str:
    return json.dumps(text)
