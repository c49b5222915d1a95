"""Figures of a sweep as PNG: parallel coordinates, what mattered, the front of several objectives, learning curves.

    parallel_plot([Axis("train.lr", log=True), Axis("objective_args.init", categories=("names", "random"))],
                  [Line((1e-3, "names"), 0.71), Line((1e-2, "random"), 0.64)], "val_f1")

Every function returns PNG bytes, in the style of plots.py. A line's colour is its value; the colour bar names what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from toolschool.errors import DataError
from toolschool.evaluation.plots import COLOURS, new_figure, to_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 24  # characters of a category or a key beside its axis


@dataclass(frozen=True)
class Axis:
    """One coordinate: of numbers, logarithmic or not, or of categories in their order."""

    name: str
    log: bool = False
    categories: Sequence[Any] = ()


class Line(NamedTuple):
    """A trial: its value on every axis, and what it measured."""

    values: Sequence[Any]
    measured: float


class Point(NamedTuple):
    """A trial among several objectives."""

    label: str
    x: float
    y: float
    leading: bool  # on the front


class Course(NamedTuple):
    """A trial's metric at each evaluation, and how it ended."""

    label: str
    values: Sequence[float]
    end: str


def parallel_plot(axes: Sequence[Axis], lines: Sequence[Line], metric: str, title: str = "Trials") -> bytes:
    """A line per trial across all axes and the metric itself, coloured by the metric. DataError when there is no trial."""
    if not lines:
        raise DataError(f"no trial has measured {metric}")
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    full = [*axes, Axis(metric)]
    figure, host = new_figure(title, "", "", width=2.6 + 1.9 * len(full))
    low, high = _range([line.measured for line in lines])
    colours, scaled = colormaps["viridis"], Normalize(low, high)
    columns = [_positions(axis, [(*line.values, line.measured)[k] for line in lines]) for k, axis in enumerate(full)]
    for k, line in enumerate(lines):
        ys = [column.at[k] for column in columns]
        host.plot(
            range(len(full)),
            ys,
            color=colours(float(scaled(line.measured))),
            linewidth=1.8,
            alpha=0.85,
            marker="o",
            markersize=3.5,
        )
    for x, (axis, column) in enumerate(zip(full, columns, strict=True)):
        _draw_axis(host, x, axis, column.ticks)
    host.set_xlim(-0.55, len(full) - 0.9)
    host.set_ylim(-0.06, 1.06)
    host.set_axis_off()
    host.set_title(title, loc="left", fontweight="bold", pad=44)
    figure.colorbar(ScalarMappable(scaled, colours), ax=host, label=metric, pad=0.02, aspect=30)
    return to_png(figure)


class _Column(NamedTuple):
    at: list[float]  # height of each line, 0 to 1
    ticks: list[tuple[float, str]]


def _positions(axis: Axis, values: Sequence[Any]) -> _Column:
    """Where values and ticks lie on an axis."""
    if axis.categories:
        known = list(axis.categories)
        heights = [0.5] if len(known) == 1 else [k / (len(known) - 1) for k in range(len(known))]
        return _Column(
            [heights[known.index(value)] for value in values],
            [(height, _short(name)) for height, name in zip(heights, known, strict=True)],
        )
    scaled = [math.log10(value) if axis.log else float(value) for value in values]
    low, high = _range(scaled)
    ticks = [low + (high - low) * k / 4 for k in range(5)]
    return _Column(
        [(value - low) / (high - low) for value in scaled],
        [((tick - low) / (high - low), f"{10**tick if axis.log else tick:.3g}") for tick in ticks],
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Lowest and highest, apart even when all are equal."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0))


def _short(name: Any) -> str:
    """The end of a long category or key: they differ there."""
    text = str(name)
    return text if len(text) <= LONGEST else "…" + text[1 - LONGEST :]


def _draw_axis(host: Axes, x: int, axis: Axis, ticks: Sequence[tuple[float, str]]) -> None:
    host.plot([x, x], [0, 1], color="#333333", linewidth=1)
    for height, text in ticks:
        host.plot([x - 0.03, x], [height, height], color="#333333", linewidth=1)
        host.text(
            x - 0.05, height, text, ha="right", va="center", fontsize=8, zorder=5,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
    head, _, tail = axis.name.rpartition(".")
    name = f"{_short(head)}.\n{tail}" if head else tail
    host.text(x, 1.05, f"{name}\n(log)" if axis.log else name, ha="center", va="bottom", fontsize=9)


def importance_plot(shares: Mapping[str, float], metric: str, title: str = "What mattered") -> bytes:
    """A bar per key: its share in the variance of the metric."""
    figure, axes = new_figure(title, f"share in the variance of {metric} (fANOVA)", "")
    names = list(shares)[::-1]
    axes.barh(range(len(names)), [shares[name] for name in names], 0.6, color=COLOURS[0])
    for row, name in enumerate(names):
        axes.text(shares[name] + 0.01, row, f"{100 * shares[name]:.0f} %", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_xlim(0, 1.1)
    axes.grid(axis="y", visible=False)
    return to_png(figure)


def front_plot(
    points: Sequence[Point],
    x: tuple[str, Literal["max", "min"]],
    y: tuple[str, Literal["max", "min"]],
    title: str = "Front",
) -> bytes:
    """Two objectives (name, better direction), a dot per trial; those of the front are joined and labelled. DataError when there is no trial."""
    if not points:
        raise DataError(f"no trial has measured {x[0]} and {y[0]}")
    figure, axes = new_figure(title, f"{x[0]} ({x[1]})", f"{y[0]} ({y[1]})")
    rest = [point for point in points if not point.leading]
    if rest:
        axes.scatter(
            [point.x for point in rest], [point.y for point in rest], color="#888888", marker="s", label="dominated"
        )
    leading = sorted((point for point in points if point.leading), key=lambda point: point.x)
    axes.plot([p.x for p in leading], [p.y for p in leading], color=COLOURS[1], marker="o", label="front")
    for point in leading:
        axes.annotate(point.label, (point.x, point.y), (4, 5), textcoords="offset points", fontsize=8)
    axes.margins(0.1)
    axes.legend(frameon=False)
    return to_png(figure)


def curves_plot(
    courses: Sequence[Course], metric: str, rungs: Sequence[int] = (), title: str = "Learning curves"
) -> bytes:
    """A metric by evaluation, a line per trial, the best first: where each was stopped (cross) or ended by itself (dot), and ASHA's rungs."""
    if not courses:
        raise DataError(f"no trial has measured {metric}")
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(title, "evaluation", metric)
    longest = max(len(course.values) for course in courses)
    for rung in (rung for rung in rungs if rung <= longest):
        axes.axvline(rung, color="#999999", linestyle=":", linewidth=1, label="rung" if rung == rungs[0] else None)
    signs = {"finished": ("o", COLOURS[0]), "stopped early": ("X", COLOURS[1])}
    named: set[str] = set()
    for k, course in reversed(list(enumerate(courses))):
        steps = range(1, len(course.values) + 1)
        marker, colour = signs.get(course.end, ("D", COLOURS[6]))
        axes.plot(steps, course.values, color=colour, linewidth=2.4 if k == 0 else 1, alpha=1 if k == 0 else 0.55)
        label = course.end or "cut off"
        shown = None if label in named else label
        named.add(label)
        axes.plot(steps[-1], course.values[-1], marker=marker, color=colour, linestyle="none", label=shown)
    axes.annotate(
        f"best: {courses[0].label}",
        (len(courses[0].values), courses[0].values[-1]),
        (-6, 7),
        textcoords="offset points",
        ha="right",
        fontsize=8,
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.12)
    axes.legend(frameon=False)
    return to_png(figure)
