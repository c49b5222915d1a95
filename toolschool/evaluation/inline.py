"""How good are answers with inline calls, and what became of the calls? Rates with their 95 % Wilson intervals.

    scores = score_answers(agent.answer(prompts), gold, correct=number_is_right, markers=markers)
    show(inline_table({"enabled": scores, "disabled": other}))

`correct(text, gold)` sees what was newly written without its calls: a number in a call's brackets is not an answer. A missing answer is
wrong, never left out. An answer that is nothing but calls and spaces counts as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from toolschool.errors import DataError
from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval, rate
from toolschool.evaluation.tables import Table, percent
from toolschool.methods.toolformer.inference import Answer
from toolschool.methods.toolformer.markers import Markers

Gold = TypeVar("Gold")
COLUMNS: Mapping[str, str] = {
    "accuracy": "accuracy",
    "called": "call rate",
    "executed": "executed, of calls",
    "accuracy_given_call": "accuracy given an executed call",
    "empty": "empty",
    "cut_off": "cut off at the length limit",
}


@dataclass(frozen=True)
class InlineScores:
    """Rates over `items` answers; `executed` is over calls, `accuracy_given_call` over answers with a call that gave a result."""

    items: int
    accuracy: Interval
    called: Interval
    executed: Interval
    accuracy_given_call: Interval
    empty: Interval
    cut_off: Interval


def score_answers(
    answers: Sequence[Answer],
    golds: Sequence[Gold],
    *,
    correct: Callable[[str, Gold], bool],
    markers: Markers,
) -> InlineScores:
    """Score all answers against their golds. DataError when there are none, or not as many golds."""
    if not answers or len(answers) != len(golds):
        raise DataError(f"answers are scored one by one: got {len(answers)} and {len(golds)} golds")
    texts = [markers.without_calls(answer.text) for answer in answers]
    right = [correct(text, gold) for text, gold in zip(texts, golds, strict=True)]
    worked = [any(call.result is not None for call in answer.calls) for answer in answers]
    return InlineScores(
        items=len(answers),
        accuracy=rate(right),
        called=rate([bool(answer.calls) for answer in answers]),
        executed=rate([call.result is not None for answer in answers for call in answer.calls]),
        accuracy_given_call=rate([good for good, ran in zip(right, worked, strict=True) if ran]),
        empty=rate([not text.strip() for text in texts]),
        cut_off=rate([not answer.finished for answer in answers]),
    )


def inline_table(scores: Mapping[str, InlineScores], title: str = "Inline calls") -> Table:
    """One row per metric, one column per system, in percent with intervals."""
    rows = [
        (label, *(percent(getattr(score, column)) for score in scores.values())) for column, label in COLUMNS.items()
    ]
    rows.append(("items", *(str(score.items) for score in scores.values())))
    note = "Percent with 95 % Wilson intervals. Only newly written text is scored, without its calls."
    return Table(title, ("metric", *scores), tuple(rows), note)


def accuracy_plot(scores: Mapping[str, Mapping[str, InlineScores]], title: str = "Accuracy by task") -> bytes:
    """Bars with 95 % intervals: a group per task, a colour per system."""
    figure, axes = plots.new_figure(title, "", "answers (%)", width=9.0)
    systems = list(next(iter(scores.values())))
    width = 0.8 / len(systems)
    for k, system in enumerate(systems):
        found = [modes[system].accuracy for modes in scores.values()]
        x = [group + (k - (len(systems) - 1) / 2) * width for group in range(len(scores))]
        values = [100 * each.value for each in found]
        errors = [[100 * (e.value - e.low) for e in found], [100 * (e.high - e.value) for e in found]]
        errors = [[max(0.0, error) for error in side] for side in errors]
        axes.bar(x, values, 0.92 * width, yerr=errors, capsize=3, color=plots.colour_of(k), label=system)
    axes.set_xticks(range(len(scores)), list(scores))
    axes.set_ylim(0, 105)
    axes.legend(frameon=False)
    return plots.to_png(figure)
