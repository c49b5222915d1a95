"""Which rows make up step s: a pure function of the rows, the seed and the step, so resuming needs the step alone.

The rows are grouped into units (with packing several rows, else one). The run is one endless stream of units: epoch e
is the permutation drawn from (seed, e), and step s takes the next `group` units, whatever the number of workers. Epoch
borders may fall inside a step; no row is dropped, and none is seen twice before all were seen once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Unit = tuple[int, ...]  # row numbers that share one sequence or, with `bucket`, one batch


def single_units(count: int) -> list[Unit]:
    """Every row by itself."""
    return [(i,) for i in range(count)]


def pack(lengths: Sequence[int], capacity: int, seed: int, window: int = 256) -> list[Unit]:
    """First fit over a shuffled order: rows of at most `capacity` tokens together; at most `window` packs stay open.

    Shuffled rather than falling lengths, so that a pack mixes rows of all lengths.
    """
    import numpy as np

    open_packs: list[list[int]] = []
    room: list[int] = []
    done: list[Unit] = []
    for row in np.random.default_rng((seed, 0x9AC)).permutation(len(lengths)):
        need = int(lengths[row])
        slot = next((k for k, free in enumerate(room) if free >= need), None)
        if slot is None:
            open_packs.append([])
            room.append(capacity)
            slot = len(room) - 1
        open_packs[slot].append(int(row))
        room[slot] -= need
        if len(room) > window:
            fullest = min(range(len(room)), key=room.__getitem__)
            done.append(tuple(open_packs.pop(fullest)))
            room.pop(fullest)
    return done + [tuple(rows) for rows in open_packs]


def padded_length(length: int) -> int:
    """The length a row is padded to: few different ones, so that compiled code is reused; under a quarter is padding from 97 tokens on."""
    step = 32 if length <= 192 else 64 if length <= 384 else 128
    return -(-length // step) * step


def bucket(lengths: Sequence[int], tokens: int, seed: int) -> list[Unit]:
    """Rows of one padded length together, as many as fit into `tokens`; the last unit of each length may be short."""
    import numpy as np

    open_units: dict[int, list[int]] = {}
    done: list[Unit] = []
    for row in np.random.default_rng((seed, 0x9AC)).permutation(len(lengths)):
        width = padded_length(int(lengths[row]))
        rows = open_units.setdefault(width, [])
        rows.append(int(row))
        if len(rows) >= rows_of(width, tokens):
            done.append(tuple(open_units.pop(width)))
    return done + [tuple(open_units[width]) for width in sorted(open_units)]


def rows_of(width: int, tokens: int) -> int:
    """Rows of padded length `width` in a batch of `tokens`."""
    return max(1, tokens // width)


class Order:
    """The stream of units, cut into steps of `group` units, each step into micro-batches of `batch_size` per worker."""

    def __init__(self, units: Sequence[Unit], *, batch_size: int, world: int, accumulation: int, seed: int) -> None:
        if not units:
            raise ValueError("no units to order")
        self.units = list(units)
        self.batch_size, self.world, self.accumulation, self.seed = batch_size, world, accumulation, seed
        self.group = batch_size * world * accumulation
        self._permutation = lru_cache(maxsize=2)(self._draw)

    def _draw(self, epoch: int) -> np.ndarray:
        import numpy as np

        return np.random.default_rng((self.seed, epoch)).permutation(len(self.units))

    def steps(self, epochs: float) -> int:
        """Steps until every unit was seen `epochs` times; the last one is filled up from the next epoch."""
        return max(1, math.ceil(round(len(self.units) * epochs) / self.group))

    def step(self, step: int) -> list[Unit]:
        """All units of step `step` (counted from 0), of all workers."""
        count = len(self.units)
        stream = range(step * self.group, (step + 1) * self.group)
        return [self.units[self._permutation(i // count)[i % count]] for i in stream]

    def micro_batches(self, step: int, rank: int) -> list[list[Unit]]:
        """The `accumulation` micro-batches of one worker in step `step`."""
        units = self.step(step)
        size = self.batch_size
        starts = [(micro * self.world + rank) * size for micro in range(self.accumulation)]
        return [units[start : start + size] for start in starts]
