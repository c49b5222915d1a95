"""Where right answers came from, as a picture: of answers with calls, and without.

stacked_plot({"operations": {"head": outcomes, "disabled": other}})        # outcomes: shares by OUTCOMES
shares_of(accuracy, accuracy_given_call)                                   # the shares, from rates of a quiz
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval

# From the bottom of a bar to its top; every answer is exactly one of them.
OUTCOMES = ("right, by a call", "right, without one", "wrong, in spite of a call", "wrong, without one")
SHADES = ("#0072B2", "#56B4E9", "#E69F00", "#DDDDDD")


def outcome(right: bool, called: bool) -> str:
    """Which of OUTCOMES an answer is; `called`: a call gave a result."""
    return OUTCOMES[(not right) * 2 + (not called)]


def shares(outcomes: Iterable[str]) -> dict[str, float]:
    """The share of each of OUTCOMES; all 0 where there are none."""
    counts = Counter(outcomes)
    return {name: counts[name] / max(counts.total(), 1) for name in OUTCOMES}


def shares_of(accuracy: Interval, given_call: Interval) -> dict[str, float]:
    """The shares from the rate of right answers, and that among answers with a call that gave a result."""
    called = given_call.n / accuracy.n
    by_call = called * given_call.value if given_call.n else 0.0
    right = accuracy.value
    return dict(zip(OUTCOMES, (by_call, right - by_call, called - by_call, 1 - called - right + by_call), strict=True))


def stacked_plot(
    groups: Mapping[str, Mapping[str, Mapping[str, float]]], title: str = "Where right answers come from"
) -> bytes:
    """A group of bars per task or model, a bar per system, stacked by OUTCOMES (shares that add up to 1)."""
    figure, axes = plots.new_figure(title, "", "answers (%)", width=9.0)
    ticks: list[tuple[float, str]] = []
    x = 0.0
    for group, systems in groups.items():
        middle = x + (len(systems) - 1) / 2
        for system, found in systems.items():
            bottom = 0.0
            for name, shade in zip(OUTCOMES, SHADES, strict=True):
                label = name if x == 0 else "_nolegend_"
                axes.bar(x, 100 * found[name], 0.85, bottom=bottom, color=shade, edgecolor="white", label=label)
                bottom += 100 * found[name]
            ticks.append((x, system))
            x += 1
        axes.annotate(group, (middle, 101), ha="center", va="bottom", fontweight="bold")
        x += 0.6
    axes.set_xticks([place for place, _ in ticks], [name.replace(" ", "\n") for _, name in ticks], fontsize=8)
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 20))
    axes.grid(axis="x", visible=False)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=4)
    return plots.to_png(figure)
