"""ToolRAG over any tools: a trained classifier for those it knows, descriptions for the others, one list of both.

    finder = ToolFinder.of(tools, vectors, card)                  # vectors of describe(tool), None where all are trained
    pieces = clauses(query)
    finder.search(Reading(pieces, encoder.embed(pieces), rag.logits([query])[0]))     # [ScoredTool("play_music", 0.93), ...]

A catalogue of trained tools alone is scored by the classifier's own calibration, as `ToolRag` does. As soon as one tool is described, both
kinds are scored by `joint.py`. A finder never changes: tools come and go by making another one, with the vectors that are there.
Limit: a trained tool is known by its name; a tool of yours with the same name is taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.methods.tinyagent.described import ToolIndex
from toolschool.methods.tinyagent.joint import Joint
from toolschool.methods.tinyagent.selection import LIKELY, Calibration, choose
from toolschool.methods.tinyagent.toolrag import ScoredTool
from toolschool.records import Tool

if TYPE_CHECKING:
    import numpy as np

MOST = 16  # tools that a planner is offered; its prompt and its grammar grow with them
CANDIDATES = 64  # tools among which a set is weighed: thousands of faint ones would make every set look hopeless


@dataclass(frozen=True)
class FinderCard:
    """What a ToolRAG folder says: its trained tools in the order of the logits, their own calibration, and the scale for all tools."""

    trained: tuple[str, ...]
    calibration: Calibration
    joint: Joint | None = None

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> FinderCard:
        """From the folder's `toolschool.json`."""
        joint = Joint.from_json(card["joint"]) if "joint" in card else None
        return cls(tuple(card.get("tools", ())), Calibration.from_json(card.get("calibration", {})), joint)


@dataclass(frozen=True)
class Reading:
    """What the models make of a request: its clauses, their unit vectors (pieces, D), the classifier's logits (trained tools,).

    Either array may be None where the finder does not want it.
    """

    pieces: Sequence[str]
    vectors: np.ndarray | None = None
    logits: np.ndarray | None = None


@dataclass(frozen=True)
class ToolFinder:
    """A catalogue that requests find tools in. `columns`: place of each tool among the logits, -1 where it is not trained."""

    names: tuple[str, ...]
    columns: np.ndarray
    card: FinderCard
    index: ToolIndex | None = None

    @classmethod
    def of(cls, tools: Sequence[Tool], vectors: np.ndarray | None, card: FinderCard) -> ToolFinder:
        """Over tools, and the vectors (tools, D) of their descriptions where some are not trained. ModelError where the folder cannot take such."""
        import numpy as np

        places = {name: place for place, name in enumerate(card.trained)}
        columns = np.array([places.get(tool.name, -1) for tool in tools], dtype=int)
        names = tuple(tool.name for tool in tools)
        if vectors is None:
            return cls(names, columns, card)
        if card.joint is None:
            raise ModelError(
                "this ToolRAG folder knows no scale for other tools; calibrate it with the catalogue of its own"
            )
        return cls(names, columns, card, ToolIndex.build(tools, vectors))

    @property
    def wants_logits(self) -> bool:
        """Whether the classifier has a say."""
        return bool((self.columns >= 0).any())

    @property
    def wants_vectors(self) -> bool:
        """Whether descriptions have a say."""
        return self.index is not None

    def probabilities(self, reading: Reading) -> np.ndarray:
        """How probably each tool is needed, (tools,) in the order of `names`."""
        import numpy as np

        logits, highest = None, None
        if reading.logits is not None and len(reading.logits):
            logits = np.where(self.columns >= 0, reading.logits[self.columns], np.nan)
            highest = float(reading.logits.max())
        if self.index is None:
            assert logits is not None
            return self.card.calibration.probabilities(logits)
        assert self.card.joint is not None
        assert reading.vectors is not None
        evidence = self.index.evidence(reading.pieces, reading.vectors)
        return self.card.joint.probabilities(evidence, logits, highest)

    def search(self, reading: Reading, most: int = MOST) -> list[ScoredTool]:
        """The tools to offer, by falling probability: at least one, at most `most`; none from an empty catalogue."""
        return [tool for tool in self.ranked(reading, most) if tool.chosen]

    def ranked(self, reading: Reading, most: int) -> list[ScoredTool]:
        """The `most` likeliest tools, by falling probability; each says whether it would be offered."""
        import numpy as np

        if not self.names:
            return []
        probabilities = self.probabilities(reading)
        best = np.argsort(-probabilities, kind="stable")[: max(most, CANDIDATES)]
        chosen = np.zeros(len(best), dtype=bool)
        chosen[:CANDIDATES] = choose(probabilities[best[:CANDIDATES]][None], self.card.calibration.price, cap=MOST)[0]
        parts = self._parts(reading, best[probabilities[best] >= LIKELY])
        scored = zip(best.tolist(), chosen.tolist(), strict=True)
        found = (ScoredTool(self.names[at], float(probabilities[at]), keep, parts.get(at, "")) for at, keep in scored)
        return list(found)[:most]

    def _parts(self, reading: Reading, likely: np.ndarray) -> dict[int, str]:
        """The clause of each likely tool without training, by place: every likely tool claims the one that comes nearest to its description,
        and the likeliest gets it. `likely` are places by falling probability; a request of one clause is taken whole.
        """
        if self.index is None or reading.vectors is None or not len(likely):
            return {}
        first = 1 if len(reading.pieces) > 2 else 0
        nearest = (reading.vectors[first:] @ self.index.vectors[likely].T).argmax(axis=0)
        owners: dict[int, int] = {}
        for clause, place in zip(nearest.tolist(), likely.tolist(), strict=True):
            owners.setdefault(first + clause, place)
        return {place: reading.pieces[clause] for clause, place in owners.items() if self.columns[place] < 0}
