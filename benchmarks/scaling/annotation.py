"""How long Toolformer's annotation takes on n GPUs: the closed formula of `jobs.annotate`, stage by stage. Pure.

    parts = annotation(texts=100_000, workers=64, machine=A100, model=TINYLLAMA)
    parts.seconds, parts.largest

The four stages run one after the other (pipelines/toolformer.py), each as Ray Data streams it: the driver hands blocks to a pool of actors,
who write them; at the end one process puts the blocks in order. A stage lasts as long as the slowest of its streams: the actors with whole
blocks (the last ones leave actors idle: the tail), the driver with its tasks, the storage with its bytes; to that come its start and its end.
Limits: every actor is equally fast and none is lost: `simulation.py` has both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from benchmarks.scaling.figures import (
    ANNOTATE_TOKENS,
    BYTES,
    COLLECT_S,
    CPU_TEXT_S,
    FILTER_PASSES,
    FILTER_TOKENS,
    LAYER_S,
    MFU,
    START_S,
    STORAGE,
    TASK_S,
    TASKS,
    Machine,
    Model,
)
from pipelines.toolformer import BLOCK
from toolschool.methods.toolformer.presets import PRESETS

DRIVER_S = TASK_S * TASKS  # of a block


@dataclass(frozen=True)
class Parts:
    """Seconds of a run, by what they go to; they add up."""

    compute: float  # the work, evenly over all workers
    tail: float  # workers wait for the last blocks
    driver: float  # workers wait for the driver
    storage: float  # workers wait for the storage
    start: float
    collect: float

    @property
    def seconds(self) -> float:
        return sum(getattr(self, field.name) for field in fields(self))

    @property
    def largest(self) -> list[str]:
        """Names of the parts, the bottleneck first."""
        return sorted((field.name for field in fields(self)), key=lambda name: -float(getattr(self, name)))


def stage(texts: int, text_s: float, workers: int, nodes: int, block: int = BLOCK) -> Parts:
    """A stage whose texts take a worker `text_s` seconds each."""
    blocks = math.ceil(texts / block)
    compute = texts * text_s / workers
    waves = math.ceil(blocks / workers) * min(block, texts) * text_s
    driver, storage = blocks * DRIVER_S, texts * BYTES / (STORAGE * nodes)
    return Parts(
        compute=compute,
        tail=max(0.0, waves - compute),
        driver=max(0.0, driver - max(waves, storage)),
        storage=max(0.0, storage - max(waves, driver)),
        start=START_S,
        collect=texts * COLLECT_S,
    )


def text_seconds(model: Model, machine: Machine) -> dict[str, float]:
    """Seconds of a mean text on one worker, by stage: the larger of its arithmetic and of its passes one after the other."""
    a_pass = max(model.shape.layers * LAYER_S, 2 * model.weights / machine.memory)
    token = 2 * model.shape.weights / (machine.peak * MFU)
    passes = (
        PRESETS["calculator"].max_tokens + 1
    )  # the text without a prompt, behind it, and a token of every open call at a time
    return {
        "select": CPU_TEXT_S,
        "annotate": max(ANNOTATE_TOKENS * token, passes * a_pass),
        "execute": CPU_TEXT_S,
        "filter": max(FILTER_TOKENS * token, FILTER_PASSES * a_pass),
    }


def annotation(texts: int, workers: int, machine: Machine, model: Model, block: int = BLOCK) -> Parts:
    """All four stages."""
    nodes = math.ceil(workers / machine.per_node)
    return added(stage(texts, s, workers, nodes, block) for s in text_seconds(model, machine).values())


def added(parts: Iterable[Parts]) -> Parts:
    """Parts of runs one after the other."""
    found = list(parts)
    return Parts(*(sum(getattr(part, field.name) for part in found) for field in fields(Parts)))
