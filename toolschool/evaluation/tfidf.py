"""The baseline a trained tool retriever must beat: TF-IDF of words and characters, one logistic regression per tool.

    baseline = train(queries, tool_sets, tools, positive_weight=8)
    probabilities = baseline.probabilities(test_queries)      # (queries, tools)

Trains on the rows it is given and nothing else; seconds on one core for a thousand rows. Features: words 1-2 and
characters 2-5 within words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.errors import DataError
from toolschool.evaluation.toolrag import label_matrix

if TYPE_CHECKING:
    import numpy as np
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class TfidfBaseline:
    """A trained baseline; `tools` is the order of its columns."""

    tools: tuple[str, ...]
    pipeline: Pipeline

    def probabilities(self, queries: Sequence[str]) -> np.ndarray:
        """Probability of each tool for each query, (queries, tools)."""
        import numpy as np

        if not queries:
            return np.zeros((0, len(self.tools)))
        return self.pipeline.predict_proba(list(queries))


def train(
    queries: Sequence[str],
    tool_sets: Sequence[Collection[str]],
    tools: Sequence[str],
    *,
    positive_weight: float = 1.0,
) -> TfidfBaseline:
    """Fit on train rows; `positive_weight` multiplies the loss of the tools a query needs. DataError without rows."""
    if not queries or len(queries) != len(tool_sets):
        raise DataError(f"{len(queries)} queries and {len(tool_sets)} tool sets; give one set for each query")
    pipeline = _pipeline(positive_weight)
    pipeline.fit(list(queries), label_matrix(tool_sets, tools))
    return TfidfBaseline(tuple(tools), pipeline)


def _pipeline(positive_weight: float) -> Pipeline:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    regression = LogisticRegression(C=10.0, solver="liblinear", class_weight={0: 1.0, 1: positive_weight})
    return make_pipeline(features, OneVsRestClassifier(regression))
