"""The annotation on the simulator: texts of uneven length, a driver and a storage that can be too slow, slow workers, lost ones.

simulated(100_000, 64, A100, TINYLLAMA, seed=0, disturbed=True).seconds
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.scaling.annotation import DRIVER_S, text_seconds
from benchmarks.scaling.figures import (
    BACK_S,
    BYTES,
    COLLECT_S,
    LENGTHS,
    LOST_EVERY_S,
    SLOW,
    SLOW_FACTOR,
    START_S,
    STORAGE,
    Machine,
    Model,
)
from benchmarks.scaling.simulation import Draw, Losses, Outcome, Station, simulate
from pipelines.toolformer import BLOCK

AHEAD = 2  # blocks that wait for each actor, as Ray Data submits them


@dataclass(frozen=True)
class Simulated:
    """A run of all four stages."""

    seconds: float
    again: int  # blocks done once more


def simulated(
    texts: int, workers: int, machine: Machine, model: Model, seed: int, disturbed: bool, block: int = BLOCK
) -> Simulated:
    """`disturbed`: with slow workers and lost ones."""
    found: list[Outcome] = []
    nodes = math.ceil(workers / machine.per_node)
    for number, text_s in enumerate(text_seconds(model, machine).values()):
        stations = chain(min(block, texts), text_s, workers, nodes, slow=SLOW if disturbed else 0.0)
        losses = Losses(1, LOST_EVERY_S, BACK_S) if disturbed else None
        found.append(simulate(stations, math.ceil(texts / block), seed + number, losses))
    fixed = len(found) * (START_S + texts * COLLECT_S)
    return Simulated(sum(outcome.seconds for outcome in found) + fixed, sum(outcome.again for outcome in found))


def chain(block: int, text_s: float, workers: int, nodes: int, slow: float) -> list[Station]:
    """Driver, actors, storage."""
    writing = block * BYTES / STORAGE
    return [
        Station("driver", 1, lambda draw, server: DRIVER_S),
        Station("actors", workers, uneven(block, text_s, slow), room=AHEAD * workers),
        Station("storage", nodes, lambda draw, server: writing, room=workers),
    ]


def uneven(block: int, text_s: float, slow: float, lengths: Sequence[float] = LENGTHS) -> Draw:
    """Seconds of a block of texts as long as those that were measured; a server is slow or not for good."""
    mean = sum(lengths) / len(lengths)

    @cache
    def factor(server: int) -> float:
        return SLOW_FACTOR if random.Random(f"slow/{server}").random() < slow else 1.0

    def draw(chance: random.Random, server: int) -> float:
        return sum(chance.choices(lengths, k=block)) / mean * text_s * factor(server)

    return draw
