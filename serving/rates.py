"""How often a key may ask: a token bucket per key, and OpenAI's headers that say what is left of it.

    rates = Rates(per_minute=60)
    allowance = rates.take("alice")               # ApiError 429 when the bucket is empty
    allowance.headers()                           # x-ratelimit-limit-requests: 60, ...

A full bucket lets a minute's requests through at once; it fills evenly. Each gateway replica counts for itself, so that a key
gets at most the limit times the number of gateway replicas. Without keys all clients share one bucket.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.errors import ApiError

_ROUNDING = 1e-6  # of a token: who waited as long as was said has a whole one


@dataclass(frozen=True)
class Allowance:
    """What a request left in its bucket; `full_s` is the time until it is full again."""

    limit: int
    remaining: int
    full_s: float

    def headers(self) -> dict[str, str]:
        """As OpenAI's endpoint names them."""
        return {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(self.remaining),
            "x-ratelimit-reset-requests": duration(self.full_s),
        }


class Rates:
    """Buckets by key name; `per_minute` None sets no limit."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = per_minute, clock
        self._buckets: dict[str | None, tuple[float, float]] = {}  # key -> tokens, when

    def look(self, key: str | None) -> Allowance | None:
        """What the key has, None without a limit."""
        if self._limit is None:
            return None
        tokens = self._tokens(key, self._limit)
        return Allowance(self._limit, int(tokens), (self._limit - tokens) * 60 / self._limit)

    def take(self, key: str | None) -> None:
        """One request of the key. ApiError 429 when it has to wait."""
        if self._limit is None:
            return
        tokens = self._tokens(key, self._limit)
        if tokens < 1 - _ROUNDING:
            wait = math.ceil((1 - tokens) * 60 / self._limit)
            whose = f"the key '{key}' is" if key else "all clients together are"
            message = f"{whose} allowed {self._limit} requests a minute; try again in {wait} s"
            raise ApiError(429, message, "rate_limit_exceeded", retry_after_s=wait)
        self._buckets[key] = (max(0.0, tokens - 1), self._clock())

    def _tokens(self, key: str | None, limit: int) -> float:
        now = self._clock()
        tokens, at = self._buckets.get(key, (float(limit), now))
        return min(float(limit), tokens + (now - at) * limit / 60)


def duration(seconds: float) -> str:
    """`120ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.0f}s" if minutes else f"{rest:.3g}s"
