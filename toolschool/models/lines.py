"""Files of JSON lines that are written while a job runs: a kill tears at most the last line, which does not count.

    append_lines(path, [{"a": 1}])
    for number, row in read_lines(path): ...          # from 1; None for a whole line that is no JSON object

Local or mounted folders only: lines are appended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import object_in


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Numbers and objects; nothing where there is no file."""
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for number, line in enumerate(content.split("\n")[:-1], start=1):
        yield number, object_in(line)


def append_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Behind what is there, without what a kill left of a last line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        _drop_torn_end(file)
        file.write("".join(json.dumps(row) + "\n" for row in rows).encode())


def _drop_torn_end(file: Any) -> None:
    end = file.seek(0, 2)
    if not end:
        return
    file.seek(end - 1)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
