"""Sources of tools that travel: to other processes, which may start in another folder, and beside a model that knows the tools.

sources_from_json(sources_to_json(sources))      # with absolute paths; no secrets: a source names the variables that hold them
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolschool.errors import ConfigError, DataError
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


def check_files(source: ToolSource) -> None:
    """ConfigError for a file that a source names and that is not there."""
    here = located(source)
    named = {"functions": here.functions, "openapi": here.openapi, "corpus": here.corpus, "path": here.path}
    for key, path in named.items():
        if path and Path(path).is_absolute() and not Path(path).exists():
            raise ConfigError(f"tools: {key}: there is no {path}; name a file that is there")


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def sources_to_json(sources: Iterable[ToolSource]) -> str:
    """A JSON list, each source as a recipe has it, with paths that are found from any folder of this machine."""
    kept = [located(source).model_dump(mode="json", exclude_defaults=True) for source in sources]
    return json.dumps(kept, indent=1, ensure_ascii=False) + "\n"


def sources_from_json(text: str) -> tuple[ToolSource, ...]:
    """DataError for a text that `sources_to_json` did not write."""
    try:
        return tuple(ToolSource.model_validate(source) for source in json.loads(text))
    except (ValueError, TypeError) as error:
        raise DataError(f"these are no sources of tools: {str(error).splitlines()[0]}") from error
