"""How well a tool retriever narrows the catalogue: are all needed tools there, and how many come with them.

    scores = score_sets(predicted, gold, tools)                     # sets of names in, one dataclass out
    points = curve(probabilities, labels)                           # coverage against mean tools per query
    best = pick_threshold(probabilities, labels, max_mean_tools=4.0)  # on validation rows, never on test rows

`set_coverage` is the share of queries whose gold tools are all predicted: a planner cannot call what it is not offered.
It is what the reproductions call recall; `mean_recall` is the mean of |gold and predicted| / |gold|. Labels and
probabilities are (queries, tools) arrays in the catalogue's order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.errors import DataError
from toolschool.evaluation.intervals import Interval, bootstrap_mean, rate

if TYPE_CHECKING:
    import numpy as np

    Thresholds = float | np.ndarray  # one for all tools, or (tools,)


@dataclass(frozen=True)
class ToolRagScores:
    """Scores of one set of predictions. `per_tool` is the recall of each tool, nan where no query needs it."""

    set_coverage: Interval
    mean_recall: Interval
    precision: float  # micro: right predictions / all predictions
    mean_tools: Interval
    empty: int  # queries with no tool at all
    queries: int
    per_tool: Mapping[str, float]


@dataclass(frozen=True)
class CurvePoint:
    """What one threshold gives."""

    threshold: float
    mean_tools: float
    set_coverage: float
    mean_recall: float
    precision: float


def score_sets(
    predicted: Sequence[Collection[str]], gold: Sequence[Collection[str]], tools: Sequence[str]
) -> ToolRagScores:
    """Score predicted tool sets. DataError when the lengths differ or a name is not in `tools`."""
    if len(predicted) != len(gold):
        raise DataError(f"{len(predicted)} predictions for {len(gold)} queries; they must go together row by row")
    return score_labels(label_matrix(predicted, tools), label_matrix(gold, tools), tools)


def score_labels(predicted: np.ndarray, labels: np.ndarray, tools: Sequence[str]) -> ToolRagScores:
    """Score 0/1 arrays (queries, tools)."""
    import numpy as np
    from sklearn.metrics import precision_score, recall_score

    chosen, wanted = np.asarray(predicted) > 0.5, np.asarray(labels) > 0.5
    recalls = _recalls(chosen, wanted)
    per_tool = recall_score(wanted, chosen, average=None, zero_division=np.nan)
    return ToolRagScores(
        set_coverage=rate(_covered(chosen, wanted).tolist()),
        mean_recall=bootstrap_mean(recalls),
        precision=float(precision_score(wanted, chosen, average="micro", zero_division=0.0)),
        mean_tools=bootstrap_mean(chosen.sum(axis=1)),
        empty=int((~chosen.any(axis=1)).sum()),
        queries=len(chosen),
        per_tool=dict(zip(tools, map(float, per_tool), strict=True)),
    )


def label_matrix(sets: Sequence[Collection[str]], tools: Sequence[str]) -> np.ndarray:
    """Tool sets as a 0/1 array (queries, tools). DataError names a tool that is not in `tools`."""
    import numpy as np

    column = {tool: k for k, tool in enumerate(tools)}
    labels = np.zeros((len(sets), len(tools)), dtype=np.int8)
    for row, names in enumerate(sets):
        unknown = sorted(set(names) - set(column))
        if unknown:
            raise DataError(f"row {row} has tool {unknown[0]}, which is not in the catalogue; pass all tools")
        labels[row, [column[name] for name in names]] = 1
    return labels


def select(probabilities: np.ndarray, thresholds: Thresholds, *, at_least: int = 1) -> np.ndarray:
    """Tools at or above their threshold as a bool array, and always the `at_least` most probable ones."""
    import numpy as np

    chosen = probabilities >= thresholds
    if at_least:
        top = np.argsort(-probabilities, axis=1, kind="stable")[:, :at_least]
        np.put_along_axis(chosen, top, True, axis=1)
    return chosen


def curve(
    probabilities: np.ndarray, labels: np.ndarray, thresholds: Sequence[float] | None = None, *, at_least: int = 1
) -> list[CurvePoint]:
    """One point per threshold, by falling threshold, so that mean tools grow along the list.

    Without `thresholds`, 101 quantiles of the given probabilities: an even grid would miss where they crowd.
    """
    import numpy as np

    if thresholds is None:
        thresholds = np.unique(np.quantile(probabilities, np.linspace(0, 1, 101))).tolist()
    wanted = np.asarray(labels) > 0.5
    return [_point(float(value), probabilities, wanted, at_least) for value in sorted(thresholds, reverse=True)]


def pick_threshold(
    probabilities: np.ndarray, labels: np.ndarray, max_mean_tools: float, *, at_least: int = 1
) -> CurvePoint:
    """The point of highest set coverage with at most `max_mean_tools` per query; the fewest tools among equals.

    Give validation rows: a threshold picked on test rows makes their score a training score. DataError when even
    the highest threshold is over the budget.
    """
    import numpy as np

    candidates = np.unique(np.concatenate([np.ravel(probabilities), [1.0]]))
    if len(candidates) > 1000:
        candidates = np.unique(np.quantile(candidates, np.linspace(0, 1, 1000), method="higher"))
    points = curve(probabilities, labels, candidates.tolist(), at_least=at_least)
    allowed = [point for point in points if point.mean_tools <= max_mean_tools]
    if not allowed:
        raise DataError(
            f"no threshold gives {max_mean_tools} tools per query, the fewest is {points[0].mean_tools:.2f}; raise the budget"
        )
    return max(allowed, key=lambda point: (point.set_coverage, -point.mean_tools))


def _point(threshold: float, probabilities: np.ndarray, wanted: np.ndarray, at_least: int) -> CurvePoint:
    chosen = select(probabilities, threshold, at_least=at_least)
    predictions = chosen.sum()
    return CurvePoint(
        threshold=threshold,
        mean_tools=float(chosen.sum(axis=1).mean()),
        set_coverage=float(_covered(chosen, wanted).mean()),
        mean_recall=float(_recalls(chosen, wanted).mean()),
        precision=float((chosen & wanted).sum() / predictions) if predictions else 0.0,
    )


def _covered(chosen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return (chosen | ~wanted).all(axis=1)


def _recalls(chosen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Recall of each query; 1 where nothing is needed."""
    import numpy as np

    needed = wanted.sum(axis=1)
    return np.where(needed == 0, 1.0, (chosen & wanted).sum(axis=1) / np.maximum(needed, 1))
