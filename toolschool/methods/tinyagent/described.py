"""Tools that were never trained on: scored by their description alone, so that adding a tool needs no training.

    scorer = DescribedTools.build(tools, encoder, scale=18.0, offset=-8.0)
    probabilities = scorer.probabilities(queries)            # (B, number of tools)

The query is cut into clauses, because one long request asks for several things; a tool's score is the highest cosine
of its description with a clause, and `scale`/`offset` turn the cosine into a probability (Platt 1999), fitted on
validation rows with the descriptions of tools whose labels are known. Limits: far weaker than a trained label, most of
all for tools that a query implies without naming them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.methods.tinyagent.selection import sigmoid
from toolschool.records import Tool

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.encoder import SentenceEncoder

_BOUNDARY = re.compile(
    r"(?<=[.!?;])\s+|,\s+(?:and\s+|then\s+|also\s+)*|\s+(?:and|then|while|before|after)\s+(?=[a-z]+\s)"
)


def clauses(query: str) -> list[str]:
    """The whole query first, then its clauses of at least two words."""
    parts = [part.strip(" ,.;!?") for part in _BOUNDARY.split(query)]
    return [query, *(part for part in parts if len(part.split()) > 1 and part != query)]


def describe(tool: Tool) -> str:
    """What the encoder reads of a tool: its name in words, then its description."""
    return f"{tool.name.replace('_', ' ')}: {tool.description}"


@dataclass(frozen=True)
class DescribedTools:
    """Tools with the unit vectors of their descriptions (tools, D)."""

    names: tuple[str, ...]
    vectors: np.ndarray
    encoder: SentenceEncoder
    scale: float
    offset: float

    @classmethod
    def build(cls, tools: Sequence[Tool], encoder: SentenceEncoder, scale: float, offset: float) -> DescribedTools:
        """Encode the descriptions once."""
        vectors = encoder.embed([describe(tool) for tool in tools])
        return cls(tuple(tool.name for tool in tools), vectors, encoder, scale, offset)

    def similarity(self, queries: Sequence[str]) -> np.ndarray:
        """Highest cosine of each tool with a clause of each query, (B, tools)."""
        import numpy as np

        pieces = [clauses(query) for query in queries]
        cosines = self.encoder.embed([text for texts in pieces for text in texts]) @ self.vectors.T
        counts = np.array([len(texts) for texts in pieces], dtype=int)
        ends = counts.cumsum()
        starts = ends - counts
        best = [cosines[start:end].max(axis=0) for start, end in zip(starts, ends, strict=True)]
        return np.array(best).reshape(len(queries), len(self.names))

    def probabilities(self, queries: Sequence[str]) -> np.ndarray:
        """Probability of each tool for each query, (B, tools)."""
        return sigmoid(self.scale * self.similarity(queries) + self.offset)


def fit_platt(similarity: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Scale and offset that turn similarities into probabilities (arrays of one shape), by logistic regression."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(np.ravel(similarity)[:, None], np.ravel(labels) > 0.5)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
