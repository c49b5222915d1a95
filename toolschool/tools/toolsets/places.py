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
