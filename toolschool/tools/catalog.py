"""The catalogue: an ordered, immutable set of tools, and how a tool is written in a prompt.

    catalog = Catalog([calculator_tool(), *desk_catalog()])
    print(render_signature(catalog["calculator"]))

The order matters: it is the order of class ids in a tool classifier and of descriptions in a prompt. Nothing is run
here (see `run.py`), so the module is light to import.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from toolschool.errors import ConfigError
from toolschool.records import Tool

_PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "dict",
    "null": "None",
}


@dataclass(frozen=True, init=False)
class Catalog:
    """Tools by name, in the order given. Raises ConfigError on a repeated name or one a plan cannot write."""

    tools: tuple[Tool, ...]

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        tools = tuple(tools)
        seen: set[str] = set()
        for tool in tools:
            if not tool.name.isidentifier() or tool.name == "join":
                raise ConfigError(f"{tool.name!r} cannot name a tool: use an identifier other than join")
            if tool.name in seen:
                raise ConfigError(f"two tools are called {tool.name}; rename one of them")
            seen.add(tool.name)
        object.__setattr__(self, "tools", tools)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(tool.name for tool in self.tools)

    @cached_property
    def _named(self) -> Mapping[str, Tool]:
        return {tool.name: tool for tool in self.tools}

    def __getitem__(self, name: str) -> Tool:
        return self._named[name]

    def get(self, name: str) -> Tool | None:
        return self._named.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)

    def subset(self, names: Iterable[str]) -> Catalog:
        """The named tools in this catalogue's order; ConfigError names what is unknown."""
        wanted = set(names)
        for name in sorted(wanted - set(self.names)):
            raise ConfigError(f"unknown tool {name}{near(name, self.names)}")
        return Catalog(tool for tool in self.tools if tool.name in wanted)

    def without_run(self) -> Catalog:
        """The same tools, which can only be planned with: what another process needs to know of them."""
        return Catalog(replace(tool, run=None) for tool in self.tools)


def render_signature(tool: Tool) -> str:
    """`name(arg: type, …) -> str`, then one ` - ` line for the description and one for each rule.

    What no call has to give is shown with `= None`, which is how a plan leaves it out.
    """
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    left_out = {name: "" if name in tool.required else " = None" for name in properties}
    arguments = ", ".join(f"{name}: {type_name(schema)}{left_out[name]}" for name, schema in properties.items())
    lines = [f"{tool.name}({arguments}) -> str", *(f" - {line}" for line in (tool.description, *tool.rules))]
    return "\n".join(lines)


def type_name(schema: Mapping[str, Any]) -> str:
    """A JSON schema as a Python type, in its canonical form: leniency is not advertised.

    A list that also takes a bare item is shown as the list, and null is left out: the rules say when None is fit.
    """
    declared = schema.get("type")
    if declared is None:
        return "Any"
    kinds = [declared] if isinstance(declared, str) else list(declared)
    if len(kinds) > 1:
        bare_item = schema.get("items", {}).get("type") if "array" in kinds else None
        kinds = [kind for kind in kinds if kind not in (bare_item, "null")]
    return " | ".join(_list_type(schema) if kind == "array" else _PYTHON_TYPES[kind] for kind in kinds)


def _list_type(schema: Mapping[str, Any]) -> str:
    return f"list[{type_name(schema['items'])}]" if "items" in schema else "list"


def near(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the closest known one, else all."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
