"""What stands beside rows of features: the frozen model they are of, and what is to be learnt over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolschool.errors import ConfigError
from toolschool.models.backbone import read_artifact
from toolschool.models.hub import lasting

if TYPE_CHECKING:
    from training.config import TrainConfig


def about_rows(config: TrainConfig, method: str, kind: str, recipe: str) -> dict[str, Any]:
    """The rows' `toolschool.json`. ConfigError when they are of another method, or another model's."""
    about = read_artifact(config.rows)
    if about.get("method") != method:
        raise ConfigError(f"{config.rows} holds no {kind}; make them with {recipe}")
    if config.model.name and lasting(config.model.name) != lasting(about["base"]):
        raise ConfigError(f"the rows are {about['base']}'s; set model.name={about['base']}, not {config.model.name}")
    return about
