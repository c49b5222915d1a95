"""What was learnt over a frozen model, as a folder: weights in float32 and `toolschool.json`.

save_learnt(head, "runs/x/model", "tool_head", {"base": "assets/nano", "tools": ["add"]})
card, values = read_learnt("runs/x/model", "tool_head")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.backbone import read_artifact, write_artifact
from toolschool.models.hub import whole

if TYPE_CHECKING:
    import torch


def weights_file(method: str) -> str:
    return f"{method}.safetensors"


def save_learnt(module: torch.nn.Module, folder: str | Path, method: str, card: Mapping[str, Any]) -> Path:
    """Write the weights and `toolschool.json`, whose fields are the method and `card`. Returns the folder."""
    from safetensors.torch import save_file

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().float().contiguous() for name, value in module.state_dict().items()}
    save_file(weights, target / weights_file(method))
    write_artifact(target, {**card, "method": method})
    return target


def read_learnt(folder: str | Path, method: str) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The card and the weights of a saved folder, here or on the hub. ModelError when files are missing or of another method."""
    from safetensors.torch import load_file

    source = whole(folder)
    card, weights = read_artifact(source), source / weights_file(method)
    if card.get("method") != method or not weights.is_file():
        kind = method.replace("_", " ")
        raise ModelError(f"{folder} holds no {kind}: train one with objective {method}, or name its model/ folder")
    return card, load_file(weights)
