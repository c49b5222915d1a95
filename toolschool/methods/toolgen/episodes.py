"""An episode: a request, the calls that were made for it with what came back, and how it ended.

    episode = Episode("desk-7", "Text Sid that I am late", steps, "All is done.", "Text message draft composed to +1555.")
    Episode.from_json(episode.to_json()) == episode
    episode.gold                                  # the calls that do it, for completion.py

Trajectories to learn from (`trajectories.py`), what an agent did (`agent.py`) and what it is held against are all episodes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from toolschool.datasets.api_docs import Key
from toolschool.errors import RowError
from toolschool.tools.simulated.calls import Exchange
from toolschool.tools.simulated.completion import GoldCall


@dataclass(frozen=True)
class Step:
    """A thought, and the call that was made then. `key` is None where what was written is no tool: `exchange.api` has it then.

    `taught` is False for a mistake that is there to be put right: what is written in its place is not to be learnt.
    """

    thought: str
    key: Key | None
    exchange: Exchange
    taught: bool = True


@dataclass(frozen=True)
class Episode:
    """`thought` and `answer` end it; without an answer it was given up. `now` is the clock that dates of the request refer to."""

    id: str
    query: str
    steps: tuple[Step, ...]
    thought: str
    answer: str | None
    now: datetime | None = None

    @property
    def log(self) -> list[Exchange]:
        """All calls in their order."""
        return [step.exchange for step in self.steps]

    @property
    def gold(self) -> list[GoldCall]:
        """The calls that succeeded."""
        return [GoldCall(exchange.api, exchange.arguments) for exchange in self.log if exchange.ok]

    @property
    def tools(self) -> frozenset[Key]:
        """The tools that were called, also in vain."""
        return frozenset(step.key for step in self.steps if step.key is not None)

    def to_json(self) -> str:
        """One line of text."""
        now = self.now.isoformat() if self.now else None
        return json.dumps({**asdict(self), "now": now}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Episode:
        """What `to_json` wrote. RowError for other text."""
        try:
            said = json.loads(text)
            now = datetime.fromisoformat(said["now"]) if said["now"] else None
            return cls(**{**said, "now": now, "steps": tuple(map(_step, said["steps"]))})
        except (ValueError, TypeError, KeyError) as error:
            raise RowError(f"this is no episode: {type(error).__name__} {error}; write it with to_json") from None


def _step(said: Mapping[str, Any]) -> Step:
    key = None if said["key"] is None else tuple(said["key"])
    return Step(**{**said, "key": key, "exchange": Exchange(**said["exchange"])})
