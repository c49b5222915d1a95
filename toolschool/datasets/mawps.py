"""MAWPS: word problems collected from several sets, each with one number as answer.

    question(row), answer(row)

Reads every `*.json` of its folder, a list of rows in one of two forms: `{sQuestion, lSolutions, lEquations}` as published, or
`{Question, Answer, Numbers}`, whose text may hold `number0`, `number1` in place of its numbers. Source: Koncel-Kedziorski et al.
(2016). Limit: a problem with several solutions has no answer here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.errors import DataError, RowError

_PLACE = re.compile(r"\bnumber(\d+)\b")


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of all files, in the order of their names; an entry that is no object becomes `{"raw": entry}`."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise DataError(f"{folder} holds no *.json; put the files of MAWPS there")
    for file in files:
        rows = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(rows, list):
            raise DataError(f"{file} is no list of rows")
        yield from (row if isinstance(row, dict) else {"raw": row} for row in rows)


def question(row: Mapping[str, Any]) -> str:
    """The problem with its numbers filled in; RowError when it or one of them is missing."""
    asked = row.get("sQuestion", row.get("Question"))
    if not isinstance(asked, str) or not asked.strip():
        raise RowError("a MAWPS row wants a text `sQuestion` or `Question`")
    numbers = _numbers(row.get("Numbers"))
    try:
        return " ".join(_PLACE.sub(lambda place: numbers[int(place[1])], asked).split())
    except IndexError:
        raise RowError(f"a MAWPS row wants as many `Numbers` as its text has places, not {len(numbers)}") from None


def answer(row: Mapping[str, Any]) -> str:
    """The number without a trailing `.0`; RowError unless there is exactly one."""
    solutions = row.get("lSolutions", [row.get("Answer")])
    if not isinstance(solutions, list) or len(solutions) != 1:
        raise RowError("a MAWPS row wants one solution")
    return _number(solutions[0])


def _numbers(value: Any) -> list[str]:
    return [_number(part) for part in (value.split() if isinstance(value, str) else value or [])]


def _number(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise RowError(f"{value!r} in a MAWPS row is no number")
    return f"{number:.12g}"
