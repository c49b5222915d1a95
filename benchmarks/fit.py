"""How cost grows: the exponent b of cost = a * size ** b by least squares of logarithms, as a table and as pictures.

    fit((10, 100, 1000), (0.1, 1.0, 10.0))          # Fit(exponent=1.0, error=0.0)

0 is a cost that does not grow, 1 one in proportion. A cost that is there at any size (a process that starts, say) flattens small sizes, so the last decade
has an exponent of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.results import Curve


class Fit(NamedTuple):
    """The slope, its standard error (nan with fewer than three sizes), and the logarithm (base 10) of the cost at size 1."""

    exponent: float
    error: float
    offset: float


def fit(sizes: Sequence[float], costs: Sequence[float]) -> Fit:
    """Ordinary least squares of log10 cost on log10 size. ValueError with fewer than two different sizes."""
    x, y = [math.log10(size) for size in sizes], [math.log10(cost) for cost in costs]
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - mean_x) ** 2 for one in x)
    if not spread:
        raise ValueError("an exponent needs two different sizes")
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    offset = mean_y - slope * mean_x
    off = sum((b - offset - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    return Fit(slope, math.sqrt(off / (n - 2) / spread) if n > 2 else math.nan, offset)


def last_decade(curve: Curve) -> Curve:
    """The sizes from a tenth of the largest on."""
    kept = [place for place, size in enumerate(curve.sizes) if 10 * size >= curve.sizes[-1]]
    return Curve(curve.name, curve.of, tuple(curve.sizes[i] for i in kept), tuple(curve.seconds[i] for i in kept))


def _two_digits(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.2g}"


def exponents_table(curves: Sequence[Curve]) -> str:
    """Markdown: a line for each curve."""
    lines = ["| cost of | against | sizes | s, least to most | exponent | last decade |", "|---|---|---|---|---|---|"]
    for curve in curves:
        cells = (
            f"{curve.sizes[0]:,} to {curve.sizes[-1]:,}",
            f"{_two_digits(curve.seconds[0])} to {_two_digits(curve.seconds[-1])}",
            said(fit_of(curve)),
            said(fit_of(last_decade(curve))),
        )
        lines.append(f"| {curve.name} | {curve.of} | {' | '.join(cells)} |")
    return "\n".join(lines)


def fit_of(curve: Curve) -> Fit:
    return fit(curve.sizes, curve.seconds)


def said(found: Fit) -> str:
    return f"{found.exponent:.2f}" + ("" if math.isnan(found.error) else f" ± {found.error:.2f}")


def curves_plot(curves: Sequence[Curve], title: str) -> bytes:
    """PNG: dots for what was measured, lines for the fits, both axes logarithmic."""
    from toolschool.evaluation.plots import MARKERS, colour_of, new_figure, to_png

    figure, axes = new_figure(title, curves[0].of, "seconds", width=9.0)
    for k, curve in enumerate(curves):
        found, colour = fit_of(curve), colour_of(k)
        line = [10**found.offset * size**found.exponent for size in curve.sizes]
        label = f"{curve.name}: exponent {said(found)}"
        axes.plot(curve.sizes, curve.seconds, MARKERS[k % len(MARKERS)], color=colour, markersize=6, label=label)
        axes.plot(curve.sizes, line, color=colour, linewidth=1, alpha=0.7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False, fontsize=8)
    return to_png(figure)
