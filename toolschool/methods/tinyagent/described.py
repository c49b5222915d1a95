"""Tools known by their description: what speaks for each of them when a request comes, so that adding a tool needs no training.

    index = ToolIndex.build(tools, encoder.embed([describe(tool) for tool in tools]))
    pieces = clauses("Play some jazz, then text Sid")
    index.evidence(pieces, encoder.embed(pieces))            # (tools, EVIDENCE)

A request is cut into clauses, because a long one asks for several things, and every clause is compared with every tool: by the cosine of
sentence vectors of name and description, and by BM25 over name, description and parameters. Both count by themselves (`cosine` of the
nearest clause, `words`: the part of the request's weight that a tool covers) and against the other tools (`share` of a clause by a
softmax, `words of the best`), for a cosine of .5 means much among ten tools and little among thousands. `joint.py` makes
probabilities of it. Limits: far weaker than training, most of all for tools that a request implies without naming them; a request's first
MAX_PIECES clauses are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.errors import DataError
from toolschool.models.lexical import Bm25
from toolschool.records import Tool

if TYPE_CHECKING:
    import numpy as np

EVIDENCE = ("cosine", "share", "words", "words of the best")
MAX_PIECES = 16
_SHARPNESS = 20.0  # of the softmax by which tools share a clause; MiniLM's cosines crowd between 0 and .7
_BOUNDARY = re.compile(
    r"(?<=[.!?;])\s+|,\s+(?:and\s+|then\s+|also\s+)*|\s+(?:and|then|while|before|after)\s+(?=[a-z]+\s)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def clauses(query: str) -> list[str]:
    """The whole query first, then its clauses of at least two words; MAX_PIECES in all."""
    parts = [part.strip(" ,.;!?") for part in _BOUNDARY.split(query)]
    return [query, *(part for part in parts if len(part.split()) > 1 and part != query)][:MAX_PIECES]


def describe(tool: Tool) -> str:
    """What the encoder reads of a tool: its name in words, then its description."""
    return f"{' '.join(_CAMEL.sub(' ', tool.name).split('_'))}: {tool.description}"


def document(tool: Tool) -> str:
    """What BM25 reads of a tool: that, and its arguments with their descriptions."""
    properties = tool.parameters.get("properties", {})
    arguments = (f"{_CAMEL.sub(' ', name)} {said.get('description', '')}" for name, said in properties.items())
    return " ".join((describe(tool), *arguments))


@dataclass(frozen=True)
class ToolIndex:
    """Tools by name with the unit vectors (tools, D) of their descriptions, and a BM25 index of their documents."""

    names: tuple[str, ...]
    vectors: np.ndarray
    bm25: Bm25

    @classmethod
    def build(cls, tools: Sequence[Tool], vectors: np.ndarray) -> ToolIndex:
        """Over tools and the vectors of their descriptions. DataError where the two do not go together, or no tool has a word."""
        if len(vectors) != len(tools):
            raise DataError(f"{len(vectors)} vectors for {len(tools)} tools; embed describe(tool) of each")
        return cls(tuple(tool.name for tool in tools), vectors, Bm25([document(tool) for tool in tools]))

    def evidence(self, pieces: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """What speaks for each tool, (tools, EVIDENCE), float64. `pieces` as `clauses` gives them, `vectors` theirs (pieces, D)."""
        import numpy as np

        cosines = (vectors @ self.vectors.T).astype(np.float64)
        bounds = [self.bm25.bound(piece) or 1.0 for piece in pieces]
        words = np.stack([self.bm25.scores(piece) for piece in pieces]) / np.array(bounds)[:, None]
        best = words.max(axis=1, keepdims=True)
        columns = (
            cosines.max(axis=0),
            _shares(cosines).max(axis=0),
            words[0],
            np.divide(words, best, out=np.zeros_like(words), where=best > 0).max(axis=0),
        )
        return np.stack(columns, axis=1)


def _shares(cosines: np.ndarray) -> np.ndarray:
    """The logarithm of each tool's share of each piece, by a softmax of the cosines over the tools."""
    import numpy as np

    scaled = _SHARPNESS * cosines
    highest = scaled.max(axis=1, keepdims=True)
    shares: np.ndarray = scaled - highest - np.log(np.exp(scaled - highest).sum(axis=1, keepdims=True))
    return shares
