"""Tools as a file: all that can be said of them, none of what runs them.

tools_from_json(tools_to_json(catalog.tools))      # equal to catalog.tools, but nothing runs
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from toolschool.errors import DataError
from toolschool.records import Tool

_FIELDS = ("name", "description", "parameters", "rules", "side_effects", "idempotent", "timeout_s")


def tools_to_json(tools: Iterable[Tool]) -> str:
    """A JSON list, a tool a line."""
    lines = (json.dumps({name: getattr(tool, name) for name in _FIELDS}, ensure_ascii=False) for tool in tools)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def tools_from_json(text: str) -> list[Tool]:
    """DataError for a text that `tools_to_json` did not write."""
    try:
        return [_tool(**row) for row in json.loads(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"these are no tools as jobs.explore describes them: {error}") from error


def _tool(rules: Iterable[str], **fields: Any) -> Tool:
    return Tool(rules=tuple(rules), **fields)
