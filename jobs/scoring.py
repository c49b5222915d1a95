"""From predictions to numbers, tables and figures: what `jobs.evaluate` and the demo put into metrics.json and report.html.

Numbers over all rows have plain keys (`toolrag.set_coverage`); with rows of several splits, each split has its own
(`test.planner.state`); the comparison with TF-IDF is under `unseen.` (see `jobs/baseline.py`). No Ray.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.baseline import Known, run_baseline, unseen
from pipelines.encode import SPLITS
from pipelines.predict import Prediction
from toolschool.evaluation.metrics import planner_metrics, toolrag_metrics
from toolschool.evaluation.planner import PlannerScores, PlanRow, score_plans, summarise
from toolschool.evaluation.report import Figure, Sample, pick_samples
from toolschool.evaluation.tables import Table, planner_table, tool_recall_table, toolrag_table
from toolschool.evaluation.toolrag import CurvePoint, ToolRagScores, curve, label_matrix, score_labels, score_sets

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Scoring:
    """What was found, filled part by part."""

    metrics: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def score(
    predictions: Sequence[Prediction], *, toolrag: bool = True, planner: bool = True, known: Known | None = None
) -> Scoring:
    """All scores of a set of predictions; with `known` rows ToolRAG is compared with a baseline trained on them."""
    result = Scoring()
    if toolrag:
        _score_toolrag(result, predictions, known)
    if planner:
        _score_planner(result, predictions)
    seconds = sum(prediction.seconds for prediction in predictions)
    result.metrics["seconds_per_row"] = seconds / max(1, len(predictions))
    return result


def tool_names() -> tuple[str, ...]:
    """The tools in label order."""
    from toolschool.tools.desk.specs import desk_catalog

    return desk_catalog().names


def probability_matrix(predictions: Sequence[Prediction], tools: Sequence[str]) -> np.ndarray:
    """ToolRAG's probabilities (rows, tools)."""
    import numpy as np

    return np.array([[prediction.probabilities[tool] for tool in tools] for prediction in predictions])


def retrieval_scores(predictions: Sequence[Prediction]) -> ToolRagScores:
    """Scores of the tool sets ToolRAG chose."""
    gold = [prediction.example.tools for prediction in predictions]
    return score_sets([prediction.retrieved for prediction in predictions], gold, tool_names())


def _score_toolrag(result: Scoring, predictions: Sequence[Prediction], known: Known | None) -> None:
    scores = retrieval_scores(predictions)
    systems = {"all rows": scores, **{name: retrieval_scores(part) for name, part in by_split(predictions).items()}}
    result.tables.append(toolrag_table(systems, "Tool retrieval (ToolRAG)"))
    _add_metrics(result, {name: toolrag_metrics(part) for name, part in systems.items()})
    fresh = unseen(predictions, known) if known else []
    if known and known.train and known.validation and fresh:
        _compare(result, fresh, known)
    else:
        points = curve(probability_matrix(predictions, tool_names()), _gold(predictions))
        result.figures.append(_coverage({"ToolRAG": points}, {"ToolRAG": scores}))
    result.tables.append(tool_recall_table({"ToolRAG": scores}))


def _compare(result: Scoring, fresh: Sequence[Prediction], known: Known) -> None:
    """ToolRAG against TF-IDF on rows that neither saw, paired row by row."""
    from toolschool.evaluation.intervals import paired_test

    tools, gold = tool_names(), _gold(fresh)
    ours = retrieval_scores(fresh)
    baseline = run_baseline(known, [p.example.query for p in fresh], tools, ours.mean_tools.value)
    theirs = score_labels(baseline.chosen, gold, tools)
    systems = {"ToolRAG": ours, "TF-IDF + linear": theirs}
    result.tables.append(toolrag_table(systems, f"Tool retrieval, {len(fresh)} rows that neither system saw"))
    result.metrics |= {f"unseen.{key}": value for key, value in toolrag_metrics(ours).items()}
    tfidf = toolrag_metrics(theirs).items()
    result.metrics |= {key.replace("toolrag.", "unseen.tfidf.", 1): value for key, value in tfidf}
    covered = [set(p.example.tools) <= set(p.retrieved) for p in fresh]
    covered_theirs = (baseline.chosen | (gold < 0.5)).all(axis=1).tolist()
    result.metrics["unseen.p_value"] = paired_test(covered, covered_theirs).p_value
    curves = {
        "ToolRAG": curve(probability_matrix(fresh, tools), gold),
        "TF-IDF + linear": curve(baseline.probabilities, gold),
    }
    result.figures.append(_coverage(curves, systems))


def _gold(predictions: Sequence[Prediction]) -> np.ndarray:
    return label_matrix([prediction.example.tools for prediction in predictions], tool_names())


def _coverage(curves: Mapping[str, Sequence[CurvePoint]], systems: Mapping[str, ToolRagScores]) -> Figure:
    """Curves over one global threshold; the star is the operating point, which may lie off the curve."""
    from toolschool.evaluation.plots import coverage_plot

    marks = {
        name: CurvePoint(float("nan"), s.mean_tools.value, s.set_coverage.value, s.mean_recall.value, s.precision)
        for name, s in systems.items()
    }
    return Figure("Coverage against tools", coverage_plot(curves, marks), "Set coverage against mean tools per query")


def plan_row(prediction: Prediction) -> PlanRow:
    """A prediction as the planner metrics take it."""
    example = prediction.example
    return PlanRow(
        id=example.id,
        query=example.query,
        prediction=prediction.text,
        gold=example.plan,
        gold_text=example.raw_plan,
        offered=prediction.offered,
        now=example.now,
        truncated=prediction.truncated,
        empty=prediction.empty,
    )


def _score_planner(result: Scoring, predictions: Sequence[Prediction]) -> None:
    from toolschool.evaluation.plots import planner_plot
    from toolschool.evaluation.state import same_effects
    from toolschool.tools.desk.specs import desk_catalog

    rows = [plan_row(prediction) for prediction in predictions]
    scores = score_plans(rows, desk_catalog(), same_effect=same_effects)
    systems: dict[str, PlannerScores] = {"all rows": scores}
    if len({p.split for p in predictions}) > 1:
        for split in SPLITS:
            verdicts = [v for p, v in zip(predictions, scores.verdicts, strict=True) if p.split == split]
            if verdicts:
                systems[split] = summarise(verdicts)
    result.tables.append(planner_table(systems, "Planner"))
    _add_metrics(result, {name: planner_metrics(part) for name, part in systems.items()})
    result.figures.append(Figure("Planner", planner_plot(systems, "Planner"), "Planner metrics in percent"))
    result.samples = pick_samples(rows, scores)


def by_split(predictions: Sequence[Prediction]) -> dict[str, list[Prediction]]:
    """Predictions per split; empty when all are of one."""
    parts = {split: [p for p in predictions if p.split == split] for split in SPLITS}
    found = {split: part for split, part in parts.items() if part}
    return found if len(found) > 1 else {}


def _add_metrics(result: Scoring, systems: Mapping[str, Mapping[str, Any]]) -> None:
    for name, metrics in systems.items():
        prefix = "" if name == "all rows" else f"{name}."
        result.metrics |= {f"{prefix}{key}": value for key, value in metrics.items()}
