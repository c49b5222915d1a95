"""What an exploration found, tool by tool: trials solved, distinct queries, calls, tokens; as a table and as pictures.

found = summaries(rows)                            # rows of explored/ (pipelines/ste_trials.py) without their texts
show(exploration_table(found))
Path("tools.png").write_bytes(tools_plot(found))
Path("episodes.png").write_bytes(episodes_plot(found))

`solved` is what the teacher says of itself; no judge has looked at it yet. Queries are distinct that differ in more than capitals,
numbers and spaces.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolschool.datasets.splits import skeleton
from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval, rate, wilson
from toolschool.evaluation.tables import Table

SHOWN = 40  # bars of the picture


@dataclass
class ToolSummary:
    """One tool's trials. `solved` by episode; `distinct` queries; `steps` and `calls_ok` in all."""

    solved: dict[int, list[bool]] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    steps: int = 0
    calls_ok: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def outcomes(self) -> list[bool]:
        return [solved for episode in self.solved.values() for solved in episode]

    @property
    def trials(self) -> int:
        return len(self.outcomes)


def summaries(rows: Iterable[Mapping[str, Any]]) -> dict[str, ToolSummary]:
    """By tool, in the order of its first row."""
    found: dict[str, ToolSummary] = {}
    for row in rows:
        summary = found.setdefault(row["tool"], ToolSummary())
        summary.solved.setdefault(row["episode"], []).append(row["solved"])
        summary.queries.add(skeleton(row["query"]))
        for count in ("steps", "calls_ok", "prompt_tokens", "completion_tokens"):
            setattr(summary, count, getattr(summary, count) + row[count])
    return found


def exploration_table(found: Mapping[str, ToolSummary]) -> Table:
    """A row per tool and one for all of them."""
    rows = [(name, *_cells([summary])) for name, summary in found.items()]
    note = (
        "Solved by the teacher's own judgement and distinct: per cent of trials; distinct queries differ in more than capitals, numbers "
        "and spaces. Good calls: per cent of the steps that could be read and ran."
    )
    header = ("tool", "trials", "solved", "distinct", "steps", "good calls", "tokens")
    return Table("Exploration", header, (*rows, ("all", *_cells(list(found.values())))), note)


def _cells(summaries: list[ToolSummary]) -> tuple[str, ...]:
    outcomes = [solved for summary in summaries for solved in summary.outcomes]
    trials, steps = len(outcomes), sum(summary.steps for summary in summaries)
    tokens = sum(summary.prompt_tokens + summary.completion_tokens for summary in summaries)
    return (
        f"{trials:,}",
        _share(sum(outcomes), trials),
        _share(sum(len(summary.queries) for summary in summaries), trials),
        f"{steps / trials:.2f}" if trials else "–",
        _share(sum(summary.calls_ok for summary in summaries), steps),
        f"{tokens:,}",
    )


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f}" if of else "–"


def by_episode(found: Mapping[str, ToolSummary]) -> dict[int, Interval]:
    """Share of solved trials of each episode over all tools, in the order of episodes."""
    outcomes: dict[int, list[bool]] = {}
    for summary in found.values():
        for episode, solved in summary.solved.items():
            outcomes.setdefault(episode, []).extend(solved)
    return {episode: rate(outcomes[episode]) for episode in sorted(outcomes)}


def exploration_metrics(found: Mapping[str, ToolSummary]) -> dict[str, Any]:
    """Flat numbers: of all tools, and `<tool>.solved`, `<tool>.trials`, `<tool>.distinct`."""
    outcomes = [solved for summary in found.values() for solved in summary.outcomes]
    metrics: dict[str, Any] = {
        "tools": len(found),
        "trials": len(outcomes),
        "solved": _number(wilson(sum(outcomes), len(outcomes)).value),
        "prompt_tokens": sum(summary.prompt_tokens for summary in found.values()),
        "completion_tokens": sum(summary.completion_tokens for summary in found.values()),
    }
    for name, summary in found.items():
        metrics[f"{name}.trials"] = summary.trials
        metrics[f"{name}.solved"] = _number(rate(summary.outcomes).value)
        metrics[f"{name}.distinct"] = len(summary.queries)
    return metrics


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def tools_plot(found: Mapping[str, ToolSummary]) -> bytes:
    """A bar per tool, the least solved first, and a dot for its distinct queries; the lowest SHOWN where there are more."""
    worst = sorted(found, key=lambda name: rate(found[name].outcomes).value)[:SHOWN]
    title = "Solved by tool" if len(worst) == len(found) else f"Solved by tool, the {SHOWN} lowest of {len(found)}"
    figure, axes = plots.new_figure(title, "trials (%)", "")
    figure.set_figheight(1.6 + 0.22 * len(worst))
    rates = [rate(found[name].outcomes) for name in worst]
    places = range(len(worst), 0, -1)
    values = [100 * each.value for each in rates]
    errors = [
        [value - 100 * each.low for value, each in zip(values, rates, strict=True)],
        [100 * each.high - value for value, each in zip(values, rates, strict=True)],
    ]
    axes.barh(places, values, 0.7, xerr=errors, color=plots.colour_of(0), ecolor="#333333", capsize=2, label="solved")
    distinct = [100 * len(found[name].queries) / found[name].trials for name in worst]
    axes.plot(distinct, places, plots.MARKERS[2], linestyle="none", color=plots.colour_of(1), label="distinct queries")
    axes.set_yticks(list(places), [name if len(name) <= 40 else f"{name[:39]}…" for name in worst], fontsize=8)
    axes.set_xlim(0, 104)
    axes.grid(axis="y", visible=False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return plots.to_png(figure)


def episodes_plot(found: Mapping[str, ToolSummary]) -> bytes:
    """Share of solved trials over the episodes, with 95 % intervals."""
    rates = by_episode(found)
    figure, axes = plots.new_figure("Solved over the episodes", "episode", "trials (%)")
    episodes, values = list(rates), [100 * each.value for each in rates.values()]
    low, high = [100 * each.low for each in rates.values()], [100 * each.high for each in rates.values()]
    axes.fill_between(episodes, low, high, color=plots.colour_of(0), alpha=0.2, linewidth=0)
    axes.plot(episodes, values, marker=plots.MARKERS[0], color=plots.colour_of(0))
    axes.set_ylim(0, 104)
    axes.set_xticks(episodes[:: 1 + len(episodes) // 20])
    return plots.to_png(figure)
