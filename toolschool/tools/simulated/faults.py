"""Failing on purpose: which call fails, and how, decided by the seed and the call alone.

    SimulatedBackend(apis, seed=7, faults=Faults(client=0.05, server=0.05, slow=0.1, delay_s=30))
    Faults(first=2)                  # the first two calls of every API fail, then it works

The same call is drawn anew each time it is made, so that trying again may help; which other calls are made in between makes no
difference. A call that fails has changed nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from toolschool.errors import ConfigError

_CLIENT = {
    HTTPStatus.FORBIDDEN: "the subscription does not cover this request; use another API",
    HTTPStatus.NOT_FOUND: "nothing was found; check the arguments or use another API",
    HTTPStatus.TOO_MANY_REQUESTS: "the rate limit is reached; try again",
}
_SERVER = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "something broke on the server; try again",
    HTTPStatus.BAD_GATEWAY: "the server behind the API gave no valid answer; try again",
    HTTPStatus.SERVICE_UNAVAILABLE: "the service is not there at the moment; try again",
}


class Fault(NamedTuple):
    """What is wrong with one call: a status with its reason, or none and a delay."""

    status: HTTPStatus | None = None
    reason: str = ""
    delay_s: float = 0.0


@dataclass(frozen=True)
class Faults:
    """The plan. Rates are shares of calls from 0 to 1, together at most 1; ConfigError otherwise."""

    client: float = 0.0
    server: float = 0.0
    slow: float = 0.0
    delay_s: float = 1.0  # of a slow call, before its answer
    first: int = 0  # calls of each API that fail before it works

    def __post_init__(self) -> None:
        rates = (self.client, self.server, self.slow)
        if min(rates) < 0 or sum(rates) > 1:
            raise ConfigError(f"the rates of faults are {rates}; they must be 0 or more and together at most 1")
        if self.delay_s < 0 or self.first < 0:
            raise ConfigError("delay_s and first of faults cannot be negative; use 0 for none")

    def draw(self, seed: int, call: str, attempt: int, api_calls: int) -> Fault:
        """The fault of a call (in normal form) that was made `attempt` times before, its API `api_calls` times."""
        if api_calls < self.first:
            return Fault(HTTPStatus.SERVICE_UNAVAILABLE, _SERVER[HTTPStatus.SERVICE_UNAVAILABLE])
        rng = random.Random(f"fault/{seed}/{attempt}/{call}")
        place = rng.random()
        if place < self.client:
            return Fault(*rng.choice(list(_CLIENT.items())))
        if place < self.client + self.server:
            return Fault(*rng.choice(list(_SERVER.items())))
        return Fault(delay_s=self.delay_s if place < self.client + self.server + self.slow else 0.0)
