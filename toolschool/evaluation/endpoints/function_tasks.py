"""BFCL's rows as tasks: one answer, judged by the published rules; a category is a group.

Stricter than published where nothing was to be called: silence and a call that cannot be read are no abstention there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolschool.datasets import bfcl as rows
from toolschool.evaluation import bfcl
from toolschool.evaluation.endpoints.tasks import Outcome, Task, Verdict


def bfcl_task(row: Mapping[str, Any]) -> Task:
    """Raises RowError for a malformed row."""
    rows.check_row(row)
    return Task(
        "bfcl",
        row["category"],
        str(row["id"]),
        rows.messages(row),
        [rows.as_tool(function) for function in row["function"]],
        lambda outcome: judge(row, outcome),
    )


def judge(row: Mapping[str, Any], outcome: Outcome) -> Verdict:
    """By BFCL's rules; what cannot be read is wrong in every category."""
    answers = row.get("ground_truth") or []
    calls = [(call.name, call.arguments) for call in outcome.calls if call.arguments is not None]
    why = outcome.problem or bfcl.wrong(row["category"], row["function"], calls, answers)
    if row["category"].endswith("_relevance"):  # any call will do
        return Verdict(not why, why)
    return Verdict(not why, why, len(answers), len(outcome.calls), bfcl.matched(row["function"], calls, answers))
