"""FuncQA: questions that want one or several of 13 operations; training texts with the result of a call marked.

    for row in raw_rows(folder): marked(row)                 # rows of train.json
    question(row), answer(row), corrected_answer(row), calls(row)    # rows of funcqa_oh.json (one call) and funcqa_mh.json (several)

A row has `file`, `index` and, where `errata.json` (of the folder, optional) says something of it, `errata` and `correct`.
Limits: four training rows hold left-over markup and one a corrupted number, these are refused. Six divisions and a sum (95, 96, 97, 103, 130, 133,
586) state results that are wrong beyond rounding, two calls cannot be run as written, and two gold calls have wrong arguments: whoever needs
right ones runs the calls. Results are rounded to two decimals, so 46 right ones are more than 0.1 % off. Source: Ber666/ToolkenGPT.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.datasets.gold_calls import Call, parse_call
from toolschool.datasets.json_rows import json_rows
from toolschool.datasets.marked import MarkedText, about
from toolschool.datasets.marking import marked_row
from toolschool.datasets.written_numbers import number_text
from toolschool.errors import RowError

TRAIN, ONE_HOP, MULTI_HOP = FILES = ("train", "funcqa_oh", "funcqa_mh")
TRAINING = 611  # rows of the training file; the last 39 are the published development set


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of the three files; an entry that is no object becomes `{"raw": text}`."""
    notes = _errata(folder)
    for file in FILES:
        for row in json_rows(folder / f"{file}.json", file):
            yield {**row, **notes.get((file, row.get("index", -1)), {})}


def marked(row: Mapping[str, Any]) -> MarkedText:
    """A training row's text with the results of its calls; RowError for a row that has none or is malformed."""
    with about(_key(row)):
        return marked_row(row, _key(row))


def question(row: Mapping[str, Any]) -> str:
    """What a model is asked; RowError when the row asks nothing."""
    if not isinstance(row.get("question"), str):
        raise RowError(f"{_key(row)}: wants a text `question`")
    return row["question"].strip()


def answer(row: Mapping[str, Any]) -> str:
    """The published answer as a plain number."""
    return number_text(row.get("answer"))


def corrected_answer(row: Mapping[str, Any]) -> str:
    """The right answer where the published one is known to be wrong, else the published one."""
    return number_text(row["correct"]) if row.get("correct") is not None else answer(row)


def calls(row: Mapping[str, Any]) -> list[Call]:
    """The published gold calls in order, with the results stated there."""
    written = [row["func"]] if "func" in row else row.get("calculation")
    if not isinstance(written, list) or not written:
        raise RowError(f"{_key(row)}: wants a call `func` or a list of calls `calculation`")
    return [parse_call(call) for call in written]


def _key(row: Mapping[str, Any]) -> str:
    return f"funcqa/{row.get('file', '?')}/{row.get('index', '?')}"


def _errata(folder: Path) -> dict[tuple[str, int], dict[str, str]]:
    """What is known of rows, by file and place: `errata`, a note, and `correct`, the right answer. ValueError: no such table."""
    path = folder / "errata.json"
    if not path.is_file():
        return {}
    found: dict[tuple[str, int], dict[str, str]] = {}
    table = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(table, dict):
        raise ValueError("errata.json is no table")
    for file in FILES:
        for entry in table.get(file, ()):
            for index in entry.get("indices", [entry.get("index")]):
                if isinstance(index, int):  # one note names a text to search for instead
                    found[file, index] = _note(entry)
    return found


def _note(entry: Mapping[str, Any]) -> dict[str, str]:
    correct = {"correct": str(entry["correct"])} if "correct" in entry else {}
    return {"errata": str(entry.get("note", "")), **correct}
