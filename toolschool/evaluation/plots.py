"""Figures of a run as PNG: coverage curves, training losses, planner metrics, a sweep's trials.

    Path("coverage.png").write_bytes(coverage_plot({"TF-IDF": points, "ToolRAG": other}, marks={"ToolRAG": chosen}))

Every function returns PNG bytes. Colours are Okabe and Ito's eight, told apart also by the colour-blind; lines differ in
marker as well, so that a grey print still reads. Figures never touch pyplot's global state and need no display.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from toolschool.errors import DataError
from toolschool.evaluation.intervals import Interval
from toolschool.evaluation.planner import PlannerScores
from toolschool.evaluation.tables import PLANNER_COLUMNS
from toolschool.evaluation.toolrag import CurvePoint
from toolschool.records import JsonValue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008, "Color Universal Design", without the yellow that vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DPI = 150


def coverage_plot(
    curves: Mapping[str, Sequence[CurvePoint]],
    marks: Mapping[str, CurvePoint] | None = None,
    title: str = "Tools a planner is offered",
) -> bytes:
    """Set coverage against mean tools per query, a line per method; `marks` are the points in use, as stars."""
    figure, axes = new_figure(title, "tools per query (mean)", "queries with all needed tools (%)")
    for k, (name, points) in enumerate(curves.items()):
        x, y = [point.mean_tools for point in points], [100 * point.set_coverage for point in points]
        axes.plot(x, y, color=colour_of(k), marker=MARKERS[k % len(MARKERS)], markevery=0.12, markersize=5, label=name)
        if marks and name in marks:
            mark = marks[name]
            axes.plot(
                mark.mean_tools,
                100 * mark.set_coverage,
                marker="*",
                markersize=16,
                color=colour_of(k),
                markeredgecolor="black",
                linestyle="none",
                label=f"{name}, as used" if math.isnan(mark.threshold) else f"{name}, threshold {mark.threshold:.2g}",
            )
    axes.set_ylim(-2, 103)
    axes.legend(loc="lower right", frameon=False)
    return to_png(figure)


def loss_plot(runs: Mapping[str, Sequence[Mapping[str, JsonValue]]], title: str = "Training") -> bytes:
    """Every `*loss` of each run against `step`, from the rows of its metrics.jsonl; validation losses with markers."""
    figure, axes = new_figure(title, "optimizer step", "loss")
    drawn = 0
    for k, (run, rows) in enumerate(runs.items()):
        for name in sorted({key for row in rows for key in row if key.endswith("loss")}):
            points = [(row["step"], row[name]) for row in rows if "step" in row and _is_number(row.get(name))]
            if not points:
                continue
            held_out = name != "loss" and not name.startswith("train")
            colour = colour_of(k if len(runs) > 1 else drawn)
            style = {"marker": MARKERS[k % len(MARKERS)], "linewidth": 2.2} if held_out else {"alpha": 0.75}
            axes.plot(
                *zip(*points, strict=True), color=colour, label=f"{run}: {name}" if len(runs) > 1 else name, **style
            )
            drawn += 1
    if not drawn:
        raise DataError("no row has both a step and a loss; is this a metrics.jsonl of a training run?")
    axes.legend(frameon=False)
    return to_png(figure)


def planner_plot(scores: Mapping[str, PlannerScores], title: str = "Planner on held-out rows") -> bytes:
    """Bars with 95 % intervals: a group per metric, a colour per system."""
    systems = {
        f"{name} (n = {score.rows})": {column: getattr(score, column) for column in PLANNER_COLUMNS}
        for name, score in scores.items()
    }
    return rates_plot(systems, PLANNER_COLUMNS, title, "rows (%)")


def rates_plot(
    systems: Mapping[str, Mapping[str, Interval | None]], labels: Mapping[str, str], title: str, y_label: str
) -> bytes:
    """Bars of rates with 95 % intervals: a group for each of `labels` that was measured, a colour per system."""
    figure, axes = new_figure(title, "", y_label, width=9.0)
    shown = [name for name in labels if any(_is_measured(rates[name]) for rates in systems.values())]
    width = 0.8 / len(systems)
    for k, (system, rates) in enumerate(systems.items()):
        label = system
        for group, name in enumerate(shown):
            interval = rates[name]
            if interval is None or not _is_measured(interval):
                continue
            x, value = group + (k - (len(systems) - 1) / 2) * width, 100 * interval.value
            errors = [[max(0.0, value - 100 * interval.low)], [max(0.0, 100 * interval.high - value)]]
            axes.bar(x, value, 0.92 * width, color=colour_of(k), yerr=errors, capsize=3, ecolor="#333333", label=label)
            axes.annotate(
                f"{value:.0f}", (x, 100 * interval.high), (0, 3), textcoords="offset points", ha="center", fontsize=8
            )
            label = "_nolegend_"  # once per system
    axes.set_xticks(range(len(shown)), [labels[name].replace(" ", "\n") for name in shown])
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 20))
    axes.grid(axis="x", visible=False)
    axes.legend(frameon=False, loc="upper right")
    return to_png(figure)


def curve_plot(lines: Mapping[str, Sequence[tuple[float, Interval]]], along: str, title: str) -> bytes:
    """Rates with 95 % intervals along a quantity (logarithmic), a line per measure."""
    figure, axes = new_figure(title, along, "%")
    for k, (name, points) in enumerate(lines.items()):
        found = sorted(points, key=lambda point: point[0])
        values = [100 * each.value for _, each in found]
        errors = [
            [max(0.0, 100 * (each.value - each.low)) for _, each in found],
            [max(0.0, 100 * (each.high - each.value)) for _, each in found],
        ]
        places = [place for place, _ in found]
        marker = MARKERS[k % len(MARKERS)]
        axes.errorbar(places, values, yerr=errors, marker=marker, capsize=3, color=colour_of(k), label=name)
    ticks = sorted({place for points in lines.values() for place, _ in points})
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{place / 1e6:.2g}M" if place >= 1e5 else f"{place:g}" for place in ticks])
    axes.minorticks_off()
    axes.set_ylim(0, 102)
    axes.legend(frameon=False, loc="best")
    return to_png(figure)


def sweep_plot(
    groups: Mapping[str, Sequence[tuple[float, float]]],
    parameter: str,
    metric: str,
    title: str = "Sweep",
    mode: Literal["max", "min"] = "max",
) -> bytes:
    """A metric against a parameter (logarithmic when it spans a decade): a dot per trial (x, y), a colour per group; the best is ringed.

    DataError when there is no trial.
    """
    trials = [trial for points in groups.values() for trial in points]
    if not trials:
        raise DataError(f"no trial has both {parameter} and {metric}")
    figure, axes = new_figure(title, parameter, metric)
    for k, (name, points) in enumerate(groups.items()):
        x, y = zip(*sorted(points), strict=True)
        marker = MARKERS[k % len(MARKERS)]
        axes.plot(x, y, marker=marker, linewidth=0.8, color=colour_of(k), alpha=0.85, label=name)
    low, high = min(x for x, _ in trials), max(x for x, _ in trials)
    if low > 0 and high / low >= 10:
        axes.set_xscale("log")
    best = (max if mode == "max" else min)(trials, key=lambda trial: trial[1])
    label = f"best: {best[1]:.3g} at {best[0]:.2g}"
    axes.scatter(*best, s=170, facecolors="none", edgecolors="black", linewidths=1.5, label=label)
    axes.legend(frameon=False)
    return to_png(figure)


def read_metrics(path: str | Path) -> list[dict[str, JsonValue]]:
    """Rows of a metrics.jsonl; a last line cut off by a kill is left out. DataError on any other malformed line."""
    rows = []
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            if number < len(lines) or line.endswith("\n"):
                raise DataError(f"{path} line {number} is not JSON; remove it or train again") from error
    return rows


def new_figure(title: str, x_label: str, y_label: str, width: float = 7.0) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def to_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def colour_of(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _is_measured(interval: Interval | None) -> bool:
    return interval is not None and not math.isnan(interval.value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
