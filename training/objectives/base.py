"""What every objective offers, and the batch that passes between it and the loop. Torch only; no Ray, no DeepSpeed.

The loss of a batch is a sum; the loop divides it by the weight of the whole optimiser step over all workers and
micro-batches. So the gradient is that of one big batch however it is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from training.order import Unit
    from training.rows import Row, Rows
    from training.world import World


@dataclass(frozen=True)
class Batch:
    """Keyword arguments of the model's forward, targets, and how many real tokens are inside."""

    inputs: dict[str, torch.Tensor]  # each (B, L)
    labels: torch.Tensor  # (B, L) token ids or -100; (B, K) for tool_classifier
    tokens: int

    def to(self, device: Any) -> Batch:
        return Batch({k: v.to(device) for k, v in self.inputs.items()}, self.labels.to(device), self.tokens)


class Objective(Protocol):
    """How to build the model, turn rows into batches, compute the loss, evaluate, and save."""

    metric: str  # evaluation metric that names the best step
    pad_id: int

    def build(self) -> torch.nn.Module:
        """The model to train, the same on every worker."""
        ...

    def units(self, rows: Rows) -> list[Unit]:
        """Which rows share a sequence."""
        ...

    def weight(self, row: Row) -> float:
        """The number of terms in the row's loss sum."""
        ...

    def collate(self, units: Sequence[Sequence[Row]]) -> Batch:
        """One sequence per unit, padded on the right to the longest."""
        ...

    def loss(self, model: Any, batch: Batch) -> torch.Tensor:
        """Sum over the batch's terms, float32 scalar; `model` is called with `batch.inputs`."""
        ...

    def evaluate(self, model: Any, rows: Rows, *, batch_size: int, world: World, device: Any) -> dict[str, float]:
        """Metrics `val_*` over all rows, the same on every worker; called by all of them, without gradients."""
        ...

    def preflight(self, model: torch.nn.Module, rows: Rows) -> list[str]:
        """Check rows, tokenizer and model before the first step; the supervised text of some rows. PreflightError."""
        ...

    def save(self, model: torch.nn.Module, folder: Path, artifact: Mapping[str, Any]) -> None:
        """The trained model as an ordinary folder."""
        ...


def higher_is_better(metric: str) -> bool:
    """Losses fall, every other metric rises."""
    return not metric.endswith("loss")


def evaluation_slices(count: int, batch_size: int, world: World) -> list[tuple[list[int], bool]]:
    """This worker's batches of row numbers, and whether they count.

    Every worker gets the same number of batches, because under ZeRO-3 a forward pass is a collective; one that has none
    left repeats the first batch, which does not count.
    """
    batches = [list(range(i, min(i + batch_size, count))) for i in range(0, count, batch_size)]
    rounds = -(-len(batches) // world.size)
    mine = [r * world.size + world.rank for r in range(rounds)]
    return [(batches[i], True) if i < len(batches) else (batches[0], False) for i in mine]


def pad_rows(rows: Sequence[Any], value: int, width: int = 0) -> torch.Tensor:
    """Ragged integer arrays to an int64 tensor (B, longest, at least `width`), filled up on the right."""
    import numpy as np
    import torch

    full = np.full((len(rows), max(width, *(len(row) for row in rows))), value, dtype=np.int64)
    for i, row in enumerate(rows):
        full[i, : len(row)] = row
    return torch.from_numpy(full)
