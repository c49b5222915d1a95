"""What a client wants done with its tools: `tool_choice` in the words of both OpenAI routes, and `parallel_tool_calls`.

    chosen(tools, "required"); chosen(tools, {"type": "function", "function": {"name": "add"}})     # chat completions
    chosen(tools, {"type": "function", "name": "add"})                                              # responses

A named function is called once; a list of allowed ones goes with `auto` or `required`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from serving.client_tools import ClientTools, DoneCall, read_tools
from serving.errors import invalid


def wanted(
    functions: Sequence[Mapping[str, Any]],
    choice: str | Mapping[str, Any] | None,
    parallel: bool | None,
    done: tuple[DoneCall, ...],
) -> ClientTools:
    """The tools of a request with what it says of them. ApiError 400 for what cannot be read; without tools nothing can be called."""
    tools = read_tools(functions, "tools")
    tools = chosen(tools, choice) if functions else replace(tools, forbidden=True)
    return replace(tools, parallel=parallel is not False, done=done)


def chosen(tools: ClientTools, choice: str | Mapping[str, Any] | None) -> ClientTools:
    """The tools as the choice has them. ApiError 400 for one that is not known here, or a function that was not sent."""
    if isinstance(choice, str) or choice is None:
        return _mode(tools, "auto" if choice is None else choice, ("auto", "none", "required"))
    kind = choice.get("type")
    body = _inside(choice, str(kind))
    if kind == "function":
        return replace(_only(tools, [body.get("name")]), must_call=True, most=1)
    if kind == "allowed_tools" and isinstance(body.get("tools"), list):
        named = [_inside(tool, "function").get("name") if isinstance(tool, Mapping) else None for tool in body["tools"]]
        return _mode(_only(tools, named), body.get("mode"), ("auto", "required"))
    raise invalid("tool_choice", f"'{kind}' is not known here; use auto, none, required, or name a function")


def _inside(value: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    """Chat completions wrap what responses write flat."""
    inner = value.get(word)
    return inner if isinstance(inner, Mapping) else value


def _mode(tools: ClientTools, mode: object, known: tuple[str, ...]) -> ClientTools:
    if mode not in known:
        raise invalid("tool_choice", f"'{mode}' is not known here; use {', '.join(known)}, or name a function")
    return replace(tools, must_call=mode == "required", forbidden=mode == "none")


def _only(tools: ClientTools, names: list[Any]) -> ClientTools:
    sent = set(tools.names.values())
    for name in names:
        if name not in sent:
            raise invalid("tool_choice", f"no function called {name} is among the tools")
    if not names:
        raise invalid("tool_choice", "name at least one function")
    return tools.only(names)
