"""FuncQA's and GSM8K-XL's answers under every rule they were published by, next to the strict ones.

    scores = published_scores([("funcqa_oh", " So, the answer is 2331.", "2331", "2331"), ...])      # task, text, published gold, corrected gold
    show(published_table({"with tools": scores, "disabled": other}))

Upstream's rules (`toolken_published.py`) against the published gold say what a published number means: FuncQA of small models is "exact", their
GSM8K-XL "EM", ToolkenGPT's own "0.1 %". The strict rule (`numbers.py`) is this project's, against the corrected gold. Never compare across columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from toolschool.evaluation.intervals import Interval, rate
from toolschool.evaluation.numbers import answer_of, within, within_or_equal
from toolschool.evaluation.tables import Table, percent
from toolschool.evaluation.toolken_published import approx, exact, exact_match, parse_answer, rounded

Marker = Literal["answer is", "####"]
MARKERS: Mapping[str, Marker] = {"funcqa_oh": "answer is", "funcqa_mh": "####", "gsm8k_xl": "####"}


class WorkedAnswer(NamedTuple):
    """What was written to a question, with the gold number as published and as corrected."""

    task: str
    text: str
    published: str
    corrected: str


def _upstream(rule: Callable[..., bool]) -> Callable[[WorkedAnswer], bool]:
    return lambda answer: rule(parse_answer(answer.text, MARKERS[answer.task]), answer.published)


RULES: Mapping[str, Callable[[WorkedAnswer], bool]] = {
    "exact": _upstream(exact),
    "0.1 %": _upstream(approx),
    "two decimals": _upstream(rounded),
    "EM": _upstream(exact_match),
    "strict 0.1 %, published gold": lambda answer: within(answer_of(answer.text), answer.published),
    "strict, corrected gold": lambda answer: within_or_equal(answer_of(answer.text), answer.corrected),
}


def published_scores(answers: Sequence[WorkedAnswer]) -> dict[str, dict[str, Interval]]:
    """By task and rule the share that is right."""
    tasks = dict.fromkeys(answer.task for answer in answers)
    return {
        task: {
            name: rate([holds(answer) for answer in answers if answer.task == task]) for name, holds in RULES.items()
        }
        for task in tasks
    }


def published_table(scores: Mapping[str, Mapping[str, Mapping[str, Interval]]]) -> Table:
    """A row per task and system (`scores` by system, task and rule), a column per rule."""
    rows = tuple(
        (f"{task}, {system}", *(percent(found[name]) for name in RULES))
        for system, tasks in scores.items()
        for task, found in tasks.items()
    )
    note = "Upstream's rules on the published gold, then ours: sign-safe, first completed answer. Never compare across columns."
    return Table("As published, and strictly", ("task", *RULES), tuple(sorted(rows)), note)
