"""Rows of the `operations` source: a question, an answer as FuncQA's training texts put it, and the call that gives the result.

    for row in generate(seed=0, count=650, split="train"): text(row), marked(row), call_text(row)

A row is `{id, split, family, question, statement, tool, arguments, result}`; its text is `Q: question`, `A: statement`, the result, and `So, the
answer is` the result again. Of five rows four call, the 13 tools in turn; the fifth, family `none`, needs no operation: tool "", no arguments.
A call belongs to one split by its hash, whatever the order of its arguments; so do names, things and a part of the phrasings
(`words.py`). Limits: one operation a question, English only; settings are everyday ones, but their numbers often are not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.marked import MarkedText, Span, check_marked
from toolschool.datasets.operations.compose import TOOLS, called, uncalled
from toolschool.datasets.splits import guard
from toolschool.errors import RowError

NONE = "none"
_CLOCK = datetime(2025, 1, 1)  # a Draw wants one; no story says when it happens

Row = Mapping[str, Any]


def generate(seed: int, count: int, split: str) -> Iterator[dict[str, Any]]:
    """`count` rows of a split, the families in turn; row `i` depends on (seed, split, i) only."""
    guard("operations", split, "test")  # no call belongs to an unknown split: it would be drawn for ever
    for index in range(count):
        draw = Draw(random.Random(f"operations/{split}/{seed}/{index}"), split, _CLOCK)
        family = family_of(index)
        made = uncalled(draw) if family == NONE else called(draw, family)
        yield {
            "id": f"operations-{split}-{seed}-{index}",
            "split": split,
            "family": family,
            "question": made.question,
            "statement": made.statement,
            "tool": made.tool,
            "arguments": list(made.arguments),
            "result": made.result,
        }


def family_of(index: int) -> str:
    """The family of the row at a place: every fifth is `none`, the others are the tools in turn."""
    return NONE if index % 5 == 4 else TOOLS[(index - index // 5) % len(TOOLS)]


def text(row: Row) -> str:
    """Question and answer as running text, without a call."""
    return f"{_before_result(row)}{row['result']}. So, the answer is {row['result']}."


def marked(row: Row) -> MarkedText:
    """The text with the result marked where the statement ends; nothing is marked in a row without a call."""
    start = len(_before_result(row))
    span = Span(row["tool"], start, start + len(row["result"]), tuple(row["arguments"]))
    return check_marked(MarkedText(text(row), (span,) if row["tool"] else (), key=row["id"]))


def question(row: Row) -> str:
    """What is asked."""
    return str(row["question"])


def answer(row: Row) -> str:
    """The right answer: the result of the call, or what the question says."""
    return str(row["result"])


def call_text(row: Row) -> tuple[str, str]:
    """What a model reads in tool mode, without demonstrations, and what it writes up to the closing bracket. RowError: no call."""
    if not row["tool"]:
        raise RowError(f"{row['id']} has no call; leave out rows of the family {NONE}")
    return f"{_before_result(row)}<{row['tool']}>(", ", ".join(row["arguments"])


def _before_result(row: Row) -> str:
    return f"Q: {question(row)}\nA: {row['statement']}"
