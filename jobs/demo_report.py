"""What the demo shows at its end: a short table on the screen, the answered query, and one report.html for all steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.progress import duration
from pipelines import files
from toolschool.evaluation.report import Figure, Report, render
from toolschool.evaluation.tables import Table

if TYPE_CHECKING:
    from jobs.scoring import Scoring
    from jobs.tune import TuneJob
    from training.config import TrainResult
    from tuning.sweep import SweepResult


@dataclass(frozen=True)
class Findings:
    """What the steps left behind; `took` is seconds by step."""

    took: Mapping[str, float]
    rows: Mapping[str, Any]  # manifest of prepare
    toolrag: TrainResult
    planner: TrainResult
    sweep: SweepResult
    tune: TuneJob
    scoring: Scoring
    answer: Mapping[str, Any]


def table(findings: Findings) -> Table:
    """One row per step: time, and the one thing to know."""
    what = {
        "prepare": _prepared(findings.rows["counts"]),
        "train ToolRAG": _numbers(findings.toolrag.metrics, "val_average_precision", "calibrated_coverage"),
        "train planner": _numbers(findings.planner.metrics, "val_loss"),
        "tune": _best(findings),
        "evaluate": _numbers(
            findings.scoring.metrics,
            "toolrag.set_coverage",
            "toolrag.mean_tools",
            "planner.success_published",
            "planner.state",
        ),
        "serve and ask": _answer(findings.answer),
    }
    rows = tuple((step, duration(seconds), what[step]) for step, seconds in findings.took.items())
    total = ("all", duration(sum(findings.took.values())), "")
    return Table("The way from rows to an answer", ("step", "time", "result"), (*rows, total))


def _prepared(counts: Mapping[str, Any]) -> str:
    made = counts["rows"]["out"]
    return f"{counts['read']} rows read, {made['toolrag/train']} ToolRAG and {made['planner/train']} planner rows to train on"


def _numbers(metrics: Mapping[str, Any], *names: str) -> str:
    return ", ".join(f"{name} {metrics[name]:.3f}" for name in names if metrics.get(name) is not None)


def _best(findings: Findings) -> str:
    best = findings.sweep.best
    values = ", ".join(f"{key} {value:.3g}" for key, value in best.values.items())
    return f"{len(findings.sweep.trials)} trials, best {values}"


def _answer(answer: Mapping[str, Any]) -> str:
    return str(answer["reply"]["choices"][0]["message"]["content"]).splitlines()[0][:120]


def show(findings: Findings) -> None:
    """The query with its plan and effect, then the table."""
    from toolschool.evaluation.tables import show as show_table

    answer = findings.answer
    print(f"\nquery:  {answer['query']}")
    print("plan:   " + str(answer["reply"]["toolschool"]["plan"]).strip().replace("\n", "\n        "))
    print(f"answer: {answer['reply']['choices'][0]['message']['content']}")
    print(f"effect in {answer['database']}:")
    lines = effect_lines(answer["desk"]["changes"])
    print("\n".join(f"  {line}" for line in lines) if lines else "  none")
    show_table(table(findings))


def effect_lines(changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`added messages: {...}` for each row of the desk that changed."""
    return [
        f"{kind} {name}: {json.dumps(row, ensure_ascii=False)}"
        for kind, tables in changes.items()
        for name, rows in tables.items()
        for row in rows
    ]


def write_report(run: str, findings: Findings) -> str:
    """`<run>/report.html` with everything; returns its path."""
    from toolschool.evaluation.plots import loss_plot, read_metrics
    from tuning import outcome
    from tuning.pictures import coverage_picture

    logs = {name: read_metrics(Path(run, name, "metrics.jsonl")) for name in ("toolrag", "planner")}
    figures = [
        Figure(f"Training of the {name}", loss_plot({name: rows}, name), f"Loss of the {name} by step")
        for name, rows in logs.items()
    ]
    picture = coverage_picture(findings.tune, findings.sweep)
    figures += [Figure("Sweep", picture, "Coverage against tools per query, per trial")] if picture else []
    effects = Table(
        "What the query changed on the desk",
        ("change", "row"),
        tuple(
            (line.partition(": ")[0], line.partition(": ")[2])
            for line in effect_lines(findings.answer["desk"]["changes"])
        ),
        f"Query: {findings.answer['query']}",
    )
    report = Report(
        "Toolschool demo",
        summary="From rows to an agent that answered a query, on this machine.",
        facts={"git": str(findings.rows["git"]), "data": ", ".join(findings.rows["inputs"]) or "generated"},
        tables=[
            table(findings),
            *findings.scoring.tables,
            outcome.table(findings.tune, findings.sweep),
            effects,
        ],
        figures=[*findings.scoring.figures, *figures],
        samples=findings.scoring.samples,
    )
    path = files.join(run, "report.html")
    files.write_text(path, render(report))
    return path
