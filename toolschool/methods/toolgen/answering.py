"""An agent from the folder of a model that was trained to act (stage 3), and where its tools can be called.

agent, ground = open_agent("runs/toolgen/act/model")
with ground.open(now) as place:
    transcript = await agent.run("Text Sid that I am late", place.call, now)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.methods.toolgen.playground import Playground

if TYPE_CHECKING:
    from toolschool.methods.toolgen.agent import ToolGenAgent

ACT = "act"


def acting_card(folder: Path) -> dict[str, Any]:
    """The `toolschool.json` of a model that was trained to act. ModelError for one that was not."""
    from toolschool.models.backbone import read_artifact

    card = read_artifact(folder)
    if card.get("stage") != ACT:
        raise ModelError(
            f"{folder} was trained to {card.get('stage')}, not to act; name the model/ folder of stage act"
        )
    return card


def open_agent(folder: str) -> tuple[ToolGenAgent, Playground]:
    """The trained model as an agent, and where its tools can be called. ModelError for a model that was not trained to act."""
    from toolschool.evaluation.toolgen import ToolGenModel
    from toolschool.methods.toolgen.agent import ToolGenAgent
    from toolschool.methods.toolgen.protocol import Protocol
    from toolschool.models.hub import whole

    found = whole(folder)
    known = ToolGenModel.open(found)
    card, ground = acting_card(found), Playground.load(found)
    protocol = Protocol(known.index, ground.tools)
    return ToolGenAgent(known.model, known.tokenizer, protocol, max_tokens=card["max_length"]), ground
