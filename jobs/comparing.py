"""A comparison of methods from the manifests of the steps that measured it: what a table is asked to hold, and the tables and pictures.

tables, figures = drawn(comparison, tasks, made)      # made: name of a step -> its manifest
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from toolschool.config import Config
from toolschool.errors import DataError

if TYPE_CHECKING:
    from toolschool.evaluation.comparison import Cost, Request, Score, Task
    from toolschool.evaluation.intervals import Interval
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table

Made = Mapping[str, Mapping[str, Any]]


class Measured(Config):
    """A figure of a step."""

    step: str
    """Name of the step that measures it."""
    metric: str
    """Its key in that step's manifest; `.low`, `.high` and `.n` stand beside it."""


class Asked(Config):
    """A task and who is asked."""

    title: str
    """How it is called in tables."""
    group: str
    """Tasks of a group share a table and a picture."""
    measure: str
    """What is counted."""
    scores: dict[str, Measured | str]
    """By method: where its score is, or why there is none."""


class Method(Config):
    """A column."""

    title: str
    """How it is called in tables."""
    taught: tuple[str, ...] = ()
    """Steps that make its model, and the data for it; their time is its cost."""
    served: Measured | None = None
    """The step that asked it over HTTP, and the name of its endpoint there: time and tokens of a request."""

    @property
    def steps(self) -> set[str]:
        return {*self.taught, *([self.served.step] if self.served else [])}


class Curve(Config):
    """A picture of scores along something."""

    title: str
    """Above it."""
    along: str
    """What the x axis is."""
    points: dict[str, dict[float, Measured]]
    """By line: x and the score there."""

    @property
    def steps(self) -> set[str]:
        return {point.step for line in self.points.values() for point in line.values()}


class Stack(Config):
    """A picture of where right answers came from, of steps that are quizzes."""

    title: str
    """Above it."""
    groups: dict[str, dict[str, Measured]]
    """By group and bar: a step, and the part of its metrics before `.accuracy`."""

    @property
    def steps(self) -> set[str]:
        return {bar.step for bars in self.groups.values() for bar in bars.values()}


class Comparison(Config):
    """What is compared."""

    methods: dict[str, Method] = Field(min_length=1)
    """By name, in the order of the columns."""
    tasks: dict[str, Asked] = Field(min_length=1)
    """By name, in the order of the rows."""
    curves: dict[str, Curve] = Field(default_factory=dict)
    """Pictures, by the name of their file."""
    stacks: dict[str, Stack] = Field(default_factory=dict)
    """Pictures of stacked bars, by the name of their file."""


def groups_of(config: Comparison) -> list[str]:
    """The groups in the order of their first tasks."""
    return list(dict.fromkeys(task.group for task in config.tasks.values()))


def picture_names(config: Comparison) -> list[str]:
    """Files of the pictures, groups first."""
    return [f"comparison-{name.replace(' ', '-')}.png" for name in (*groups_of(config), *config.curves, *config.stacks)]


def drawn(
    config: Comparison,
    tasks: Mapping[str, Task],
    costs: Mapping[str, Cost],
    made: Made,
) -> tuple[list[Table], list[Figure]]:
    """A table and a picture for each group, then costs, sources, and the curves."""
    from toolschool.evaluation.comparison import costs_table, group_plot, group_table, sources_table
    from toolschool.evaluation.report import Figure

    titles = {name: method.title for name, method in config.methods.items()}
    tables, figures = [], []
    for group in groups_of(config):
        mine = [tasks[name] for name, task in config.tasks.items() if task.group == group]
        title = group.capitalize()
        tables.append(group_table(title, mine, titles))
        figures.append(Figure(title, group_plot(title, mine, titles), f"Bars of the methods' scores, {group}"))
    figures += [curve_figure(curve, made) for curve in config.curves.values()]
    figures += [stack_figure(stack, made) for stack in config.stacks.values()]
    return [*tables, costs_table(costs), sources_table(list(tasks.values()), titles)], figures


def scored(task: Asked, made: Made) -> Task:
    """The task with all scores looked up."""
    from toolschool.evaluation.comparison import Score, Task

    def look(score: Measured | str) -> Score:
        if isinstance(score, str):
            return Score(why_none=score)
        return Score(measured(score, made), f"{score.step}: {score.metric}")

    return Task(task.title, task.measure, {name: look(score) for name, score in task.scores.items()})


def measured(score: Measured, made: Made) -> Interval:
    """The rate with its limits. DataError where the step's manifest has none."""
    from toolschool.evaluation.intervals import Interval

    metrics = made[score.step]["metrics"]
    try:
        found = [metrics[f"{score.metric}{part}"] for part in ("", ".low", ".high", ".n")]
    except KeyError as error:
        raise DataError(
            f"step {score.step} has not measured {error.args[0]}; its manifest.json lists what it has"
        ) from None
    value, low, high = (float("nan") if each is None else each for each in found[:3])
    return Interval(value, low, high, found[3])


def cost_of(method: Method, made: Made) -> Cost | None:
    """What the method's steps took; None where none of them was done."""
    from toolschool.evaluation.comparison import Cost

    done = [made[step] for step in method.taught if step in made]
    if not done:
        return None
    return Cost(
        trained=max(each["counts"].get("trained", 0) for each in done),
        seconds=sum(each["wall_s"] for each in done),
        request=request_of(method.served, made),
    )


def request_of(served: Measured | None, made: Made) -> Request | None:
    """Time and tokens of a request; None where the method was not asked over HTTP."""
    from toolschool.evaluation.comparison import Request

    if served is None or served.step not in made:
        return None
    metrics = made[served.step]["metrics"]
    p50, requests, read, written = (
        metrics[f"{served.metric}.{part}"] for part in ("seconds.p50", "requests", "prompt_tokens", "completion_tokens")
    )
    return Request(p50, read / requests, written / requests)


def curve_figure(curve: Curve, made: Made) -> Figure:
    from toolschool.evaluation.plots import curve_plot
    from toolschool.evaluation.report import Figure

    lines = {
        name: [(x, measured(score, made)) for x, score in sorted(points.items())]
        for name, points in curve.points.items()
    }
    return Figure(
        curve.title, curve_plot(lines, curve.along, curve.title), f"{curve.title}: scores along {curve.along}"
    )


def stack_figure(stack: Stack, made: Made) -> Figure:
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.toolken_plots import shares_of, stacked_plot

    def shares(bar: Measured) -> dict[str, float]:
        rates = (
            measured(Measured(step=bar.step, metric=f"{bar.metric}.{rate}"), made)
            for rate in ("accuracy", "accuracy_given_call")
        )
        return shares_of(*rates)

    groups = {group: {name: shares(bar) for name, bar in bars.items()} for group, bars in stack.groups.items()}
    return Figure(stack.title, stacked_plot(groups, stack.title), f"Stacked bars: {stack.title}")
