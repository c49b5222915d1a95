"""Which method a model is of, by the `toolschool.json` of its folder; checked before anything starts, opened where it answers.

args = located_models({"sums": ModelArgs(model="runs/toolformer/model")})      # ConfigError, ModelError
solver = open_solver(args["sums"])
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from serving.settings import ModelArgs, find_model
from serving.solvers import toolformer, toolgen, toolken
from serving.solvers.base import Solver
from toolschool.errors import ConfigError, ModelError
from toolschool.models.hub import whole


class Kind(Protocol):
    """The module of a method. `FIELDS` are those of the arguments that it knows."""

    @property
    def FIELDS(self) -> frozenset[str]: ...

    def located(self, args: ModelArgs, card: dict[str, Any]) -> ModelArgs: ...

    def open_solver(self, args: ModelArgs) -> Solver: ...


KINDS: Mapping[str, Kind] = {"toolformer": toolformer, "tool_head": toolken, "toolgen": toolgen}
_OWN = ("prompts", "reranker", "tools")  # arguments of some methods only


def located_models(models: Mapping[str, ModelArgs]) -> dict[str, ModelArgs]:
    """The arguments with all paths absolute; a model of the hub is looked at where it is opened. ConfigError or ModelError."""
    placed: dict[str, ModelArgs] = {}
    for name, args in models.items():
        here = args.model_copy(update={"model": find_model(args.model, f"models.{name}")})
        placed[name] = _located(here) if Path(here.model).is_dir() else here
    return placed


def open_solver(args: ModelArgs) -> Solver:
    """The model in memory, fetched where it is one of the hub. ConfigError or ModelError."""
    args = _located(args)
    return _kind(args)[0].open_solver(args)


def _located(args: ModelArgs) -> ModelArgs:
    kind, card = _kind(args)
    for field in _OWN:
        if getattr(args, field) is not None and field not in kind.FIELDS:
            raise ConfigError(f"{field} does not go with {args.model}, a model of {card['method']}; leave it out")
    return kind.located(args, card)


def _kind(args: ModelArgs) -> tuple[Kind, dict[str, Any]]:
    from toolschool.models.backbone import read_artifact

    card = read_artifact(whole(args.model))
    method = str(card.get("method"))
    if method not in KINDS:
        raise ModelError(
            f"{args.model} is no model of {', '.join(KINDS)} (its method: {method}); name one, or set a planner as app.planner and a caller "
            "as app.caller"
        )
    return KINDS[method], card
