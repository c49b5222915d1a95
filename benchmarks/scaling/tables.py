"""The tables of docs/scaling.md by name, and its pictures; every cell is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from benchmarks.scaling import annotation as closed
from benchmarks.scaling import reality
from benchmarks.scaling.disturbed import simulated
from benchmarks.scaling.figures import A10G, A100, H100, LLAMA_8B, TINYLLAMA, Machine
from benchmarks.scaling.training import Run, efficiency, step, tokens_per_s
from pipelines.toolformer import BLOCK

GPUS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SMALL = Run(TINYLLAMA, stage=2, rows=256, length=1024)
LARGE = Run(LLAMA_8B, stage=3, rows=1024, length=2048)
TRAININGS: tuple[tuple[str, Run, Machine], ...] = (
    ("TinyLlama-1.1B, ZeRO-2, H100", SMALL, H100),
    ("TinyLlama-1.1B, ZeRO-2, A100", SMALL, A100),
    ("TinyLlama-1.1B, ZeRO-2, A10G", SMALL, A10G),
    ("Llama-3.1-8B, ZeRO-3, H100", LARGE, H100),
    ("Llama-3.1-8B, ZeRO-3, A100", LARGE, A100),
)
EACH = 16  # rows of each GPU where the work grows with the GPUs
TEXTS, TEXTS_EACH = 100_000, 2_000
BLOCKS = (64, 32, 16, 8, 4)


def tables() -> dict[str, str]:
    """Markdown by the name of its place in the document."""
    return {
        "train-strong": training_table(weak=False),
        "train-weak": training_table(weak=True),
        "stages": stages_table(),
        "annotate-strong": annotation_table(lambda workers: TEXTS),
        "annotate-weak": annotation_table(lambda workers: TEXTS_EACH * workers),
        "blocks": blocks_table(),
        "reality": reality_table(),
    }


def training_table(weak: bool) -> str:
    """Tokens a second, efficiency, and what takes longest, for every training and number of GPUs."""
    rows = []
    for workers in GPUS:
        cells = []
        for _, run, machine in TRAININGS:
            base = replace(run, rows=EACH) if weak else run
            here = replace(base, rows=EACH * workers) if weak else base
            rate = tokens_per_s(here, workers, machine)
            share = efficiency(base, workers, machine, weak)
            largest = step(here, workers, machine).largest
            cells.append(f"{rate / 1000:,.0f} k ({share:.0%}) {largest[0]}, {largest[1]}")
        rows.append([f"{workers}", *cells])
    return _markdown(["GPUs", *(name for name, _, _ in TRAININGS)], rows)


def stages_table() -> str:
    """A mean text's milliseconds by stage and machine."""
    machines = (H100, A100, A10G)
    found = [closed.text_seconds(TINYLLAMA, machine) for machine in machines]
    rows = [[name, *(f"{1000 * times[name]:.0f}" for times in found)] for name in found[0]]
    return _markdown(["stage, ms a text", *(machine.gpu for machine in machines)], rows)


def annotation_table(texts_of: Callable[[int], int], machine: Machine = A100) -> str:
    """Formula and simulation side by side."""
    alone = closed.annotation(texts_of(1), 1, machine, TINYLLAMA).seconds / texts_of(1)
    rows = []
    for workers in GPUS:
        texts = texts_of(workers)
        parts = closed.annotation(texts, workers, machine, TINYLLAMA)
        even, worse = (simulated(texts, workers, machine, TINYLLAMA, 0, disturbed) for disturbed in (False, True))
        cells = (
            f"{texts / parts.seconds:.1f}",
            f"{alone / (parts.seconds * workers / texts):.0%}",
            ", ".join(f"{name} {getattr(parts, name) / parts.seconds:.0%}" for name in parts.largest[:3]),
            f"{parts.seconds / 60:.1f}",
            f"{even.seconds / 60:.1f}",
            f"{worse.seconds / 60:.1f} ({worse.again})",
        )
        rows.append([f"{workers}", *cells])
    header = (
        "texts/s",
        "efficiency",
        "what takes longest",
        "minutes",
        "simulated",
        "slow and lost GPUs (blocks again)",
    )
    return _markdown(["GPUs", *header], rows)


def blocks_table(workers: int = 256, machine: Machine = A100) -> str:
    """What smaller blocks do to the tail and to the driver."""
    rows = []
    for block in BLOCKS:
        parts = closed.annotation(TEXTS, workers, machine, TINYLLAMA, block)
        even = simulated(TEXTS, workers, machine, TINYLLAMA, seed=0, disturbed=True, block=block)
        name = f"{block} (as it is)" if block == BLOCK else f"{block}"
        cells = (parts.seconds, parts.compute, parts.tail, parts.driver, even.seconds)
        rows.append([name, *(f"{cell:.0f}" for cell in cells)])
    return _markdown(["texts a block", "s", "compute", "tail", "driver", "simulated, slow and lost GPUs"], rows)


def reality_table() -> str:
    """Measured speed-ups beside those foretold from two workers."""
    share = reality.fixed_share(reality.JOBS, 2, reality.MEASURED[2])
    rows = [
        [
            f"{n}",
            f"{found:.2f}",
            f"{reality.speed_up(reality.JOBS, n, share):.2f}",
            f"{reality.simulated_speed_up(reality.JOBS, n, share):.2f}",
        ]
        for n, found in reality.MEASURED.items()
    ]
    return _markdown(["workers", "measured", "formula", "simulation"], rows)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", "|---" + "|---:" * (len(header) - 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def pictures() -> dict[str, bytes]:
    """PNG by file name."""
    trained = {name: [100 * efficiency(run, workers, machine) for workers in GPUS] for name, run, machine in TRAININGS}
    annotated: Mapping[str, list[float]] = {
        f"annotate, {machine.gpu}": [_annotation_efficiency(workers, machine) for workers in GPUS]
        for machine in (H100, A100, A10G)
    }
    return {
        "scaling-train.png": _picture(trained, "Training, the same step on more GPUs (predicted)"),
        "scaling-annotate.png": _picture(annotated, f"Annotating {TEXTS:,} texts on more GPUs (predicted)"),
    }


def _annotation_efficiency(workers: int, machine: Machine) -> float:
    one, many = (closed.annotation(TEXTS, n, machine, TINYLLAMA).seconds for n in (1, workers))
    return 100 * one / (workers * many)


def _picture(lines: Mapping[str, Sequence[float]], title: str) -> bytes:
    from toolschool.evaluation.plots import MARKERS, colour_of, new_figure, to_png

    figure, axes = new_figure(title, "GPUs", "efficiency (% of linear)")
    for k, (name, values) in enumerate(lines.items()):
        axes.plot(GPUS, values, color=colour_of(k), marker=MARKERS[k % len(MARKERS)], markersize=5, label=name)
    axes.set_xscale("log", base=2)
    axes.set_xticks(GPUS, [str(n) for n in GPUS])
    axes.set_ylim(0, 105)
    axes.legend(frameon=False, loc="lower left")
    return to_png(figure)
