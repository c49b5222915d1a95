"""What the bias of a tool head does to whole answers: the curve, its best point, table and picture.

    best = best_of(curve); show(table_of(curve, own=-1.2)); png = curve_plot(curve)

One bias is added to every tool's logit (ToolkenGPT's logits_bias, arXiv 2305.11554). Published heads gain or lose a fifth of their answers by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolschool.evaluation import plots
from toolschool.evaluation.intervals import wilson
from toolschool.evaluation.tables import Table, percent


class Point(NamedTuple):
    """What came out at one bias: right answers, calls, and calls that gave a result, over all questions."""

    bias: float
    right: int
    calls: int
    worked: int
    questions: int


def best_of(curve: Sequence[Point]) -> Point:
    """Most right answers; of equals the fewest calls."""
    return max(curve, key=lambda point: (point.right, -point.calls))


def table_of(curve: Sequence[Point], own: float) -> Table:
    """A row per bias; `own` is the one before."""
    best = best_of(curve)
    rows = tuple(
        (
            f"{point.bias:.2f}{' (best)' if point is best else ''}{' (before)' if point.bias == own else ''}",
            percent(wilson(point.right, point.questions)),
            f"{point.calls / point.questions:.2f}",
            percent(wilson(point.worked, point.calls)),
        )
        for point in curve
    )
    columns = ("bias", "right, %", "calls per question", "calls that gave a result, %")
    return Table("Bias of the tool head", columns, rows, f"{best.questions} questions, answered at every bias.")


def curve_plot(curve: Sequence[Point]) -> bytes:
    """Right answers and calls per question against the bias; a star marks the best."""
    figure, axes = plots.new_figure("What the bias does", "bias of all tools", "right answers (%)")
    biases = [point.bias for point in curve]
    right = [100 * point.right / point.questions for point in curve]
    best = best_of(curve)
    lines = axes.plot(biases, right, marker="o", color=plots.colour_of(0), label="right")
    axes.plot(best.bias, 100 * best.right / best.questions, "*", markersize=16, color=plots.colour_of(0), mec="black")
    axes.set_ylim(bottom=0)
    other = axes.twinx()
    other.set_ylabel("calls per question")
    calls = [point.calls / point.questions for point in curve]
    lines += other.plot(biases, calls, marker="s", color=plots.colour_of(1), label="calls per question")
    axes.legend(handles=lines, frameon=False, loc="upper left")
    return plots.to_png(figure)
