"""Questions with one number as answer, of any source, in one form: what a model is given and what it should say.

    for task in math_questions("svamp", split="test", limit=200, seed=0): task.prompt, task.answer

Source of the prompts: Toolformer (arXiv 2302.04761, section 4.2): the question and " The answer is", nothing else; sums bring their own
"Answer:". The rows come through `registry.load`, whose guards hold.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from toolschool.datasets import asdiv, gsm8k, mawps, svamp
from toolschool.datasets.registry import OnBad, load, source_named
from toolschool.errors import DataError, RowError

Read = Callable[[Mapping[str, Any]], str]


class MathTask(NamedTuple):
    """`name` is what accuracy is reported by: the source, of sums the family."""

    name: str
    prompt: str
    answer: str


def _field(name: str) -> Read:
    return lambda row: row[name]


READERS: Mapping[str, tuple[Read, Read]] = {
    "sums": (_field("question"), _field("answer")),
    "gsm8k": (_field("question"), gsm8k.answer),
    "svamp": (svamp.question, svamp.answer),
    "mawps": (mawps.question, mawps.answer),
    "asdiv": (asdiv.question, asdiv.answer),
}


def math_questions(source: str, split: str, limit: int, seed: int, on_bad: OnBad | None = None) -> list[MathTask]:
    """`limit` questions of a split, at most; `seed` picks which.

    A row without question or without one number as answer goes to `on_bad(raw, reason)`; without it RowError is raised.
    """
    if source not in READERS:
        raise DataError(f"{source} has no questions with a number as answer; use {', '.join(READERS)}")
    generated = source_named(source).generate is not None
    rows = list(load(source, split=split, limit=limit if generated else None, seed=seed, purpose="test", on_bad=on_bad))
    if not generated:  # files are ordered by origin and difficulty: their first rows are no fair sample
        random.Random(seed).shuffle(rows)
    return _tasks(source, rows, limit, on_bad)


def math_task(source: str, row: Mapping[str, Any]) -> MathTask:
    """One row as a task. Raises RowError."""
    question, answer = READERS[source]
    prompt = question(row) if source == "sums" else f"{question(row)} The answer is"
    return MathTask(row["family"] if source == "sums" else source, prompt, answer(row))


def _tasks(source: str, rows: list[dict[str, Any]], limit: int, on_bad: OnBad | None) -> list[MathTask]:
    tasks: list[MathTask] = []
    for row in rows:
        if len(tasks) == limit:
            break
        try:
            tasks.append(math_task(source, row))
        except RowError as error:
            if on_bad is None:
                raise
            on_bad(row, str(error))
    return tasks
