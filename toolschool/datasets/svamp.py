"""SVAMP: short word problems with one number as answer.

Raw rows are `{ID, Body, Question, Equation, Answer, Type}`. `text` renders problem, equation and answer; `question` is what a
model is asked in a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.errors import DataError, RowError


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    rows = json.loads((folder / "SVAMP.json").read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise DataError(f"{folder}/SVAMP.json is no list of rows")
    yield from rows


def question(row: Mapping[str, Any]) -> str:
    """Body and question as one text; RowError when one is missing."""
    body, asked = row.get("Body"), row.get("Question")
    if not isinstance(body, str) or not isinstance(asked, str):
        raise RowError("a SVAMP row wants a text `Body` and a text `Question`")
    body = body.strip()
    return f"{body}{'' if body.endswith(('.', ',', '?')) else ','} {asked.strip()}"


def answer(row: Mapping[str, Any]) -> str:
    """The number without a trailing `.0`."""
    value = row.get("Answer")
    if not isinstance(value, int | float):
        raise RowError("a SVAMP row wants a number as `Answer`")
    return f"{value:g}" if abs(value) < 1e6 else str(value)


def text(row: Mapping[str, Any], calls: bool = False) -> str:
    """Problem and answer; with `calls` the equation as `[Calculator((76 - 25))->51] ` before it."""
    value = answer(row)
    equation = " ".join(str(row.get("Equation", "")).replace(".0", "").split()).strip("() ")
    call = f"[Calculator({equation})->{value}] " if calls and equation else ""
    return f"{question(row)} The answer is {call}{value}."
