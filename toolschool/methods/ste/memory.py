"""The long-term memory of a tool: which queries were tried before, and whether they were solved.

    known = LongTermMemory.of(trials)        # in the order of the episodes
    known.and_then(trial).text()

Source: arXiv 2403.04746, section 3.2; the line of a query is that of the published code (reference 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolschool.methods.ste.trials import Trial

_BEFORE = "These requests were tried before; behind each stands whether it was solved:"
_AFTER = "Now make up a new one that is not too close to any of them, to learn something new about the tools."


@dataclass(frozen=True)
class LongTermMemory:
    """Queries of one tool in the order in which they were tried, each with whether it was solved."""

    tried: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def of(cls, trials: Iterable[Trial]) -> LongTermMemory:
        """Of finished trials, by episode and number, however they are given."""
        ordered = sorted(trials, key=lambda trial: (trial.episode, trial.number))
        return cls(tuple((trial.query, trial.solved) for trial in ordered))

    def and_then(self, trial: Trial) -> LongTermMemory:
        return LongTermMemory((*self.tried, (trial.query, trial.solved)))

    def text(self) -> str:
        """What the teacher reads; "" where nothing was tried."""
        if not self.tried:
            return ""
        lines = (f"Query: {query} | Solved: {'Yes' if solved else 'No'}" for query, solved in self.tried)
        return "\n".join([_BEFORE, *lines, _AFTER])
