"""Live progress with an ETA: a bar on a terminal, a line every few seconds in a log file.

    with Progress("train toolrag", total=200, unit="steps") as progress:
        progress.to(40)

`follow` moves a bar by what a training run writes to its metrics.jsonl: the steps happen in other processes, which may be on
other machines, and the file is what they share.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

from pipelines import files

LINE_EVERY_S = 10.0


def duration(seconds: float) -> str:
    """`42 s`, `3 min 05 s`, `2 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def eta(done: float, total: float, elapsed_s: float) -> float | None:
    """Seconds left at the pace so far; None before there is a pace."""
    return None if done <= 0 or total <= 0 else elapsed_s * max(0.0, total - done) / done


class Progress:
    """One piece of work. Without a known `total` it shows elapsed time only."""

    def __init__(
        self,
        name: str,
        total: float | None = None,
        unit: str = "",
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.total, self.unit = name, total, unit
        self._stream = stream or sys.stderr
        self._clock = clock
        self._live = self._stream.isatty()
        self._started = self._last = clock()
        self._done = 0.0
        self._note = ""

    def __enter__(self) -> Progress:
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state = "failed" if kind else "done"
        self._write(f"{self.name}: {state} in {duration(self._clock() - self._started)}{self._note}", end=True)

    def to(self, done: float, total: float | None = None, note: str = "") -> None:
        """Say how far it is; `note` is a short text such as a loss."""
        self._done = done
        self.total = total if total is not None else self.total
        self._note = f", {note}" if note else ""
        pause = 0.2 if self._live else LINE_EVERY_S
        if self._clock() - self._last >= pause:
            self._show()

    def add(self, count: float) -> None:
        """So much more is done."""
        self.to(self._done + count)

    @contextmanager
    def every(self, seconds: float, action: Callable[[], None]) -> Iterator[None]:
        """Call `action` (which looks somewhere and calls `to`) in a thread until the block ends."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(seconds):
                action()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=5)

    def line(self) -> str:
        """The current line."""
        elapsed = self._clock() - self._started
        if not self.total:
            return f"{self.name}: {duration(elapsed)}{self._note}"
        share = min(1.0, self._done / self.total)
        bar = "#" * round(20 * share) + "." * (20 - round(20 * share))
        left = eta(self._done, self.total, elapsed)
        ahead = f", {duration(left)} left" if left is not None else ""
        return f"{self.name}: [{bar}] {self._done:g}/{self.total:g} {self.unit}{ahead}{self._note}"

    def _show(self) -> None:
        self._last = self._clock()
        self._write(self.line(), end=False)

    def _write(self, text: str, *, end: bool) -> None:
        if self._live:
            self._stream.write(f"\r\x1b[K{text}" + ("\n" if end else ""))
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()


class Plan:
    """Named steps with a typical duration each: says which step runs and about how long all that is left will take."""

    def __init__(self, typical_s: Mapping[str, float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.typical_s = dict(typical_s)
        self.took: dict[str, float] = {}
        self._clock = clock

    def left_s(self) -> float:
        """Typical time of the steps not done, scaled by how the done ones compare with theirs."""
        done = sum(self.typical_s[name] for name in self.took)
        pace = sum(self.took.values()) / done if done else 1.0
        return pace * sum(seconds for name, seconds in self.typical_s.items() if name not in self.took)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step and take its time."""
        number = list(self.typical_s).index(name) + 1
        print(f"\n[{number}/{len(self.typical_s)}] {name} (about {duration(self.left_s())} to the end)", flush=True)
        started = self._clock()
        yield
        self.took[name] = self._clock() - started


class StageBars:
    """One bar after the other for the stages of a flow: `run_stage(stage, bars.start("rows"))`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._open: Progress | None = None

    def __enter__(self) -> StageBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(kind, error, trace)

    def start(self, stage: str) -> Callable[[int, int], None]:
        """Finish the bar before and open the next; returns what moves it."""
        self._close(None, None, None)
        bar = Progress(f"{self.name}: {stage}", unit="rows")
        bar.__enter__()
        self._open = bar
        return lambda done, total: bar.to(done, total)

    def _close(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            self._open.__exit__(kind, error, trace)
            self._open = None


def last_record(uri: str) -> dict[str, Any] | None:
    """The last whole line of a metrics.jsonl; None while there is none."""
    if not files.exists(uri):
        return None
    for line in reversed(list(files.read_lines(uri))):
        try:
            return dict(json.loads(line))
        except ValueError:
            continue  # the line being written at this moment
    return None


@contextmanager
def follow(name: str, uri: str, every_s: float = 1.0) -> Iterator[Progress]:
    """A bar that follows the lines of a training run's metrics file (`step`, `loss`, `eta_s`) until the block ends.

    The time left is the run's own estimate.
    """
    seen: dict[str, float] = {}

    def look(progress: Progress) -> None:
        record = last_record(uri) or {}
        seen.update({key: value for key, value in record.items() if isinstance(value, int | float)})
        if "step" in seen:
            progress.to(seen["step"], note=_training_note(seen))

    with Progress(name) as progress, progress.every(every_s, lambda: look(progress)):
        yield progress


def _training_note(seen: dict[str, float]) -> str:
    parts = [f"step {seen['step']:g}"]
    parts += [f"loss {seen['loss']:.3f}"] if "loss" in seen else []
    parts += [f"{duration(seen['eta_s'])} left"] if "eta_s" in seen else []
    return ", ".join(parts)
