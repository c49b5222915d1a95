"""GSM8K: grade-school word problems whose solutions carry calculator calls, `<<48/2=24>>`.

Raw rows are `{question, answer, file}`; `file` says which of the source's two files they come from, because the test file
stays test. Limits: an annotation without `=` is dropped from the text, as the source's own evaluation does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import object_in
from toolschool.errors import RowError

ANNOTATION = re.compile(r"<<([^<>=]*)=([^<>]*)>>")
_LEFT_OVER = re.compile(r"<<[^<>]*>>")
_FINAL = re.compile(r"####\s*(-?[\d.,]+)")


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of `train.jsonl` and `test.jsonl`; a line that is no JSON object becomes `{"raw": line}`."""
    for name in ("train", "test"):
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = object_in(line)
                yield {"raw": line.rstrip("\n")} if row is None else {**row, "file": name}


def answer(row: Mapping[str, Any]) -> str:
    """The final number, without thousands separators; RowError when the solution has no `####` line."""
    found = _FINAL.search(str(row.get("answer", "")))
    if not found:
        raise RowError("a GSM8K solution wants a last line '#### number'")
    return found[1].replace(",", "").rstrip(".")


def text(row: Mapping[str, Any], calls: bool = False) -> str:
    """Question and solution as running text; with `calls`, annotations become `[Calculator(48/2)->24] `."""
    if not isinstance(row.get("question"), str) or not isinstance(row.get("answer"), str):
        raise RowError("a GSM8K row wants a text `question` and a text `answer`")
    final = answer(row)
    solution = _FINAL.sub("", row["answer"]).strip()
    shown = ANNOTATION.sub(r"[Calculator(\1)->\2] " if calls else "", solution)
    return f"{row['question']}\n{_LEFT_OVER.sub('', shown)}\nThe answer is {final}."
