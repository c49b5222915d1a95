"""Alternating measurements: arm A, arm B, A, B, ... so that a busy moment hits both; ratios per round, with their spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

ROUNDS = 5


def alternate(arms: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of every arm in every round, after one unmeasured round."""
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds + 1):
        for name, run in arms.items():
            started = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratios(seconds: Mapping[str, list[float]], above: str, below: str) -> tuple[float, ...]:
    """Seconds of one arm as multiples of another's, round by round: how many times as fast `below` is."""
    return tuple(there / here for there, here in zip(seconds[above], seconds[below], strict=True))


def table(seconds: Mapping[str, list[float]], base: str) -> str:
    """Markdown: median seconds, and how many times faster than `base` (median of the rounds' ratios, least and most)."""
    lines = [f"| arm | median s | {base} / arm | least | most |", "|---|---|---|---|---|"]
    for name, times in seconds.items():
        found = ratios(seconds, base, name)
        lines.append(
            f"| {name} | {statistics.median(times):.3f} | {statistics.median(found):.2f} | {min(found):.2f} | {max(found):.2f} |"
        )
    return "\n".join(lines)
