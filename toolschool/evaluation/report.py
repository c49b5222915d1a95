"""One self-contained HTML page per run: facts, tables, figures, and plans that were right and wrong.

    report = Report("TinyAgent on nano", facts={"model": "nano"}, tables=[planner_table(...)],
                    figures=[Figure("Coverage", coverage_plot(...), "Set coverage against tools per query")],
                    samples=pick_samples(rows, scores))
    write_report(run / "report.html", report)

No scripts, no outside files: figures are embedded as base64 PNG, so the page can be mailed or archived. Everything that
came from data or a model is escaped by jinja2.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolschool.errors import PlanError
from toolschool.evaluation.picture import plan_svg
from toolschool.evaluation.planner import PlannerScores, PlanRow, Verdict
from toolschool.evaluation.tables import Table
from toolschool.plans.grammar import format_plan, parse_plan
from toolschool.records import JsonValue, Plan

TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Figure:
    """A PNG with a heading and the alternative text for who cannot see it."""

    title: str
    png: bytes
    alt: str

    @property
    def uri(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True)
class Sample:
    """One row of the test set with what was found about it."""

    row: PlanRow
    verdict: Verdict

    @property
    def right(self) -> bool:
        return self.verdict.args_strict

    @property
    def remarks(self) -> list[str]:
        """What is wrong, in words; empty for a plan that is right everywhere."""
        verdict = self.verdict
        found = {
            "nothing generated": verdict.empty,
            "cut off at the token limit": verdict.truncated,
            "not the published graph"
            + (f" ({verdict.published_error})" if verdict.published_error else ""): not verdict.published,
            "references differ": not verdict.dag_strict and verdict.published,
            "arguments differ": verdict.dag_strict and not verdict.args_strict,
            "another state of the world": verdict.state is False,
        }
        parse = [f"not a valid plan: {verdict.parse_problem}"] if verdict.parse_problem and not verdict.empty else []
        return parse + [text for text, holds in found.items() if holds]

    @property
    def gold_text(self) -> str:
        return format_plan(self.row.gold)

    @property
    def gold_picture(self) -> str:
        return plan_svg(self.row.gold, f"Gold plan for: {self.row.query}")

    @property
    def predicted_picture(self) -> str | None:
        """None where the prediction cannot be read or is drawn as the gold plan is."""
        plan = _read(self.row.prediction)
        return plan_svg(plan, f"Predicted plan for: {self.row.query}") if plan and not self.right else None


@dataclass(frozen=True)
class Report:
    """What goes on the page, in this order; empty parts leave no heading."""

    title: str
    summary: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    samples: Sequence[Sample] = ()


def pick_samples(rows: Sequence[PlanRow], scores: PlannerScores, *, each: int = 4, seed: int = 0) -> list[Sample]:
    """At most `each` wrong and `each` right rows by `args_strict`, drawn at random, wrong ones first."""
    samples = [Sample(row, verdict) for row, verdict in zip(rows, scores.verdicts, strict=True)]
    chosen: list[Sample] = []
    for right in (False, True):
        pool = [sample for sample in samples if sample.right is right]
        chosen += random.Random(seed).sample(pool, min(each, len(pool)))
    return chosen


def manifest_facts(manifest: Mapping[str, JsonValue]) -> dict[str, str]:
    """The values of a manifest.json for the head of the page, nested keys joined by dots, lists by commas."""
    facts: dict[str, str] = {}
    for key, value in manifest.items():
        if isinstance(value, Mapping):
            facts |= {f"{key}.{name}": text for name, text in manifest_facts(value).items()}
        elif isinstance(value, list):
            facts[key] = ", ".join(map(str, value))
        elif value is not None:
            facts[key] = f"{value:.6g}" if isinstance(value, float) else str(value)
    return facts


def render(report: Report) -> str:
    """The page as HTML text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(report=report)


def write_report(path: str | Path, report: Report) -> None:
    """Write the page to `path`."""
    Path(path).write_text(render(report), encoding="utf-8")


def _read(text: str) -> Plan | None:
    try:
        return parse_plan(text)
    except PlanError:
        return None
