"""What endpoints achieved, one beside the other: rates with intervals, calls, tokens, time and money.

    scores = {name: score(judged, prices) for name, (judged, prices) in all.items()}
    tables = [rights_table(systems), calls_table(systems), costs_table(systems), *beside_tables(systems)]

Rates are of the tasks that were answered, and a request that an endpoint does not take is answered wrongly. Intervals are Wilson's, of tasks;
those of precision and recall take calls as independent, so that they are somewhat narrow. Latency is that of a request: the try that brought
the answer, without waiting for its turn. Tokens are the endpoint's own count: tokenizers differ, so compare money, not tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolschool.evaluation import plots
from toolschool.evaluation.endpoints.tasks import Outcome, Task, Verdict
from toolschool.evaluation.intervals import Interval, paired_difference, paired_test, rate, wilson
from toolschool.evaluation.tables import Table, percent
from toolschool.models.limits import Prices


@dataclass(frozen=True)
class Judged:
    """A task, what came of it, and what is said of that."""

    task: Task
    outcome: Outcome
    verdict: Verdict

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells tasks apart."""
        return self.task.source, self.task.group, self.task.id

    def to_row(self) -> dict[str, Any]:
        """For a file of runs."""
        answers = [turn.answer for turn in self.outcome.turns]
        return {
            "source": self.task.source,
            "group": self.task.group,
            "id": self.task.id,
            "asked": self.task.messages[-1]["content"],
            "right": self.verdict.right,
            "why": self.verdict.why,
            "calls": [[call.name, call.arguments] for call in self.outcome.calls],
            "text": self.outcome.text,
            "requests": len(answers),
            "completion_tokens": sum(answer.completion_tokens for answer in answers),
            "seconds": round(sum(answer.seconds for answer in answers), 3),
        }


@dataclass(frozen=True)
class System:
    """All that one endpoint did. `stopped` says why it was not asked everything."""

    name: str
    judged: Sequence[Judged]
    prices: Prices
    stopped: str = ""


@dataclass(frozen=True)
class Scores:
    """Of some of its tasks. Tokens and requests are sums, `seconds` the median and the 95th percentile of a request; nan without any."""

    right: Interval
    readable: Interval
    precision: Interval
    recall: Interval
    requests: int
    refused: int
    prompt_tokens: int
    completion_tokens: int
    seconds: tuple[float, float]
    cost: float


def score(judged: Sequence[Judged], prices: Prices) -> Scores:
    """Precision and recall are of tasks whose calls are judged."""
    answers = [turn.answer for each in judged for turn in each.outcome.turns]
    called = [each.verdict for each in judged if each.verdict.wanted is not None]
    matched = sum(verdict.matched for verdict in called)
    read, written = (sum(getattr(one, name) for one in answers) for name in ("prompt_tokens", "completion_tokens"))
    return Scores(
        right=rate([each.verdict.right for each in judged]),
        readable=rate([not each.outcome.problem for each in judged]),
        precision=wilson(matched, sum(verdict.made for verdict in called)),
        recall=wilson(matched, sum(verdict.wanted or 0 for verdict in called)),
        requests=len(answers),
        refused=sum(bool(each.outcome.refused) for each in judged),
        prompt_tokens=read,
        completion_tokens=written,
        seconds=_quantiles([one.seconds for one in answers]),
        cost=prices.of(read, written),
    )


def parts(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """By source, and by `source.group` where a source has several groups."""
    found: dict[str, list[Judged]] = {}
    for source in dict.fromkeys(each.task.source for each in judged):
        own = [each for each in judged if each.task.source == source]
        groups = list(dict.fromkeys(each.task.group for each in own))
        found[source] = own
        if len(groups) > 1:
            found |= {f"{source}.{group}": [each for each in own if each.task.group == group] for group in groups}
    return found


def scores_of(system: System, names: Sequence[str]) -> dict[str, Scores]:
    """Of each of the parts, also of those that it was not asked."""
    own = parts(system.judged)
    return {name: score(own.get(name, []), system.prices) for name in names}


def part_names(systems: Sequence[System]) -> list[str]:
    return list(parts([each for system in systems for each in system.judged]))


def rights_table(systems: Sequence[System]) -> Table:
    """A row per part, a column per endpoint."""

    def done(scores: Scores) -> str:
        return f"{percent(scores.right)} of {scores.right.n}" if scores.right.n else percent(None)

    return _by_part("Tasks done", systems, done, _RATES)


def calls_table(systems: Sequence[System]) -> Table:
    return _by_part(
        "Calls: precision / recall",
        systems,
        lambda scores: f"{percent(scores.precision)} / {percent(scores.recall)}",
        "Of the calls that were made and of those that were wanted, the share that is right, in percent; arguments too, but for metatool and the desk (names).",
    )


def costs_table(systems: Sequence[System]) -> Table:
    """What it took."""
    scores = [score(system.judged, system.prices) for system in systems]
    tasks = [max(1, one.right.n) for one in scores]
    rows = (
        ("tasks answered", *(str(one.right.n) for one in scores)),
        ("readable", *(percent(one.readable) for one in scores)),
        ("requests", *(str(one.requests) for one in scores)),
        ("requests refused", *(str(one.refused) for one in scores)),
        ("tokens read per task", *(f"{one.prompt_tokens / n:.0f}" for one, n in zip(scores, tasks, strict=True))),
        (
            "tokens written per task",
            *(f"{one.completion_tokens / n:.0f}" for one, n in zip(scores, tasks, strict=True)),
        ),
        ("seconds, p50", *(f"{one.seconds[0]:.2f}" for one in scores)),
        ("seconds, p95", *(f"{one.seconds[1]:.2f}" for one in scores)),
        ("cost", *(f"{one.cost:.4f}" for one in scores)),
        ("cost of 1000 tasks", *(f"{1000 * one.cost / n:.2f}" for one, n in zip(scores, tasks, strict=True))),
    )
    note = "Seconds are of one request. Cost by the prices in the configuration; without any it is 0."
    return Table("What it took", ("", *(system.name for system in systems)), rows, note)


def beside_tables(systems: Sequence[System]) -> list[Table]:
    """How far each other endpoint is ahead of the first, on the tasks that both answered; none where there are no such tasks."""
    return [table for other in systems[1:] if (table := _beside(systems[0], other)).rows]


def rates_figure(systems: Sequence[System]) -> bytes:
    """Bars of tasks done, a group per source."""
    names = [name for name in part_names(systems) if "." not in name]
    rates = {system.name: {name: one.right for name, one in scores_of(system, names).items()} for system in systems}
    return plots.rates_plot(rates, {name: name for name in names}, "Tasks done", "tasks (%)")


_RATES = "Percent of the tasks that were answered, with 95 % Wilson intervals; a dash where none were."


def _by_part(title: str, systems: Sequence[System], cell: Callable[[Scores], str], note: str) -> Table:
    names = part_names(systems)
    columns: list[Mapping[str, Scores]] = [scores_of(system, names) for system in systems]
    rows = tuple((name, *(cell(column[name]) for column in columns)) for name in names)
    return Table(title, ("tasks", *(system.name for system in systems)), rows, note)


def _beside(first: System, other: System) -> Table:
    """Paired task by task. A row for each source with tasks that both answered."""
    ours = {each.key: each for each in first.judged}
    rows = []
    for name, judged in parts(other.judged).items():
        pairs = [(each.verdict.right, ours[each.key].verdict.right) for each in judged if each.key in ours]
        if not pairs or "." in name:
            continue
        theirs, own = zip(*pairs, strict=True)
        found, test = paired_difference(theirs, own), paired_test(theirs, own)
        value = f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
        rows.append(
            (name, value, f"{test.only_first:.0f} / {test.only_second:.0f}", f"{test.p_value:.3f}", str(found.n))
        )
    note = "Points of tasks done, 95 % intervals of a bootstrap over tasks; done by only one of the two; McNemar's exact test."
    header = ("tasks", "difference", "only one", "p", "both answered")
    return Table(f"{other.name} less {first.name}", header, tuple(rows), note)


def _quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    import numpy as np

    if not seconds:
        return float("nan"), float("nan")
    low, high = np.quantile(seconds, [0.5, 0.95])
    return float(low), float(high)
