"""Sources whose files are found from any folder: other processes, such as Ray's, may start elsewhere.

[located(source) for source in config.tools]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolschool.tools.toolsets.config import ToolSource


def located(source: ToolSource) -> ToolSource:
    """The source with absolute paths, as seen from the working directory; modules and addresses stay as they are."""
    places: dict[str, Any] = {}
    if source.functions and source.functions.endswith(".py"):
        places["functions"] = _absolute(source.functions)
    if source.openapi and "://" not in source.openapi:
        places["openapi"] = _absolute(source.openapi)
    for name in ("corpus", "path"):
        if given := getattr(source, name):
            places[name] = _absolute(given)
    if source.mcp and source.mcp.command:
        args = tuple(_absolute(arg) if Path(arg).is_file() else arg for arg in source.mcp.args)
        places["mcp"] = source.mcp.model_copy(update={"args": args})
    return source.model_copy(update=places)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
