"""What is learnt from a trial: a request, the call that serves it, and what came out.

example = example_of(trial)                       # RowError: nothing to learn from, and why
Example.from_json(example.to_json()) == example
example.part                                      # "train", "validation" or "test", by the request it was made from
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from toolschool.datasets.splits import Split, split_of_explored
from toolschool.errors import RowError
from toolschool.methods.ste.trials import Trial
from toolschool.records import JsonValue


@dataclass(frozen=True)
class Example:
    """A request and its call. `original` is the request of the trial, from which `query` may be a paraphrase."""

    id: str
    query: str
    tool: str
    arguments: Mapping[str, Any]
    observation: str
    answer: str
    original: str

    @property
    def part(self) -> Split:
        """Paraphrases are held back with the request that they were made from."""
        return split_of_explored(self.original)

    @property
    def same(self) -> str:
        """What two requests share that differ in case and spaces alone."""
        return " ".join(self.query.lower().split())

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Example:
        return cls(**json.loads(line))


def example_of(trial: Trial) -> Example:
    """The last call that ran well, with the final answer. RowError: no request, no final answer, or no such call.

    The published code takes the last call that could be read, whether it ran or not, and leaves the rest to the judge (reference 10).
    """
    if not trial.query.strip():
        raise RowError("the request is empty")
    if not (trial.answer or "").strip():
        raise RowError("no final answer: the turns ran out")
    step = next((step for step in reversed(trial.steps) if step.ok and step.arguments is not None), None)
    if step is None:
        raise RowError("no call ran well")
    arguments = step.arguments or {}
    return Example(trial.id, trial.query, trial.tool, arguments, step.observation, trial.answer or "", trial.query)


def said_values(query: str, arguments: Mapping[str, JsonValue]) -> list[str]:
    """Texts and numbers among the arguments that stand in a request as they are."""
    return [text for text in map(str, _leaves(dict(arguments))) if text.strip() and text in query]


def _leaves(value: JsonValue) -> Iterator[str | int | float]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value
