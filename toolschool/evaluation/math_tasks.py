"""Questions with a short answer, of any source, in one form: what a model is given, what it should say, and when it is right.

    for task in math_questions("svamp", split="test", limit=200, seed=0): task.prompt, task.answer
    is_right("svamp", " The answer is 12.", "12")

Source of prompts and rules: Toolformer (arXiv 2302.04761, section 4.2): the question and " The answer is", and the first number; for DATESET
the answer within the first twenty words. Sums bring their own "Answer:". FuncQA (corrected gold), GSM8K-XL and operations: the first completed answer
sentence, within 0.1 % or equal at the gold's decimals. The rows come through `registry.load`, whose guards hold.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from toolschool.datasets import asdiv, funcqa, gsm8k, gsm8k_xl, mawps, operations, svamp
from toolschool.datasets.registry import OnBad, load, source_named
from toolschool.errors import DataError, RowError
from toolschool.evaluation.math_answers import first_words_contain, number_is_right
from toolschool.evaluation.numbers import answer_of, within_or_equal

Read = Callable[[Mapping[str, Any]], str]


class MathTask(NamedTuple):
    """`name` is what accuracy is reported by: the source, of sums the family. `date` (ISO) is today, where the question has its own; `published` the
    published gold number, where scores were published by rules of their own."""

    name: str
    prompt: str
    answer: str
    date: str | None = None
    published: str | None = None


def _field(name: str) -> Read:
    return lambda row: row[name]


# Question and answer of each task. Tasks of a tool head put the bare question; the head's own prompt goes round it.
READERS: Mapping[str, tuple[Read, Read]] = {
    "sums": (_field("question"), _field("answer")),
    "gsm8k": (_field("question"), gsm8k.answer),
    "svamp": (svamp.question, svamp.answer),
    "mawps": (mawps.question, mawps.answer),
    "asdiv": (asdiv.question, asdiv.answer),
    "dateset": (_field("question"), _field("answer")),
    "operations": (operations.question, operations.answer),
    "funcqa_oh": (funcqa.question, funcqa.corrected_answer),
    "funcqa_mh": (funcqa.question, funcqa.corrected_answer),
    "gsm8k_xl": (gsm8k_xl.question, gsm8k_xl.answer),
}
WORKED = ("operations", "funcqa_oh", "funcqa_mh", "gsm8k_xl")  # whose answers end in "the answer is X." or "#### X"
PUBLISHED: Mapping[str, Read] = {"funcqa_oh": funcqa.answer, "funcqa_mh": funcqa.answer, "gsm8k_xl": gsm8k_xl.answer}
FILES = {"funcqa_oh": "funcqa", "funcqa_mh": "funcqa"}  # tasks that are a file of a source
FIRST_WORDS = 20  # of an answer about dates


def math_questions(source: str, split: str, limit: int, seed: int, on_bad: OnBad | None = None) -> list[MathTask]:
    """`limit` questions of a split, at most; `seed` picks which.

    A row without question or without one number as answer goes to `on_bad(raw, reason)`; without it RowError is raised.
    """
    if source not in READERS:
        raise DataError(f"{source} has no questions with a short answer; use {', '.join(READERS)}")
    name = FILES.get(source, source)
    generated = source_named(name).generate is not None
    rows = list(load(name, split=split, limit=limit if generated else None, seed=seed, purpose="test", on_bad=on_bad))
    if source in FILES:
        rows = [row for row in rows if row["file"] == source]
    if not generated:  # files are ordered by origin and difficulty: their first rows are no fair sample
        random.Random(seed).shuffle(rows)
    return _tasks(source, rows, limit, on_bad)


def math_task(source: str, row: Mapping[str, Any]) -> MathTask:
    """One row as a task. Raises RowError."""
    question, answer = READERS[source]
    if source == "dateset":
        return MathTask(source, f"Answer the following question: {question(row)}", answer(row), row["now"])
    if source == "sums":
        return MathTask(row["family"], question(row), answer(row))
    if source in WORKED:
        published = PUBLISHED[source](row) if source in PUBLISHED else None
        return MathTask(source, question(row), answer(row), published=published)
    return MathTask(source, f"{question(row)} The answer is", answer(row))


def is_right(name: str, prediction: str, gold: str) -> bool:
    """Whether newly written text answers a question of the task `name`."""
    if name == "dateset":
        return first_words_contain(prediction, gold, FIRST_WORDS)
    if name in WORKED:
        return within_or_equal(answer_of(prediction), gold)
    return number_is_right(prediction, gold)


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
