"""What travels with a trained model: the tools that it learnt by heart, and where they come from.

    learnt = read_learnt("runs/mine/train/model")        # ModelError: no model, or not one of this method
    learnt.catalog["convert"].parameters                 # as they were when it was trained; nothing runs
    learnt.running(toolset.catalog)                      # the same tools, opened; ConfigError when they have changed

Beside the model lie `tools.json` (name, description and schema of each tool) and `toolschool.json`, with the method, the template and
`tool_sources` as a recipe has them: no secrets, since a source names the variables of the environment that hold them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from toolschool.errors import ConfigError, ModelError
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.config import ToolSource

METHOD = "ste"
TOOLS_FILE = "tools.json"
CARD_FILE = "toolschool.json"


@dataclass(frozen=True)
class Learnt:
    """A model's tools, their sources, and the settings of its template."""

    catalog: Catalog
    sources: tuple[ToolSource, ...]
    template: Mapping[str, Any]

    def running(self, opened: Catalog) -> Catalog:
        """The learnt tools among those that were opened; ConfigError names one that is not there or takes other arguments."""
        for tool in self.catalog:
            there = opened.get(tool.name)
            if there is None:
                raise ConfigError(
                    f"the model learnt {tool.name}, which no source of tools has; bring it back, or explore and train anew"
                )
            if (there.argument_names, there.required) != (tool.argument_names, tool.required):
                raise ConfigError(
                    f"the model learnt {_signature(tool)}, which is now {_signature(there)}; change it back, or explore and train anew"
                )
        return opened.subset(self.catalog.names)


def _signature(tool: Tool) -> str:
    arguments = (name if name in tool.required else f"{name}?" for name in tool.argument_names)
    return f"{tool.name}({', '.join(arguments)})"


def learnt_card(sources: Sequence[ToolSource]) -> dict[str, Any]:
    """What `toolschool.json` says of them; the template comes on top."""
    kept = [source.model_dump(mode="json", exclude_defaults=True) for source in sources]
    return {"method": METHOD, "tool_sources": kept, "files": [TOOLS_FILE]}


def tools_text(catalog: Catalog) -> str:
    """The text of `tools.json`."""
    rows = [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
            "rules": list(tool.rules),
        }
        for tool in catalog
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def read_learnt(folder: str | Path) -> Learnt:
    """What the folder of a model says. ModelError says what is missing."""
    card_file, tools_file = Path(folder) / CARD_FILE, Path(folder) / TOOLS_FILE
    if not card_file.is_file():
        raise ModelError(f"there is no model in {folder}; explore tools and train one, or name its folder")
    card = json.loads(card_file.read_text(encoding="utf-8"))
    if card.get("method") != METHOD:
        raise ModelError(
            f"the model in {folder} was not trained on explored tools (its method: {card.get('method')}); name one that was"
        )
    if not tools_file.is_file():
        raise ModelError(f"{tools_file} is missing; train the model again, or copy the file from beside its rows")
    try:
        catalog = Catalog(
            Tool(**{**row, "rules": tuple(row["rules"])}) for row in json.loads(tools_file.read_text("utf-8"))
        )
        sources = tuple(ToolSource.model_validate(source) for source in card.get("tool_sources", ()))
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise ModelError(
            f"{folder} does not say which tools its model knows ({str(error).splitlines()[0]}); train it again"
        ) from error
    return Learnt(catalog, sources, card.get("template", {}))
