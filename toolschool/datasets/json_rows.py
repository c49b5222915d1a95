"""Rows of JSON files as they are published: a list, or an object per line, whatever the file's name says.

    for row in json_rows(folder / "test.json", file="test"): row["file"], row["index"]
    object_in('{"a": 1}'), object_in("no object")          # {"a": 1}, None

Limit: `json_rows` reads whole files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def object_in(line: str) -> Row | None:
    """The JSON object that a line holds; None when it holds anything else."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return None
    return row if isinstance(row, dict) else None


def json_rows(path: Path, file: str) -> Iterator[Row]:
    """Rows with `file` and `index`, their place in it; what is no object becomes `{"raw": text}`. ValueError: no JSON list."""
    text = path.read_text(encoding="utf-8")
    entries = _listed(text, path) if text.lstrip().startswith("[") else _by_line(text)
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield {**entry, "file": file, "index": index}
        else:
            yield {"raw": entry if isinstance(entry, str) else json.dumps(entry)}


def _listed(text: str, path: Path) -> list[Any]:
    try:
        return list(json.loads(text))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is no JSON list: {error}") from None


def _by_line(text: str) -> Iterator[Any]:
    for line in filter(str.strip, text.split("\n")):  # splitlines would cut at separators inside a string
        row = object_in(line)
        yield line if row is None else row
