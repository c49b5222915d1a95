"""What travels with a trained model: the tools that it learnt by heart, and where they come from.

    learnt = read_learnt("runs/mine/train/model")        # ModelError: no model, or not one of this method
    learnt.catalog["convert"].parameters                 # as they were when it was trained; nothing runs
    learnt.running(toolset.catalog)                      # the same tools, opened; ConfigError when they have changed

Beside the model lie `tools.json` (all that can be said of each tool), `sources.json` (where they come from; a model without it is told so
when it is served) and `toolschool.json`, with the method and the template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolschool.errors import ConfigError, DataError, ModelError
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.described import tools_from_json
from toolschool.tools.toolsets.config import ToolSource
from toolschool.tools.toolsets.places import sources_from_json

METHOD = "ste"
TOOLS_FILE = "tools.json"
SOURCES_FILE = "sources.json"


@dataclass(frozen=True)
class Learnt:
    """A model's tools, their sources (none: nobody wrote them down), and the settings of its template."""

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


def read_learnt(folder: str | Path) -> Learnt:
    """What the folder of a model, here or on the hub, says. ModelError says what is missing."""
    from toolschool.models.backbone import read_artifact
    from toolschool.models.hub import whole

    folder = whole(folder)
    card = read_artifact(folder)
    if not card:
        raise ModelError(f"there is no model in {folder}; explore tools and train one, or name its folder")
    if card.get("method") != METHOD:
        raise ModelError(
            f"the model in {folder} was not trained on explored tools (its method: {card.get('method')}); name one that was"
        )
    tools, sources = Path(folder) / TOOLS_FILE, Path(folder) / SOURCES_FILE
    if not tools.is_file():
        raise ModelError(f"{tools} is missing; train the model again, or copy the file from beside its rows")
    try:
        catalog = Catalog(tools_from_json(tools.read_text(encoding="utf-8")))
        known = sources_from_json(sources.read_text(encoding="utf-8")) if sources.is_file() else ()
    except (DataError, ConfigError) as error:
        raise ModelError(f"{folder} does not say which tools its model knows ({error}); train it again") from error
    return Learnt(catalog, known, card.get("template", {}))
