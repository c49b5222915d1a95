"""LoRA adapters of the planner, each under a name of its own: checked before anything starts, opened together where plans are written.

located_adapters("assets/tinyagent/planner", {"mine": "runs/mine/train/model"})      # ModelError
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from serving.settings import find_model


def located_adapters(planner: str, adapters: Mapping[str, str]) -> dict[str, str]:
    """The adapters with all paths absolute. Folders are looked into, models of the hub where they are opened. ModelError."""
    from toolschool.models.adapters import check_adapters

    placed = {name: find_model(folder, f"adapters.{name}") for name, folder in adapters.items()}
    here = {name: folder for name, folder in placed.items() if Path(folder).is_dir()}
    first = find_model(planner, "planner") if adapters else ""
    if here and Path(first).is_dir():
        check_adapters(first, here)
    return placed
