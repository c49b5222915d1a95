"""An agent from the folder of a trained model: it calls what its card says it was taught to call, in its own markers.

agent = open_agent("runs/toolformer/model")
agent.answer(["3 boxes of 12 pens are"])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.config import build
from toolschool.errors import ModelError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import ToolUse, load_tools

if TYPE_CHECKING:
    from toolschool.methods.toolformer.inference import InlineAgent


def tools_of(card: Mapping[str, Any]) -> tuple[ToolUse, ...]:
    """The tools that a model was taught to call. ModelError where its card does not say."""
    if not card.get("tools"):
        raise ModelError("the model does not say which tools it was taught to call; give them as tools")
    return tuple(build(ToolUse, use) for use in card["tools"])


def open_agent(folder: str | Path, tools: Sequence[ToolUse] | None = None) -> InlineAgent:
    """The trained model as an agent, on a GPU if there is one. ModelError, ConfigError for a tool that cannot be opened."""
    import torch

    from toolschool.methods.toolformer.inference import InlineAgent
    from toolschool.models.backbone import open_model, read_artifact
    from toolschool.models.hub import whole

    found = whole(folder)
    card = read_artifact(found)
    opened = load_tools(tools_of(card) if tools is None else tools)
    model, tokenizer = open_model(found)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return InlineAgent(model.to(device), tokenizer, list(opened.values()), build(Markers, card.get("markers", {})))
