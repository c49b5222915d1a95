"""metrics.json: the numbers of a run under flat dotted keys, readable by sweeps and by CI.

    write_metrics(run / "metrics.json", {**toolrag_metrics(retrieval), **planner_metrics(plans)})

Rates are 0..1. Next to `planner.dag_strict` stand `planner.dag_strict.low`, `.high` (95 %) and `.n`; a value that does
not exist (no rows) is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from toolschool.evaluation.intervals import Interval
from toolschool.evaluation.planner import PlannerScores
from toolschool.evaluation.toolrag import ToolRagScores
from toolschool.records import JsonValue

PLANNER_RATES = (
    "success_published",
    "dag_strict",
    "args_strict",
    "state",
    "parse_failures",
    "truncated",
    "empty",
    "published_errors",
)


def toolrag_metrics(scores: ToolRagScores) -> dict[str, JsonValue]:
    """Keys `toolrag.*`, with the recall of every tool under `toolrag.recall.<tool>`."""
    metrics: dict[str, JsonValue] = {
        **_interval("toolrag.set_coverage", scores.set_coverage),
        **_interval("toolrag.mean_recall", scores.mean_recall),
        **_interval("toolrag.mean_tools", scores.mean_tools),
        "toolrag.precision": scores.precision,
        "toolrag.empty": scores.empty,
        "toolrag.queries": scores.queries,
    }
    return metrics | {f"toolrag.recall.{tool}": value for tool, value in scores.per_tool.items()}


def planner_metrics(scores: PlannerScores) -> dict[str, JsonValue]:
    """Keys `planner.*`; `planner.state` is null when plans were not run."""
    metrics: dict[str, JsonValue] = {"planner.rows": scores.rows}
    for name in PLANNER_RATES:
        interval = getattr(scores, name)
        metrics |= {f"planner.{name}": None} if interval is None else _interval(f"planner.{name}", interval)
    return metrics


def write_metrics(path: str | Path, metrics: Mapping[str, JsonValue]) -> None:
    """Write metrics.json, keys sorted, strict JSON: nan and infinity become null."""
    finite = {key: _finite(value) for key, value in metrics.items()}
    text = json.dumps(finite, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _interval(key: str, interval: Interval) -> dict[str, JsonValue]:
    limits = {f"{key}.low": interval.low, f"{key}.high": interval.high, f"{key}.n": interval.n}
    return {key: interval.value, **limits}


def _finite(value: JsonValue) -> JsonValue:
    return None if isinstance(value, float) and not math.isfinite(value) else value
