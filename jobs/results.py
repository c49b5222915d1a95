"""What a job that measures leaves for people and programs: metrics.json and report.html, from its manifest and what it drew.

write_results(run, content, "Quiz", tables=tables, figures=[figure])      # content: what manifest.write returned
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import files

if TYPE_CHECKING:
    from toolschool.evaluation.intervals import Interval
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table

FACTS = ("job", "finished", "git", "wall_s", "config", "inputs", "versions")  # of the manifest, at the head of the page


def write_results(
    run: str,
    content: Mapping[str, Any],
    title: str,
    *,
    summary: str = "",
    tables: Sequence[Table],
    figures: Sequence[Figure],
) -> None:
    """Both files into the run's folder; the page's title goes on with the run's name."""
    from toolschool.evaluation.report import Report, manifest_facts, render

    report = Report(
        f"{title}: {Path(run).name}",
        summary=summary,
        facts=manifest_facts({key: content[key] for key in FACTS}),
        tables=tables,
        figures=figures,
    )
    files.write_text(files.join(run, "metrics.json"), json.dumps(content["metrics"], indent=2) + "\n")
    files.write_text(files.join(run, "report.html"), render(report))


def flat(name: str, interval: Interval) -> dict[str, Any]:
    """An interval as numbers of metrics.json; None, which is JSON, where there is no value."""
    values = {name: interval.value, f"{name}.low": interval.low, f"{name}.high": interval.high}
    return {key: None if math.isnan(value) else value for key, value in values.items()} | {f"{name}.n": interval.n}
