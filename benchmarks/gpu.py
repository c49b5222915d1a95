"""Real sizes on one GPU: tokens a second, share of the peak (MFU), and memory against what `toolschool plan` says.

Published architectures with random weights (toolschool/models/shapes.py), our training step (all weights, and a LoRA adapter), Toolformer's
filter and its annotation. Ten minutes at most; wants torch, transformers, peft, pydantic and PyYAML, no Ray and no DeepSpeed. An arm that
cannot run says why. Without a GPU the same code runs at a tiny size, which measures nothing.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path

from benchmarks import documents
from benchmarks.gpu_arms import Line, Size, annotate, score, train
from toolschool.methods.toolformer.presets import Preset
from training.memory import GIB

REAL = Size(models=("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "meta-llama/Llama-3.2-1B", "Qwen/Qwen2.5-1.5B"))
TINY = Size(
    ("assets/nano",), length=64, most=2, steps=2, sentences=1, texts=1, preset=Preset(tau_s=0, k=2, m=2, max_tokens=4)
)
BUDGET_S = 480.0  # from here on no arm is begun; the longest takes less than two minutes
DOCUMENT = Path("docs/measurements.md")
LIBRARIES = ("torch", "transformers", "peft")
COLUMNS = ("model", "what", "rows", "tokens/s", "MFU, %", "peak GiB", "estimate GiB", "peak / estimate")


def report() -> str:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    text = measured(REAL if device == "cuda" else TINY, device)
    if device == "cuda":
        documents.write(DOCUMENT, "gpu", text)
    return text


def measured(size: Size, device: str, budget_s: float = BUDGET_S) -> str:
    """Markdown: on what it ran, the table, and what was left out with the reason."""
    lines, left_out = run(list(arms(size, device)), budget_s)
    notes = [f"Left out: {name}: {reason}." for name, reason in left_out]
    return "\n\n".join([_machine(device), table(lines), *notes])


def arms(size: Size, device: str) -> Iterator[tuple[str, Callable[[], Line]]]:
    """What is measured, by name, in the order of what matters most."""
    for name in size.models:
        for adapter in ("full", "lora"):
            yield f"train, {adapter}, {name}", partial(train, name, adapter, size, device)
        yield f"score calls, {name}", partial(score, name, size, device)
    for name in size.models:
        yield f"annotate, {name}", partial(annotate, name, size, device)


def run(todo: Sequence[tuple[str, Callable[[], Line]]], budget_s: float) -> tuple[list[Line], list[tuple[str, str]]]:
    """The lines, and what gave none: a library is missing, memory ran out, or the time is up."""
    import torch

    lines: list[Line] = []
    left_out: list[tuple[str, str]] = []
    began = time.monotonic()
    for name, arm in todo:
        if time.monotonic() - began > budget_s:
            left_out.append((name, f"{budget_s:.0f} s were over"))
            continue
        try:
            lines.append(arm())
        except (ImportError, torch.cuda.OutOfMemoryError) as error:
            left_out.append((name, str(error).splitlines()[0].rstrip(".")))
        print(f"  {time.monotonic() - began:5.0f} s  {name}", flush=True)
    return lines, left_out


def table(lines: Sequence[Line]) -> str:
    """Markdown; a dash where a device's peak or memory is not known."""
    rows = [f"| {' | '.join(COLUMNS)} |", "|---" * 2 + "|---:" * (len(COLUMNS) - 2) + "|"]
    for line in lines:
        ratio = line.peak / line.said if line.peak and line.said else None
        cells = (
            line.model,
            line.what,
            f"{line.rows}",
            f"{line.tokens_per_s:,.0f}",
            _number(None if line.mfu is None else 100 * line.mfu, 1),
            _number(None if line.peak is None else line.peak / GIB, 1),
            _number(None if line.said is None else line.said / GIB, 1),
            _number(ratio, 2),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _machine(device: str) -> str:
    import torch

    versions = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    if device != "cuda":
        return f"No GPU: {platform.machine()}, one thread of a tiny size, to show that it runs. {versions}."
    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / GIB:.0f} GiB; {versions}; {date.today().isoformat()}."


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
