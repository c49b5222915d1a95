"""The tools that a source's texts call, with a line of documentation each, in the order of the head's rows.

tools_of("funcqa")                       # {"add": "Adds numbers: their sum.", ...}
tools_of("kamel", path="data/kamel")     # its relations, from the source's own file
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from toolschool.datasets import kamel, registry
from toolschool.datasets.marked import bare
from toolschool.errors import DataError
from toolschool.tools.arithmetic import OPERATORS

GSM8K_XL = 4  # operators, the first in the published order


def tools_of(source: str, path: str | Path | None = None) -> dict[str, str]:
    """Names and documentation of a source's tools. DataError for a source without marked calls."""
    if source not in _TOOLS:
        raise DataError(f"{source} has no marked calls; use {', '.join(_TOOLS)}")
    return _TOOLS[source](path)


def read_table(path: Path) -> dict[str, str]:
    """A JSON object of texts. DataError when it is none."""
    try:
        return {str(name): str(text) for name, text in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"cannot read the tools in {path}: {error}") from None


def _operators(count: int | None = None) -> dict[str, str]:
    return {name: operator.description for name, operator in list(OPERATORS.items())[:count]}


def _folder(source: str, path: str | Path | None) -> Path:
    return registry.folder_of(registry.source_named(source), path)


def _items(path: str | Path | None) -> dict[str, str]:
    """VirtualHome's actions, objects and END, in the published order."""
    published = read_table(_folder("virtualhome", path) / "func_dict.json")
    kinds = {"[": "the action", "<": "the object"}
    return {bare(item): f"{kinds[item[0]]} {bare(item).lower().replace('_', ' ')}" for item in published}


_TOOLS: Mapping[str, Callable[[str | Path | None], dict[str, str]]] = {
    "funcqa": lambda path: _operators(),
    "operations": lambda path: _operators(),
    "gsm8k_xl": lambda path: _operators(GSM8K_XL),
    "kamel": lambda path: kamel.descriptions(_folder("kamel", path)),
    "metatool": lambda path: read_table(_folder("metatool", path) / "tools.json"),
    "virtualhome": _items,
}
