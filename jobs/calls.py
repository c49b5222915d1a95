"""`jobs.evaluate` with `data.source=ste`: a file of written calls is scored by the published rules and by strict ones; no model, no Ray.

    python -m jobs.evaluate --config recipes/ste/score.yaml data.path=FILE output.name=NAME

FILE is `{API: [{query, action, action_input, model_output}, ...]}`, as published (`jobs.predict` writes such files); its keys are the allowed
names. `args_correct` of an item is read as a cached judgement. Writes below `<storage>/<name>/`: metrics.json, report.html, items.jsonl (every
item with its marks), quarantine/ with malformed items and why, manifest.json. The input is only read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from jobs.results import flat, write_results
from pipelines import files, manifest
from pipelines.collect import write_quarantine
from toolschool.config import Config, OutputConfig
from toolschool.errors import ConfigError, DataError

if TYPE_CHECKING:
    from toolschool.datasets.ste import ToolItem
    from toolschool.evaluation.ste_report import Scored

SOURCE = "ste"


class CallsData(Config):
    """Which calls."""

    source: Literal["ste"] = "ste"
    """What `jobs.evaluate` is told by: a file of written calls."""
    path: str
    """The prediction file."""
    batches: str | None = None
    """JSON lists of API names to report apart; default: STE's four batches, where `$TOOLSCHOOL_DATA/ste` has them."""


class CallsConfig(Config):
    """One evaluation of a file of written calls. Nothing runs a model here, so there are no keys about one."""

    data: CallsData
    output: OutputConfig


def main(prog: str, argv: Sequence[str] | None) -> int:
    return run_job(prog, __doc__ or "", CallsConfig, argv, check, work)


def check(config: CallsConfig) -> None:
    check_common(ClusterConfig(), config.output)
    if not Path(config.data.path).is_file():
        raise ConfigError(f"{config.data.path} is no file; set data.path to a prediction file, {{API: [item, ...]}}")
    batches(config.data)


def batches(data: CallsData) -> list[list[str]]:
    """Lists of names; none where nobody says any. DataError for a file that holds something else."""
    from toolschool.datasets.ste import BATCHES_FILE, read_batches

    root = os.environ.get("TOOLSCHOOL_DATA")
    published = Path(root, SOURCE, BATCHES_FILE) if root else None
    if data.batches:
        return read_batches(data.batches)
    return read_batches(published) if published and published.is_file() else []


class Refused:
    """Malformed items of a file, as rows of the quarantine; `on_bad` of its reader."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []

    def __call__(self, raw: Mapping[str, Any], reason: str) -> None:
        self.rows.append({"id": f"{raw['api']}/{raw.get('number', '')}", "reason": reason, "raw": json.dumps(raw)})

    def __str__(self) -> str:
        first = f" (first: {self.rows[0]['reason']})" if self.rows else ""
        return f"{len(self.rows)} are malformed{first}"


def score_file(config: CallsConfig) -> tuple[Scored, Refused]:
    """The scores, and the malformed items. DataError when nothing can be scored."""
    from toolschool.datasets.ste import every, read_items
    from toolschool.evaluation.ste_report import score

    refused = Refused()
    items = read_items(config.data.path, predicted=True, on_bad=refused)
    found = list(every(items))
    if not found:
        raise DataError(f"{config.data.path} has no item to score, {refused}")
    return score(found, list(items), batches(config.data)), refused


def evaluate(config: CallsConfig) -> tuple[Scored, dict[str, Any]]:
    """Score, and write all that the module promises; returns scores and metrics."""
    started = time.monotonic()
    run = run_folder(config.output)
    scored, refused = score_file(config)
    counts = {"rows.in": len(scored.items) + len(refused.rows), "rows.scored": len(scored.items)}
    counts["rows.quarantined"] = len(refused.rows)
    metrics = {**scored.metrics(), **counts, **strict_rates(scored)}
    write_quarantine(run, "items", refused.rows)
    write_items(run, scored)
    content = manifest.write(
        run,
        "evaluate",
        config=config.model_dump(mode="json"),
        inputs={config.data.path: files.sha256(config.data.path)},
        counts=counts,
        metrics=metrics,
        wall_s=time.monotonic() - started,
    )
    write_results(
        run,
        content,
        "Written calls",
        summary=summary(metrics),
        tables=scored.tables(),
        figures=scored.figures(),
    )
    return scored, metrics


def strict_rates(scored: Scored) -> dict[str, Any]:
    """`strict.rate.right_api` and `strict.rate.correct` of all items, with their intervals; none where a count is missing."""
    from toolschool.evaluation.intervals import wilson
    from toolschool.evaluation.ste_report import STRICT

    found = scored.rates(STRICT)
    counts = {"right_api": found.api_match_count, "correct": found.correct_count}
    given = {name: wilson(count, found.items) for name, count in counts.items() if count is not None}
    return {key: value for name, rate in given.items() for key, value in flat(f"strict.rate.{name}", rate).items()}


def summary(metrics: Mapping[str, Any]) -> str:
    """What was scored, refused and grounded, in words."""
    refused, grounded = metrics["rows.quarantined"], metrics["legacy.grounded"]
    malformed = f"{refused} malformed items in quarantine, each with its reason." if refused else "None was malformed."
    of_all = f"{grounded} of {metrics['legacy.well_formed_count']} names were none of the allowed ones and were grounded to the nearest."
    return f"{metrics['rows.scored']} items scored. {malformed} By the published rules {of_all}"


def write_items(run: str, scored: Scored) -> None:
    """items.jsonl: a line per item, with what each set of rules makes of it."""
    lines = []
    for place, item in enumerate(scored.items):
        marks = {rules: asdict(every[place]) for rules, every in scored.marks.items()}
        lines.append(json.dumps({**_shown(item), **marks}, ensure_ascii=False) + "\n")
    files.write_text(files.join(run, "items.jsonl"), "".join(lines))


def _shown(item: ToolItem) -> dict[str, Any]:
    return {"api": item.api, "query": item.query, "gold": item.raw["action_input"], "output": item.output}


def work(config: CallsConfig) -> None:
    from toolschool.evaluation.tables import show

    check_storage(config.output, nodes=1, shared=True)
    scored, metrics = evaluate(config)
    for table in scored.tables()[:-1]:  # that of single APIs is long; it is in the report
        show(table)
    run = run_folder(config.output)
    print(summary(metrics))
    print(f"metrics: {files.join(run, 'metrics.json')}\nreport:  {files.join(run, 'report.html')}")
