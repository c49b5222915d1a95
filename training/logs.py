"""What rank 0 tells the world: `metrics.jsonl`, TensorBoard, and a progress line with the time left.

Files go to `<run>/`; where that is a URI they are written next to the worker and copied at every evaluation. After a
restart lines past the checkpoint are dropped, so every step stands there once.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from training.storage import copy_in, copy_out, is_uri

METRICS_FILE = "metrics.jsonl"
TRACKING_FILE = "tracking.json"  # what a run is called elsewhere
TENSORBOARD = "tensorboard"


class Listener(Protocol):
    """Hears every line of metrics.jsonl."""

    def __call__(self, line: Mapping[str, float], /) -> None: ...

    def close(self) -> None: ...


OpenListener = Callable[[Path, int], Listener]  # of the run's local folder and the step that it stands at


class Clock:
    """Speed measured from this process's own steps; the first one (warm-up of kernels) is left out."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.steps = 0
        self.tokens = 0.0

    def tick(self, tokens: float) -> None:
        if self.steps == 0:
            self.began = time.perf_counter()
        else:
            self.tokens += tokens
        self.steps += 1

    def speed(self, left: int) -> dict[str, float]:
        """Tokens per second, and seconds for the `left` steps to come; nothing before the second step."""
        seconds = time.perf_counter() - self.began
        if self.steps < 2 or seconds <= 0:
            return {}
        return {"tokens_per_s": self.tokens / seconds, "eta_s": seconds / (self.steps - 1) * left}


class RunLog:
    """Open log of a run that stands at step `step`; a no-op on other ranks (`active=False`), where no listener is opened."""

    def __init__(self, run: str, step: int, active: bool = True, listeners: Sequence[OpenListener] = ()) -> None:
        self.active = active
        if not active:
            return
        from torch.utils.tensorboard import SummaryWriter

        self.uri = run if is_uri(run) else None
        self.folder = Path(tempfile.mkdtemp(prefix="toolschool-log-")) if self.uri else Path(run)
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.uri and step:
            for name in (METRICS_FILE, TRACKING_FILE):
                copy_in(self.uri, self.folder, name)
        keep_until(self.folder / METRICS_FILE, step)
        self.board = SummaryWriter(str(self.folder / TENSORBOARD), purge_step=step + 1 if step else None)
        self.listeners = [opened(self.folder, step) for opened in listeners]

    def write(self, values: Mapping[str, float]) -> None:
        """One line of metrics.jsonl and the same scalars on the board; `step` is among the values."""
        if not self.active:
            return
        with (self.folder / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(values)) + "\n")
        for name, value in values.items():
            if name != "step":
                self.board.add_scalar(name.replace("val_", "validation/"), value, int(values["step"]))
        for listener in self.listeners:
            listener(values)

    def say(self, values: Mapping[str, Any], total: int) -> None:
        """The progress line."""
        if self.active:
            print(progress(values, total), flush=True)

    def publish(self) -> None:
        """Flush, and copy to the run's URI if it has one."""
        if self.active:
            self.board.flush()
            if self.uri:
                copy_out(self.folder, self.uri)

    def close(self) -> None:
        if self.active:
            self.publish()
            self.board.close()
            for listener in self.listeners:
                listener.close()


def keep_until(file: Path, step: int) -> None:
    """Drop lines after `step` (and a half-written last one), as left by a process that was killed."""
    if not file.is_file():
        return
    kept = []
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n") and json.loads(line)["step"] <= step:
            kept.append(line)
    file.write_text("".join(kept), encoding="utf-8")


def progress(values: Mapping[str, Any], total: int) -> str:
    """`step 40/300  loss 1.234  lr 1.9e-04  5.4k tok/s  0:03:20 left`."""
    parts = [f"step {int(values['step'])}/{total}"]
    parts += [f"{name} {values[name]:.4g}" for name in values if name == "loss" or name.startswith("val_")]
    if "lr" in values:
        parts.append(f"lr {values['lr']:.1e}")
    if "eta_s" in values:
        parts.append(f"{values['tokens_per_s'] / 1000:.1f}k tok/s")
        parts.append(f"{timedelta(seconds=round(values['eta_s']))} left")
    return "  ".join(parts)
