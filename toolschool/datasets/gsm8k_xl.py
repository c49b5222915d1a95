"""GSM8K-XL: GSM8K's problems with large numbers to test with, and GSM8K's own solutions with their calls marked to train on.

    for row in raw_rows(folder): marked(row)          # rows of train_rebuilt.jsonl: add, subtract, multiply, divide
    question(row), answer(row), steps(row)            # rows of test.json, with the large numbers

The training rows were rebuilt from GSM8K's by one rule: every `<<e=r>>` whose e is a chain of one operator and whose next number is r is a
call. `question_of` gives back GSM8K's question, so that a row falls on the side of the row it was made from. Limit: 106 of the 1,755
test steps mix operators and are no single call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from toolschool.datasets.json_rows import json_rows
from toolschool.datasets.marked import MarkedText, about
from toolschool.datasets.marking import marked_row
from toolschool.datasets.written_numbers import number_text
from toolschool.errors import RowError

TRAIN, TEST = "train_rebuilt", "test"
THINKING = " Let's think step by step. "  # between GSM8K's question and its solution
_PLACEHOLDER = re.compile(r"\{v_(\d+)\}")


class Step(NamedTuple):
    """A step of a gold solution: an expression, `4096-27-64`, and its value."""

    expression: str
    value: Decimal


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of both files; a line that is no JSON object becomes `{"raw": line}`."""
    yield from json_rows(folder / f"{TRAIN}.jsonl", TRAIN)
    yield from json_rows(folder / f"{TEST}.json", TEST)


def marked(row: Mapping[str, Any]) -> MarkedText:
    """A training row's text with the results of its calls; RowError for a malformed row."""
    with about(_key(row)):
        return marked_row(row, _key(row))


def question_of(text: str) -> str:
    """GSM8K's question in a training row's text."""
    return text.partition(THINKING)[0]


def question(row: Mapping[str, Any]) -> str:
    """What a model is asked, with the large numbers in place; RowError when a placeholder has no value."""
    if not isinstance(row.get("question"), str):
        raise RowError(f"{_key(row)}: wants a text `question`")
    values = _values(row)

    def value(found: re.Match[str]) -> str:
        number = int(found[1])
        if not 1 <= number <= len(values):
            raise RowError(f"{_key(row)}: {found[0]} has no value in enhanced_v")
        return _shown(values[number - 1])

    return _PLACEHOLDER.sub(value, row["question"]).strip()


def answer(row: Mapping[str, Any]) -> str:
    """The result of the problem with large numbers."""
    return number_text(row.get("enhanced_result"))


def steps(row: Mapping[str, Any]) -> list[Step]:
    """The gold steps, in order; they are read, not calculated."""
    written = row.get("enhanced_process")
    if not isinstance(written, list):
        raise RowError(f"{_key(row)}: wants the list `enhanced_process`")
    return [_step(step, row) for step in written]


def _step(written: object, row: Mapping[str, Any]) -> Step:
    expression, equals, value = str(written).rpartition("=")
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not equals or not expression.strip() or not number.is_finite():
        raise RowError(f"{_key(row)}: cannot read the step {written!r}; wants 'expression = number'")
    return Step(expression.strip(), number)


def _values(row: Mapping[str, Any]) -> Sequence[object]:
    """The large numbers; one published row has words in their place (`{v_1} bill`), which stand in `v` only."""
    small, large = row.get("v"), row.get("enhanced_v")
    if not isinstance(small, list) or not isinstance(large, list):
        raise RowError(f"{_key(row)}: wants the lists `v` and `enhanced_v`")
    words = not large and all(isinstance(value, str) for value in small)
    return small if words else large


def _shown(value: object) -> str:
    """A value as a question shows it; fractions such as 27/64 are text already."""
    return value if isinstance(value, str) else number_text(value)


def _key(row: Mapping[str, Any]) -> str:
    return f"gsm8k_xl/{row.get('file', '?')}/{row.get('index', '?')}"
