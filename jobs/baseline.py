"""The retriever everybody should beat, on rows that neither system saw: TF-IDF and logistic regression.

Trained on train rows, its threshold picked on validation rows for as many tools per query as the other system takes, so
that both are compared at the same length of list. No Ray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines import ingest
from pipelines.predict import Prediction
from pipelines.tinyagent import parse_raw
from toolschool.errors import RowError
from toolschool.records import Example

if TYPE_CHECKING:
    import numpy as np

# Between 1 and 60 the weight moves along one trade-off curve (reference 5.1); 8 is good at five to six tools.
POSITIVE_WEIGHT = 8.0


@dataclass(frozen=True)
class Known:
    """Rows the baseline may learn from."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]


@dataclass(frozen=True)
class BaselineResult:
    """What the baseline says about a list of queries; arrays are (queries, tools)."""

    probabilities: np.ndarray
    chosen: np.ndarray
    threshold: float


def read_known(source: str, uri: str) -> Known:
    """Train and validation rows of a plans file, malformed ones left out (they were never anybody's training rows)."""
    parts: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    for text in ingest.file_source(source, uri).texts:
        try:
            example, split = parse_raw(source, text)
        except RowError:
            continue
        parts[split].append(example)
    return Known(tuple(parts["train"]), tuple(parts["validation"]))


def unseen(predictions: Sequence[Prediction], known: Known) -> list[Prediction]:
    """Predictions for queries that are not among the known ones."""
    queries = {example.query for example in (*known.train, *known.validation)}
    return [prediction for prediction in predictions if prediction.example.query not in queries]


def run_baseline(known: Known, queries: Sequence[str], tools: Sequence[str], mean_tools: float) -> BaselineResult:
    """Fit on train rows, pick the threshold on validation rows for at most `mean_tools` tools, apply to `queries`."""
    from toolschool.evaluation import tfidf
    from toolschool.evaluation.toolrag import label_matrix, pick_threshold, select

    model = tfidf.train(
        [example.query for example in known.train],
        [example.tools for example in known.train],
        tools,
        positive_weight=POSITIVE_WEIGHT,
    )
    on_validation = model.probabilities([example.query for example in known.validation])
    labels = label_matrix([example.tools for example in known.validation], tools)
    threshold = pick_threshold(on_validation, labels, mean_tools).threshold
    probabilities = model.probabilities(queries)
    return BaselineResult(probabilities, select(probabilities, threshold), threshold)
