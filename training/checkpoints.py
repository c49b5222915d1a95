"""What a checkpoint holds, where a run without a cluster keeps them, and how trained weights come back into a model.

A checkpoint is a folder: `state.json` (position and best so far) and the engine's files. The position is the step alone:
the order of rows, the learning rate and the dropout seeds are functions of it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from toolschool.errors import TrainError
from training.engines import PLAIN_FILE
from training.objectives.base import higher_is_better

if TYPE_CHECKING:
    import torch

STATE_FILE = "state.json"
Write = Callable[[Path], None]


@dataclass(frozen=True)
class State:
    """Where a run stands. `group` and `units` tell whether it can go on with the rows and workers of now."""

    step: int = 0  # optimiser steps done
    tokens: float = 0.0
    best: float | None = None
    stale: int = 0  # evaluations since the best
    stopped: bool = False  # early
    group: int = 0
    units: int = 0
    workers: int = 1
    metrics: Mapping[str, float] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        (folder / STATE_FILE).write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> State:
        return cls(**json.loads((folder / STATE_FILE).read_text(encoding="utf-8")))

    def check(self, now: State) -> None:
        """Raises TrainError when the run was started with other rows, batches or workers than `now`."""
        for name, what in (("units", "rows or packing"), ("group", "batch sizes"), ("workers", "number of workers")):
            if getattr(self, name) != getattr(now, name):
                raise TrainError(
                    f"this run was started with other {what} ({getattr(self, name)}, now {getattr(now, name)}); "
                    "set them back or choose another output.name"
                )


class Reporter(Protocol):
    """Where metrics and checkpoints go; every worker calls it equally often."""

    def latest(self) -> Path | None:
        """Local folder of the newest checkpoint of this run, or None."""
        ...

    def report(self, metrics: Mapping[str, float], write: Write | None) -> None:
        """Pass on the metrics and, if `write` is given, a checkpoint that it fills."""
        ...

    def warned(self) -> bool:
        """Whether a machine of this run is about to be taken away."""
        ...


class FolderReporter:
    """Checkpoints in `<run>/checkpoints/step-…`: the `keep` best by `metric` and the latest. One process."""

    def __init__(self, run: Path, metric: str, keep: int, notify: Callable[[dict[str, float]], None] | None = None):
        self.folder = run / "checkpoints"
        self.metric, self.keep, self.notify = metric, keep, notify
        self.folder.mkdir(parents=True, exist_ok=True)

    def latest(self) -> Path | None:
        found = self._all()
        return found[-1] if found else None

    def report(self, metrics: Mapping[str, float], write: Write | None) -> None:
        if write is not None:
            target = self.folder / f"step-{int(metrics['step']):08d}"
            part = self.folder / f".part-{target.name}"
            for old in (part, target):
                shutil.rmtree(old, ignore_errors=True)
            part.mkdir()
            write(part)
            os.replace(part, target)  # a checkpoint is whole or not there
            self._prune()
        if self.notify:
            self.notify(dict(metrics))

    def warned(self) -> bool:
        return False

    def best(self) -> Path:
        """The checkpoint with the best metric, the earliest of equals."""
        return best_of({folder: State.read(folder).metrics for folder in self._all()}, self.metric)

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def _prune(self) -> None:
        found = self._all()
        left = {folder: State.read(folder).metrics for folder in found}
        kept = {found[-1]}
        for _ in range(min(self.keep, len(found))):
            kept.add(best := best_of(left, self.metric))
            del left[best]
        for folder in found:
            if folder not in kept:
                shutil.rmtree(folder)


def best_of(scored: Mapping[Any, Mapping[str, float]], metric: str) -> Any:
    """The key with the best metric; among equals the lowest step."""
    sign = -1.0 if higher_is_better(metric) else 1.0
    if not scored:
        raise TrainError("the run has no checkpoint; give it more steps")
    return min(scored, key=lambda key: (sign * scored[key][metric], scored[key]["step"]))


def trained_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Trainable weights of a checkpoint by parameter name, whichever engine wrote it."""
    import torch

    if (folder / PLAIN_FILE).is_file():
        return dict(torch.load(folder / PLAIN_FILE, map_location="cpu", weights_only=True)["weights"])
    from training.deepspeed_engine import consolidated

    return consolidated(folder)


def put_weights(model: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Copy trained weights into a freshly built model; raises TrainError when they are not exactly its trainable ones."""
    import torch

    parameters = dict(model.named_parameters(remove_duplicate=False))
    wanted = {name for name, p in model.named_parameters() if p.requires_grad}
    strange, absent = set(weights) - set(parameters), wanted - set(weights)
    if strange or absent:
        raise TrainError(
            f"checkpoint and model differ at {sorted(strange | absent)[0]}; use the run's own configuration"
        )
    with torch.no_grad():
        for name, value in weights.items():
            parameters[name].copy_(value)
