"""How long a training step takes on n GPUs, part by part: arithmetic, launches, gradients' network, storage. Pure.

    parts = step(Run(TINYLLAMA, stage=2, rows=256, length=1024), workers=64, machine=A100)
    parts.seconds, parts.largest

Messages of ZeRO (Rajbhandari et al. 2020, section 7): stages 0 to 2 move two passes of a ring over the gradients, (n-1)/n of their bytes each;
stage 3 three, over all weights. A ring over nodes is as fast as a whole node's network cards. Our settings have `overlap_comm` off, so
messages are added to the arithmetic, not hidden behind it.
Limits: no congestion, no slow worker (a step waits for the slowest), memory is not looked at (`toolschool plan` does).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from benchmarks.scaling.figures import HOP_S, LAYER_S, MFU, REACHED, STORAGE, Machine, Model
from training.flops import flops_per_token


@dataclass(frozen=True)
class Run:
    """A training: all weights learn, in 16 bits with 32-bit masters."""

    model: Model
    stage: int  # of ZeRO
    rows: int  # of a step, all GPUs together
    length: int  # tokens of a row
    checkpoint_every: int = 500  # steps


@dataclass(frozen=True)
class Step:
    """Seconds of a step, by what they go to."""

    compute: float
    launches: float  # what starting kernels takes beyond the arithmetic they do
    network: float
    storage: float

    @property
    def seconds(self) -> float:
        return self.compute + self.launches + self.network + self.storage

    @property
    def largest(self) -> list[str]:
        """Names of the parts, the bottleneck first."""
        return sorted((field.name for field in fields(self)), key=lambda name: -float(getattr(self, name)))


def step(run: Run, workers: int, machine: Machine) -> Step:
    """One step of `workers` GPUs; where rows are fewer than GPUs, some have none."""
    rows = math.ceil(run.rows / workers)
    flops = rows * run.length * flops_per_token(run.model.shape, run.length)
    compute = flops / (machine.peak * MFU)
    floor = 3 * run.model.shape.layers * LAYER_S  # forward, and twice as much backward
    nodes = math.ceil(workers / machine.per_node)
    saved = 14 * run.model.weights / (STORAGE * (nodes if run.stage else 1))  # weights, masters, both averages
    return Step(
        compute=compute,
        launches=max(0.0, floor - compute),
        network=messages(run, workers, machine),
        storage=saved / run.checkpoint_every,
    )


def messages(run: Run, workers: int, machine: Machine) -> float:
    """Seconds of the collectives of a step; 0 on one GPU."""
    passes = 3 if run.stage == 3 else 2
    moved = 2 * run.model.weights * (workers - 1) / workers
    return passes * (moved / bandwidth(workers, machine) + (workers - 1) * HOP_S)


def bandwidth(workers: int, machine: Machine) -> float:
    """Bytes a second round a ring: that of the slowest link in it."""
    nominal = machine.link if workers <= machine.per_node else min(machine.link, machine.network)
    return nominal * REACHED


def tokens_per_s(run: Run, workers: int, machine: Machine) -> float:
    return run.rows * run.length / step(run, workers, machine).seconds


def efficiency(run: Run, workers: int, machine: Machine, weak: bool = False) -> float:
    """Tokens a second of each GPU over those of one alone; `weak`: `run.rows` are those of each GPU."""
    here = replace(run, rows=run.rows * workers) if weak else run
    return tokens_per_s(here, workers, machine) / (workers * tokens_per_s(run, 1, machine))
