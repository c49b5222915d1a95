"""Our loop and TRL's `SFTTrainer` on the same rows of mixed length: useful tokens a second, and what was learnt from them.

    pip install -c constraints.txt -e '.[bench]'
    python -m benchmarks training

All start from nano and go once over the same encoded rows, with AdamW at one rate that falls to 0, about as many tokens a step, the same
precision, attention and threads, on a CPU. TRL *padded* is its default: rows in random order, padded to the longest of the batch. TRL *packed* is
`packing=True` (best fit, decreasing), a pack at a time with gradients added up: without flash attention, all packs of a step in one forward would
attend over one long sequence. TRL recomputes activations unless told otherwise; that is off, as it is with us. Ours *by length* is
`train.batch_tokens`, with several batches a step; ours *packed* is `train.packing`.

Useful tokens are those of the rows, each row once an epoch; time is that of the training alone, without loading, packing and saving. The ratios
mean something only if the losses of rows held back are the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS
from benchmarks.training_rows import columns, mixed, useful_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from training.config import TrainConfig
    from training.rows import Rows

NANO = "assets/nano"
ROWS, HELD = 320, 96
WARM = 16  # rows of an unmeasured run of every arm
EPOCHS = 1
LR = 5e-4
AUTOCAST = False  # on cores without matrix units for bfloat16 it takes longer, in all arms
BATCH_ROWS = 16  # rows a step
PACK, PACKS = 512, 5  # tokens of a pack, packs a step: about as many rows
BATCH_TOKENS, BATCHES = 768, 4  # tokens of a batch of one length, batches a step: several lengths in each step
PADDED, PACKED = "TRL, padded", "TRL, packed"
BY_LENGTH, OURS_PACKED = "ours, by length", "ours, packed"
PROMISED = {
    "training/trl": (BY_LENGTH, PADDED),
    "training/trl-packed": (OURS_PACKED, PACKED),
    "training/length-packed": (BY_LENGTH, PACKED),
}
SAME = 0.03  # relative difference of the losses
MISSING = "TRL is not installed: `pip install -c constraints.txt -e '.[bench]'` adds the comparison with it."


@dataclass(frozen=True)
class Ran:
    """A training run: seconds, optimiser steps, loss per supervised token of the rows held back."""

    seconds: float
    steps: int
    loss: float


class Nowhere:
    """A reporter that keeps nothing."""

    def latest(self) -> Path | None:
        return None

    def report(self, metrics: Mapping[str, float], write: Any) -> None:
        pass

    def warned(self) -> bool:
        return False


def config(seed: int, packing: bool = False) -> TrainConfig:
    """Our run; its rows are given in memory."""
    from toolschool.config import build
    from training.config import TrainConfig

    packs = {"packing": True, "batch_size": 1, "grad_accumulation": PACKS}
    by_length = {"batch_tokens": BATCH_TOKENS, "grad_accumulation": BATCHES}
    train = {"lr": LR, "epochs": EPOCHS, "schedule": "linear", "warmup_ratio": 0.0, "max_length": PACK, "seed": seed}
    train |= {"autocast": AUTOCAST, **(packs if packing else by_length)}
    return build(
        TrainConfig,
        {
            "engine": "plain",
            "rows": "rows",
            "model": {"name": NANO},
            "train": train,
            "output": {"name": "ours"},
        },
    )


def held_loss(settings: TrainConfig, weights: Iterable[tuple[str, Any]], held: Rows) -> float:
    """Loss per supervised token in float32, of nano with these weights."""
    from training import objectives
    from training.checkpoints import put_weights
    from training.world import World

    objective = objectives.make(settings)
    model: Any = objective.build()
    put_weights(model, {name: value.detach() for name, value in weights})
    model.eval()
    return objective.evaluate(model, held, batch_size=BATCH_ROWS, world=World(), device="cpu")["val_loss"]


def ours(rows: Rows, held: Rows, seed: int, packing: bool) -> Ran:
    """Our loop with torch alone; metrics are logged as always."""
    from training import loop, objectives
    from training.engines import PlainEngine
    from training.logs import RunLog
    from training.world import World

    settings = config(seed, packing)
    session = loop.prepare(
        settings,
        objectives.make(settings),
        lambda model: PlainEngine(model, settings.train, World(), "cpu"),
        rows,
        None,
        World(),
        Nowhere(),
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(RunLog(folder, 0)) as log:
        began = time.perf_counter()
        state = loop.loop(session, loop.resume(session), log)
        seconds = time.perf_counter() - began
    engine: Any = session.engine
    return Ran(seconds, state.step, held_loss(settings, engine.module.named_parameters(), held))


def trl(rows: Rows, held: Rows, seed: int, **options: Any) -> Ran:
    """`SFTTrainer` over encoded rows, which it leaves as they are."""
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from toolschool.models import backbone

    settings = config(seed)
    torch.manual_seed(seed)
    model, tokenizer = backbone.load(settings.model)
    encoded = columns(rows)
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder,
            num_train_epochs=EPOCHS,
            learning_rate=LR,
            bf16=AUTOCAST,
            max_length=PACK,
            seed=seed,
            use_cpu=True,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            **options,
        )
        data = Dataset.from_dict({name: encoded[name] for name in ("input_ids", "labels")})
        trainer = SFTTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
        began = time.perf_counter()
        done = trainer.train()
        seconds = time.perf_counter() - began
    return Ran(seconds, done.global_step, held_loss(settings, model.named_parameters(), held))


def arms() -> dict[str, Callable[[Rows, Rows, int], Ran]]:
    """Each takes training rows, rows held back, and a seed for the order."""
    one = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": PACKS}
    return {
        PADDED: partial(trl, per_device_train_batch_size=BATCH_ROWS),
        PACKED: partial(trl, packing=True, **one),
        BY_LENGTH: partial(ours, packing=False),
        OURS_PACKED: partial(ours, packing=True),
    }


def alternate(rows: Rows, held: Rows) -> dict[str, list[Ran]]:
    """Every arm in every round, with another order of rows in each, after a short unmeasured run."""
    from training.rows import some

    ran: dict[str, list[Ran]] = {name: [] for name in arms()}
    for run in arms().values():
        with contextlib.redirect_stdout(io.StringIO()):
            run(some(rows, WARM), held, 0)
    for seed in range(ROUNDS):
        for name, run in arms().items():
            with contextlib.redirect_stdout(io.StringIO()):
                there = run(rows, held, seed)
            ran[name].append(there)
            print(f"  round {seed + 1}: {name}: {there.seconds:.1f} s, loss {there.loss:.4f}", flush=True)
    return ran


def speed_table(ran: Mapping[str, Sequence[Ran]], useful: int) -> str:
    """Markdown: tokens a second, as multiples of TRL's in the same round, steps, mean loss; and whether losses agree."""
    lines = [
        f"| arm | useful tokens/s | times {PADDED} | times {PACKED} | steps | loss held back |",
        "|---|---|---|---|---|---|",
    ]
    for name, there in ran.items():
        speed = statistics.median(useful / run.seconds for run in there)
        ratios = " | ".join(faster(there, ran[base]) for base in (PADDED, PACKED))
        lines.append(f"| {name} | {speed:.0f} | {ratios} | {there[0].steps} | {mean_loss(there):.4f} |")
    return "\n".join([*lines, "", agreement(ran)])


def faster(there: Sequence[Ran], base: Sequence[Ran]) -> str:
    """How many times as fast: median of the rounds, and least to most."""
    found = times(there, base)
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def times(there: Sequence[Ran], base: Sequence[Ran]) -> tuple[float, ...]:
    """Seconds of the base as multiples of ours, round by round."""
    return tuple(other.seconds / run.seconds for run, other in zip(there, base, strict=True))


def agreement(ran: Mapping[str, Sequence[Ran]]) -> str:
    """Which mean losses are higher than those of TRL's default by more than `SAME`."""
    base = mean_loss(ran[PADDED])
    far = [name for name, there in ran.items() if mean_loss(there) > base * (1 + SAME)]
    if far:
        return f"More than {SAME:.0%} above the loss of {PADDED}, so that their speed says nothing: {'; '.join(far)}."
    return f"No loss is more than {SAME:.0%} above that of {PADDED}."


def mean_loss(there: Sequence[Ran]) -> float:
    return statistics.fmean(run.loss for run in there)


def report() -> Measured:
    """One line on how to install TRL where it is missing."""
    if importlib.util.find_spec("trl") is None:
        return Measured(MISSING)
    import datasets
    import transformers

    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    tokenizer = transformers.AutoTokenizer.from_pretrained(NANO)
    rows, held = mixed(tokenizer, ROWS, "train"), mixed(tokenizer, HELD, "validation")
    ran, useful = alternate(rows, held), useful_tokens(rows, EPOCHS)
    claims = (Claim(key, times(ran[arm], ran[base]), (useful, useful)) for key, (arm, base) in PROMISED.items())
    return Measured(speed_table(ran, useful), tuple(claims))
