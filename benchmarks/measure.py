"""Measure one benchmark in this process and put it into the store; `python -m benchmarks` starts one of these for each.

    python -m benchmarks.measure executor

A process each, because threads, Ray and what is loaded would otherwise depend on what was measured before.
"""

from __future__ import annotations

import importlib
import sys
import time

from benchmarks import store
from benchmarks.store import Record

LISTEN_S = 3.0


def others(seconds: float = LISTEN_S) -> float:
    """Cores that are busy while this process waits."""
    import os

    import psutil

    return psutil.cpu_percent(interval=seconds) / 100 * (os.cpu_count() or 1)


def measure(name: str) -> Record:
    """Measure, store, and say what was found."""
    before = others()
    began = time.perf_counter()
    measured = importlib.import_module(f"benchmarks.{name}").report()
    wall_s = time.perf_counter() - began
    record = Record.of(name, measured, wall_s, max(before, others()))
    store.save(store.FOLDER, record)
    return record


if __name__ == "__main__":
    print(measure(sys.argv[1]).measured.text, flush=True)
