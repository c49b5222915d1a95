"""What the run costs: the share of work that is padding, and the time from a few steps of the recipe's own batches.

The steps are those of one worker of `workers.count`, on this machine, torch alone: a cluster's network and DeepSpeed's
communication are not in the estimate, nor are evaluations and checkpoints; `torch.compile` would make it shorter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from toolschool.errors import TrainError
from training import loop
from training.checks import Finding
from training.config import TrainConfig
from training.logs import Clock
from training.order import Order
from training.world import World

if TYPE_CHECKING:
    from training.objectives.base import Objective
    from training.rows import Rows

TIMED_STEPS = 5
MOSTLY_PADDING = 0.5
PADDING_SAMPLE = 20  # batches


class OneOf(World):
    """The first of `size` workers, whose partners are not there to add their numbers."""

    def __init__(self, size: int) -> None:
        self.size = max(1, size)


def order_of(objective: Objective, rows: Rows, config: TrainConfig, batch_size: int) -> Order:
    """One worker's batches, one a step."""
    size = 1 if config.train.batch_tokens else batch_size
    return Order(objective.units(rows), batch_size=size, world=1, accumulation=1, seed=config.train.seed)


def padding(objective: Objective, rows: Rows, config: TrainConfig) -> Finding:
    """Share of padding in the first batches, whoever put it there: the collator, or prepare into the rows themselves."""
    order = order_of(objective, rows, config, config.train.batch_size)
    filled = total = 0
    for step in range(min(PADDING_SAMPLE, order.steps(1))):
        batch = objective.collate([[rows[i] for i in unit] for unit in order.step(step)])
        ids = batch.inputs["input_ids"]
        filled, total = filled + int((ids == objective.pad_id).sum()), total + ids.numel()
    text = f"{filled / total:.0%} of what the first batches compute"
    if filled / total <= MOSTLY_PADDING:
        return Finding("padding", "ok", text)
    if any((row.input_ids == objective.pad_id).any() for row in rows):
        return Finding("padding", "warning", f"{text}: rows hold padding of their own; prepare them again without")
    return Finding("padding", "warning", f"{text}: set train.packing or train.batch_tokens, or drop the longest rows")


def run_time(session: loop.Session) -> Finding:
    """Time of the whole run from a few steps after a warm-up one; at rate 0, so that no weight moves far."""
    clock = Clock()
    try:
        for step in range(1 + TIMED_STEPS):
            clock.tick(loop.train_step(session, step, 0.0).tokens)
    except TrainError as error:
        return Finding("run time", "error", str(error))
    return _estimate(session, clock.speed(session.total))


def _estimate(session: loop.Session, speed: dict[str, float]) -> Finding:
    workers, device = session.world.size, session.engine.device.type
    text = f"about {timedelta(seconds=round(speed['eta_s']))} for {session.total} steps without evaluations: "
    text += f"{speed['tokens_per_s'] * workers:,.0f} tokens/s with workers.count={workers} on a {device} like this"
    if session.config.workers.gpu and device == "cpu":
        return Finding("run time", "warning", f"{text}; the run is meant for GPUs: run doctor where they are")
    return Finding("run time", "ok", text)
