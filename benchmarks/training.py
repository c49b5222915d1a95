"""What does our training loop cost beside a bare PyTorch loop, and what does it gain beside TRL's `SFTTrainer` on rows of mixed length?

**The loop.** Nano, float32, AdamW, one thread, batches of a few rows drawn at random. *Bare*: forward, loss, backward, clip, step over batches
that were made before; no evaluation, no log. *Loop*: ours with torch alone; *ZeRO-0*: ours through DeepSpeed; *Ray Train*: the same in a Ray Train worker.
Ours make their batches on the way and write metrics; nobody evaluates or saves between the steps. All arms do the same steps, and their losses are
checked to be the same. The first step of each run is not counted. The bare loop computes the loss as ours does, at supervised positions alone.

**TRL** (`benchmarks/training_trl.py`) is installed by `make bench`, or by `pip install -c constraints.txt -e '.[bench]'`; without it that part is left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import training_trl
from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS, ratios, table
from benchmarks.training_rows import mixed, write

if TYPE_CHECKING:
    from training.config import TrainConfig
    from training.rows import Rows

NANO = "assets/nano"
STEPS = 16
BATCH = 4  # rows; few, so that what a step costs beside its arithmetic shows
LR = 1e-4
LOG_EVERY = 10
SAME = 1e-4  # relative difference of losses
PROMISED = {"loop": "training/loop", "ZeRO-0": "training/zero", "ZeRO-0, Ray Train": "training/ray"}


@dataclass(frozen=True)
class Ran:
    """What an arm did after its first step."""

    seconds: float
    losses: list[float]  # means over `LOG_EVERY` steps


def config(folder: Path, name: str, layer: Mapping[str, Any]) -> TrainConfig:
    """The run of `STEPS` steps over the rows in `folder`; engine and workers are in `layer`."""
    from toolschool.config import build
    from training.config import TrainConfig

    train = {"lr": LR, "schedule": "constant", "warmup_ratio": 0.0, "max_steps": STEPS, "batch_size": BATCH}
    base = {
        "rows": str(folder / "rows"),
        "model": {"name": NANO},
        "train": {**train, "log_every": LOG_EVERY, "eval_every": STEPS},
        "deepspeed": {"stage": 0},
        "output": {"storage": str(folder / "runs"), "name": name},
    }
    return build(TrainConfig, base, layer)


def batches(settings: TrainConfig, rows: Rows) -> list[Any]:
    """The batches of our run, in its order."""
    from training import objectives
    from training.order import Order

    objective = objectives.make(settings)
    order = Order(objective.units(rows), batch_size=BATCH, world=1, accumulation=1, seed=settings.train.seed)
    steps = (order.micro_batches(step, 0)[0] for step in range(STEPS))
    return [objective.collate([[rows[i] for i in unit] for unit in units]) for units in steps]


def bare(settings: TrainConfig, made: list[Any]) -> Ran:
    """The loop that one would write by hand."""
    import torch
    from torch.nn.functional import cross_entropy

    from toolschool.models import backbone
    from training.objectives.causal_lm import supervised_logits

    options = settings.train
    torch.manual_seed(options.seed)
    model, _ = backbone.load(settings.model)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), options.lr, options.betas, weight_decay=0.0, fused=True)
    losses, began = [], 0.0
    for number, batch in enumerate(made):
        logits, targets = supervised_logits(model, batch)
        loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.grad_clip)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if number == 0:
            began = time.perf_counter()
    return Ran(time.perf_counter() - began, means(losses))


def means(losses: list[float]) -> list[float]:
    """Means over each `LOG_EVERY` steps, as our loop logs them."""
    chunks = (losses[i : i + LOG_EVERY] for i in range(0, len(losses), LOG_EVERY))
    return [sum(chunk) / len(chunk) for chunk in chunks]


def ours(settings: TrainConfig, made: list[Any], fit: Callable[[TrainConfig], Any]) -> Ran:
    """A run of ours; its seconds by its own metrics.jsonl, which leaves the first step out."""
    with contextlib.redirect_stdout(io.StringIO()):
        run = Path(fit(settings).run_dir)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    tokens = sum(batch.tokens for batch in made[1:])
    return Ran(tokens / lines[-1]["tokens_per_s"], [line["loss"] for line in lines])


def arms(folder: Path, rows: Rows) -> dict[str, Callable[[int], Ran]]:
    """Each takes the number of the round."""
    from training.plain import fit_plain
    from training.trainer import fit

    hand = config(folder, "bare", {"engine": "plain", "workers": 0})
    made = batches(hand, rows)

    def arm(name: str, run: Callable[[TrainConfig], Any], **layer: Any) -> Callable[[int], Ran]:
        return lambda number: ours(config(folder, f"{name}-{number}", layer), made, run)

    return {
        "bare": lambda number: bare(hand, made),
        "loop": arm("loop", fit_plain, engine="plain", workers=0),
        "ZeRO-0": arm("zero", fit, workers=0),
        "ZeRO-0, Ray Train": arm("ray", fit, workers=1),
    }


def check_same(ran: Mapping[str, Ran]) -> None:
    """AssertionError when an arm's losses are not those of the bare loop: it would have done other work."""
    for name, there in ran.items():
        pairs = list(zip(ran["bare"].losses, there.losses, strict=True))
        assert all(math.isclose(a, b, rel_tol=SAME) for a, b in pairs), f"{name} learnt something else: {pairs}"


def alternate(every: Mapping[str, Callable[[int], Ran]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every arm in every round; arms leave their own warm-up out."""
    seconds: dict[str, list[float]] = {name: [] for name in every}
    for number in range(rounds):
        ran = {name: run(number) for name, run in every.items()}
        check_same(ran)
        for name, there in ran.items():
            seconds[name].append(there.seconds)
        print(f"  round {number + 1}: " + ", ".join(f"{name} {r.seconds:.1f} s" for name, r in ran.items()), flush=True)
    return seconds


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """As a Ray worker with one CPU has it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def overhead() -> Measured:
    """Seconds of each arm, and its speed as a share of the bare loop's."""
    import ray
    from transformers import AutoTokenizer

    rows = mixed(AutoTokenizer.from_pretrained(NANO), STEPS * BATCH, "train")
    with tempfile.TemporaryDirectory() as name, one_thread():
        write(rows, Path(name, "rows", "train"))
        ray.init(address="local", num_cpus=2, log_to_driver=False, include_dashboard=False)
        try:
            seconds = alternate(arms(Path(name), rows), ROUNDS)
        finally:
            ray.shutdown()
    tokens = (float(rows.lengths.sum()),) * 2
    claims = (Claim(promise, ratios(seconds, "bare", arm), tokens) for arm, promise in PROMISED.items())
    return Measured(table(seconds, "bare"), tuple(claims))


def report() -> Measured:
    """Both comparisons."""
    loops, trainers = overhead(), training_trl.report()
    return Measured(f"{loops.text}\n\n{trainers.text}", (*loops.claims, *trainers.claims))
