"""Which layout a training should have on given GPUs: memory, micro-batch, time of a step, cost; before anything is loaded.

    python -m jobs.plan --config recipes/tinyagent/planner-tinyllama.yaml hardware.gpu="A100 80GB" hardware.count=4 hardware.price=1.8
    python -m jobs.plan --config recipes/toolgen/act.yaml --config recipes/toolgen/llama-3.2-1b.yaml hardware.gpu=T4

Takes the recipe and the overrides of jobs.train; prints a table and the settings to add. Needs neither GPU nor Ray, and starts nothing.
Where nothing fits it ends with 2 and says what would. How the numbers come about: training/memory.py, training/layouts.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.common import run_job
from jobs.train import TrainJob, plain_of
from pipelines import files
from toolschool.errors import ConfigError
from training.layouts import Hardware, Offer, Work

if TYPE_CHECKING:
    from toolschool.evaluation.tables import Table
    from training.memory import ModelSizes

PROG = "jobs.plan"


class PlanJob(TrainJob):
    """A training run, and the GPUs that it is to run on."""

    hardware: Hardware = Hardware()


def check(config: PlanJob) -> None:
    if config.objective != "causal_lm":
        raise ConfigError(f"a plan is for language models (causal_lm); {config.objective} fits on any GPU")
    config.hardware.memory()
    config.hardware.peak()


def work_of(config: PlanJob) -> Work:
    """Rows and their mean length where they are prepared already; else every row is as long as may be."""
    from training.rows import read_folder

    folder = files.join(files.absolute(config.rows), "train")
    if not files.list_files(folder, ".parquet"):
        return Work(length=config.train.max_length)
    lengths = read_folder(folder).lengths
    return Work(length=float(lengths.mean()), rows=len(lengths))


def table(offers: Sequence[Offer], chosen: Offer | None, hardware: Hardware, sizes: ModelSizes) -> Table:
    """A row per layout; GiB on each GPU."""
    from toolschool.evaluation.tables import Table
    from training.memory import GIB

    def cells(offer: Offer) -> tuple[str, ...]:
        memory = offer.memory
        parts = (memory.weights, memory.gradients + memory.states + memory.buffers, memory.activations + memory.logits)
        whole = f"{memory.total / GIB:.1f} ({'+'.join(f'{part / GIB:.0f}' for part in parts)})"
        name = f"{offer.name} ←" if offer is chosen else offer.name
        host = f"{memory.host / GIB:.0f}" if memory.host else "–"
        if not offer.batch:
            return (name, whole, host, "none", "", "", "")
        hours = f"{offer.steps * offer.step_s / 3600:.1f}" if offer.steps else "–"
        return (
            name,
            whole,
            host,
            str(offer.batch),
            f"{offer.step_s:.2f}",
            hours,
            f"{offer.cost:.0f}" if offer.cost else "–",
        )

    header = ("layout", "GiB", "host", "rows fit", "s a step", "hours", "cost")
    title = f"{sizes.weights / 1e9:.2f} billion weights, {sizes.trainable / 1e6:,.1f} million learn: {hardware.count} x {hardware.gpu}"
    note = (
        f"GiB of {hardware.memory():.0f} on each GPU: weights, what learning adds, what rows of full length need at a time. Times are "
        f"arithmetic at {hardware.mfu:.0%} of the peak, without communication, evaluations and checkpoints. host: GiB of host memory for each GPU."
    )
    return Table(title, header, tuple(cells(offer) for offer in offers), note)


def work(config: PlanJob) -> None:
    from toolschool.evaluation.tables import show
    from training.layouts import alternatives, choose, offer_all
    from training.memory import model_sizes

    plain = plain_of(config)
    todo = work_of(config)
    sizes, shape = model_sizes(plain.model)
    offers = offer_all(plain, config.hardware, sizes, shape, todo)
    chosen = choose(offers)
    show(table(offers, chosen, config.hardware, sizes))
    if chosen is None:
        others = alternatives(plain, config.hardware, todo)
        said = (
            f"it would with {'; or with '.join(others)}"
            if others
            else "take a smaller model or shorter rows (train.max_length)"
        )
        raise ConfigError(f"this training does not fit on {config.hardware.count} x {config.hardware.gpu}; {said}")
    print("add to the recipe:")
    for key, value in chosen.settings.items():
        print(f"  {key}={str(value).lower() if isinstance(value, bool) else value}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", PlanJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
