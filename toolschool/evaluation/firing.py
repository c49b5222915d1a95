"""When a tool head fires, counted at every position of texts whose calls are known: precision, recall, F1, and the bias that serves best.

    margins, tools = best_tools(logits, top)                    # how far the best tool is ahead of the best word
    curve = firing_curve(margins, tools == gold, gold >= 0)     # exact, a point for every bias that changes a decision
    best = curve.best()                                         # the bias to add to all tools

A head measured only where a call belongs looks best when it fires everywhere; false calls are counted here. One bias for all tools never changes
which tool is best, so sorting the margins gives every threshold at once. Limit: teacher-forced; texts a model writes itself may differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FiringCurve:
    """Arrays of one length, by rising bias: what happens when that bias is added to every tool's logit."""

    bias: np.ndarray
    calls: np.ndarray  # positions where a tool beats every word
    right: np.ndarray  # of these, where the tool is the gold one
    gold: int  # positions where a call belongs

    @property
    def precision(self) -> np.ndarray:
        return self.right / np.maximum(self.calls, 1)

    @property
    def recall(self) -> np.ndarray:
        return self.right / max(self.gold, 1)

    @property
    def f1(self) -> np.ndarray:
        return 2 * self.right / np.maximum(self.calls + self.gold, 1)

    def best(self) -> int:
        """Index of the best F1; of equals the smallest bias, which calls least."""
        return int(self.f1.argmax())


def best_tools(logits: np.ndarray, top: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of tool logits (N, K) and the best word's logit (N,): by how much the best tool is ahead (N,), and which it is (N,)."""
    return logits.max(-1) - top, logits.argmax(-1)


def firing_curve(margins: np.ndarray, right: np.ndarray, gold: np.ndarray) -> FiringCurve:
    """The curve over all N positions: `right` (N,) says that the best tool is the gold one, `gold` (N,) that a call belongs here.

    A tool fires where margin + bias > 0. The first point has bias -inf and no call.
    """
    order = np.argsort(-margins, kind="stable")
    ahead = margins[order].astype(float)
    ends = np.flatnonzero(np.append(np.diff(ahead) != 0, True)) if len(ahead) else np.empty(0, dtype=int)
    # Between a margin and the next one every bias decides alike; the middle is farthest from both.
    beyond = np.append(ahead[ends[1:]], ahead[-1:] - 2.0) if len(ends) else np.empty(0)
    return FiringCurve(
        bias=np.concatenate([[-np.inf], -(ahead[ends] + beyond) / 2]),
        calls=np.concatenate([[0], ends + 1]),
        right=np.concatenate([[0], np.cumsum(right[order])[ends]]).astype(int),
        gold=int(gold.sum()),
    )
