"""What a benchmark finds, as data: ratios of promises, curves of growth, and its own tables. The store and the page are made of it.

Measured("| arm | ... |", claims=(Claim("training/loop", (0.99, 1.01, 0.98, 1.0, 0.99)),))
Measured.from_json(measured.to_json()) == measured
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Claim:
    """A promise (a key of `promises.PROMISES`) as it was measured: a ratio for each round.

    `tokens`: what was forwarded for the same work by us and by the peer, without padding; None where no model is asked or nobody counts.
    """

    promise: str
    ratios: tuple[float, ...]
    tokens: tuple[float, float] | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)


@dataclass(frozen=True)
class Curve:
    """Seconds against a size, such as rows."""

    name: str
    of: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Measured:
    """All of a benchmark; `text` is Markdown."""

    text: str
    claims: tuple[Claim, ...] = ()
    curves: tuple[Curve, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Measured:
        claims = (
            Claim(one["promise"], tuple(one["ratios"]), tuple(one["tokens"]) if one["tokens"] else None)
            for one in said["claims"]
        )
        curves = (Curve(one["name"], one["of"], tuple(one["sizes"]), tuple(one["seconds"])) for one in said["curves"])
        return cls(said["text"], tuple(claims), tuple(curves))
