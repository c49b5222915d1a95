"""What can be learned, a file each; `make` finds the one a configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.config import TrainConfig
    from training.objectives.base import Objective


def make(config: TrainConfig) -> Objective:
    """The objective of a configuration; it opens its tokenizer, but builds no model yet."""
    return _kind(config.objective).from_config(config)


def default_metric(name: str) -> str:
    """The evaluation metric that names the best step unless the configuration names another."""
    return str(_kind(name).metric)


def _kind(name: str) -> Any:
    from training.objectives.causal_lm import CausalLM
    from training.objectives.reranker import Reranking
    from training.objectives.tool_classifier import ToolClassification
    from training.objectives.tool_head import ToolHeads

    kinds: dict[str, Any] = {
        "causal_lm": CausalLM,
        "tool_classifier": ToolClassification,
        "tool_head": ToolHeads,
        "reranker": Reranking,
    }
    return kinds[name]
