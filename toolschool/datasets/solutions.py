"""Questions with worked answers, whose calculator calls stand inline: what Toolformer's fine-tuning styles are made from.

    question, worked = solution("svamp", row)      # "... How many are left?", " The answer is [Calculator(76 - 25)->51] 51."

Question and answer together are the running text of the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from toolschool.datasets import gsm8k, operations, svamp
from toolschool.datasets.splits import hash_percent
from toolschool.errors import DataError

Row = Mapping[str, Any]


class Solution(NamedTuple):
    """A question, and the answer that follows it right away, with calls."""

    question: str
    worked: str


def solution(source: str, row: Row) -> Solution:
    """A raw row as question and worked answer. RowError for a malformed row, DataError for a source without worked answers."""
    if source not in SOLUTIONS:
        raise DataError(f"{source} has no worked answers; use {', '.join(SOLUTIONS)}")
    return SOLUTIONS[source](row)


def _gsm8k(row: Row) -> Solution:
    text = gsm8k.text(row, calls=True)
    return Solution(row["question"], text.removeprefix(row["question"]))


def _svamp(row: Row) -> Solution:
    question = svamp.question(row)
    return Solution(question, svamp.text(row, calls=True).removeprefix(question))


def _operations(row: Row) -> Solution:
    """Every other row shows an answer, every other how a tool's arguments are written: what a model too small to learn this from a prompt
    has to know before a tool head is put on it."""
    if row["tool"] and hash_percent(row["question"]) < 50:
        head, arguments = operations.call_text(row)
        return Solution(head, f"{arguments})")
    prompt = f"Q: {row['question']}\nA:"
    return Solution(prompt, operations.text(row).removeprefix(prompt))


SOLUTIONS: Mapping[str, Callable[[Row], Solution]] = {
    "sums": lambda row: Solution(row["question"], row["call"]),
    "arithmetic": lambda row: Solution(row["question"], f" {row['call']}"),
    "gsm8k": _gsm8k,
    "svamp": _svamp,
    "operations": _operations,
}
