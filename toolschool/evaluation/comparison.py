"""Methods beside each other on the same tasks: a table and a picture for each group of tasks, what learning cost, where every figure is from.

    table = group_table("Arithmetic", tasks, {"toolformer": "Toolformer", "toolken": "Toolken"})
    png = group_plot("Arithmetic", tasks, methods)
    costs_table(costs); sources_table(tasks, methods)

A method without a score says why; nothing is left empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval
from toolschool.evaluation.tables import Table, percent

NONE = "–"


@dataclass(frozen=True)
class Score:
    """A rate and the run that it is from, or why there is none."""

    interval: Interval | None = None
    source: str = ""  # folder of the run, and the metric in its manifest
    why_none: str = ""


@dataclass(frozen=True)
class Task:
    """A set of items, what is counted of them, and the score of each method."""

    title: str
    measure: str
    scores: Mapping[str, Score]


@dataclass(frozen=True)
class Request:
    """What one request over HTTP takes: median seconds, and the mean tokens that are read and written."""

    seconds: float
    read: float
    written: float


@dataclass(frozen=True)
class Cost:
    """What teaching a method took: parameters that learnt, and seconds of all of its steps; and what asking it takes."""

    trained: int
    seconds: float
    request: Request | None = None


def group_table(title: str, tasks: Sequence[Task], methods: Mapping[str, str]) -> Table:
    """A row per task, a column per method, in percent with 95 % intervals; letters at dashes lead to the reasons below."""
    reasons: list[str] = []
    rows = [
        (task.title, *(_cell(task.scores[name], reasons) for name in methods), _items(task), task.measure)
        for task in tasks
    ]
    told = "".join(f" {_letter(k)}: {reason}." for k, reason in enumerate(reasons))
    note = f"Percent with 95 % intervals.{told}"
    return Table(title, ("task", *methods.values(), "items", "what is counted"), tuple(rows), note)


def group_plot(title: str, tasks: Sequence[Task], methods: Mapping[str, str]) -> bytes:
    """Bars of all scores that there are: a group per task, a colour per method."""
    systems = {
        label: {str(k): task.scores[name].interval for k, task in enumerate(tasks)} for name, label in methods.items()
    }
    measured = {label: found for label, found in systems.items() if any(found.values())}
    return plots.rates_plot(measured, {str(k): task.title for k, task in enumerate(tasks)}, title, "items (%)")


def costs_table(costs: Mapping[str, Cost], title: str = "What it cost") -> Table:
    """A row per method, by its title."""
    rows = [
        (
            name,
            f"{cost.trained:,}",
            f"{cost.seconds / 60:.1f}",
            *_request_cells(cost.request),
        )
        for name, cost in costs.items()
    ]
    note = (
        "Parameters: the most that learnt in one step. Minutes of all steps that make the method's model, of data as of training. "
        "A request: served and asked over HTTP, one at a time; median time, mean tokens read and written."
    )
    header = ("method", "parameters trained", "minutes to teach", "ms a request", "tokens a request")
    return Table(title, header, tuple(rows), note)


def _request_cells(request: Request | None) -> tuple[str, str]:
    if request is None:
        return NONE, NONE
    return f"{1000 * request.seconds:.0f}", f"{request.read:.0f} / {request.written:.0f}"


def sources_table(tasks: Sequence[Task], methods: Mapping[str, str], title: str = "Where each figure is from") -> Table:
    """A row per score: the run and the metric."""
    rows = [
        (task.title, label, task.scores[name].source)
        for task in tasks
        for name, label in methods.items()
        if task.scores[name].interval is not None
    ]
    return Table(title, ("task", "method", "run: metric of its manifest"), tuple(rows))


def _cell(score: Score, reasons: list[str]) -> str:
    if score.interval is not None:
        return percent(score.interval)
    if score.why_none not in reasons:
        reasons.append(score.why_none)
    return f"{NONE} {_letter(reasons.index(score.why_none))}"


def _letter(k: int) -> str:
    return chr(ord("a") + k)


def _items(task: Task) -> str:
    """How many items; a range where methods were asked different numbers."""
    counts = sorted({score.interval.n for score in task.scores.values() if score.interval is not None})
    if not counts:
        return NONE
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
