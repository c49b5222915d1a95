"""Who takes part: rank, size and the few collectives the loop needs. One process needs no torch.distributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class World:
    """A single process; also the interface of `Distributed`."""

    rank = 0
    size = 1

    def sum(self, values: Sequence[float]) -> list[float]:
        """Element-wise sum over all workers, the same on each of them."""
        return [float(v) for v in values]

    def gather(self, value: Any) -> list[Any]:
        """The picklable `value` of every worker, by rank."""
        return [value]


class Distributed(World):
    """The workers of the default process group."""

    def __init__(self) -> None:
        import torch.distributed as dist

        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def sum(self, values: Sequence[float]) -> list[float]:
        import torch
        import torch.distributed as dist

        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        total = torch.tensor(list(values), dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return [float(v) for v in total.tolist()]

    def gather(self, value: Any) -> list[Any]:
        import torch.distributed as dist

        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values
