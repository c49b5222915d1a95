"""What an endpoint allows and what it may cost: a pace, a purse, and how long to wait after a refusal.

    wait = Pace(per_minute=60).claim(1)                   # seconds until this request may start: requests are evenly spaced
    async with purse.hold(prices.of(900, 360)) as bill:   # waits while what is in flight could use up the rest
        bill.paid = prices.of(reply.prompt_tokens, reply.completion_tokens)

Even spacing has no bursts, so a limit per minute holds in every minute, whenever it begins. Everything here belongs to one process: of
an endpoint that several share, each takes `per_minute / shares`, and of the money each tool has its own (`divide`).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from pydantic import Field

from toolschool.config import Config
from toolschool.errors import BudgetError, ConfigError

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
MILLION = 1_000_000
TEACHER_ADVICE = "what was explored is kept: raise teacher.max_cost and run again to go on, or without raising it to divide what is left"


class Pace:
    """Room for `per_minute` units a minute, None for any number. A limit may be a fraction: the share of a worker."""

    def __init__(self, per_minute: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 60.0 / per_minute if per_minute else 0.0  # of one unit
        self._clock = clock
        self._free = 0.0  # when the next may start

    def claim(self, units: float) -> float:
        """Take room; seconds until it is there. Who comes next waits behind it."""
        now = self._clock()
        start = max(self._free, now)
        self._free = start + units * self._seconds
        return start - now

    def settle(self, units: float) -> None:
        """Take room for what was used beyond the claim; below zero, give some back."""
        self._free += units * self._seconds

    def rest(self, seconds: float) -> None:
        """Start nothing for a while: the endpoint has said so."""
        self._free = max(self._free, self._clock() + seconds)


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in any currency."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / MILLION


@dataclass
class Bill:
    """What a request turned out to cost; 0 where nothing came back."""

    paid: float = 0.0


class Limits(Config):
    """What an endpoint allows, and what it may cost."""

    concurrency: int = Field(default=32, ge=1)
    """Requests of one process in flight at the endpoint."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds for one answer of the endpoint."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """What the endpoint allows, of all workers together."""
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """What the endpoint allows, read and written, of all workers together."""
    prompt_price: float | None = Field(default=None, ge=0)
    """Of a million tokens read, in any currency."""
    completion_price: float | None = Field(default=None, ge=0)
    """Of a million tokens written."""
    max_cost: float | None = Field(default=None, gt=0)
    """What all replies may cost together, over all workers and restarts."""

    @property
    def prices(self) -> Prices:
        return Prices(self.prompt_price or 0.0, self.completion_price or 0.0)


class Purse:
    """Money that is spent once: `spent` of `allowed` is gone already. The sum of all bills never exceeds what is allowed.

    `advice` ends the message of who finds it empty. Limit: what the endpoint charges for a try that never came back is not known here.
    """

    def __init__(self, allowed: float = float("inf"), spent: float = 0.0, advice: str = TEACHER_ADVICE) -> None:
        self.allowed, self.spent, self.advice = allowed, spent, advice
        self._held: list[float] = []  # the most that each request in flight may cost
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def hold(self, most: float) -> AsyncIterator[Bill]:
        """Set aside what a request can cost at most. Raises BudgetError where that is not there, whatever comes back of what is in flight."""
        while self.spent + sum(self._held) + most > self.allowed:
            if not self._held:
                raise BudgetError(
                    f"the budget is spent: {self.spent:.4f} of {self.allowed:.4f}, and the next request may cost {most:.4f}; "
                    f"{self.advice}"
                )
            await self._changed.wait()
        self._held.append(most)
        bill = Bill()
        try:
            yield bill
        finally:
            self._held.remove(most)
            self.spent += bill.paid
            self._changed.set()
            self._changed = asyncio.Event()


def divide(max_cost: float, spent: Mapping[str, float], tools: Collection[str]) -> dict[str, float]:
    """How much each of the tools that are left may cost in all: what it has cost, and an equal part of the rest.

    `spent` by tool, finished ones too. As a tool's own spending is counted in, a worker that dies and comes back gets nothing twice:
    the sum never exceeds `max_cost`, for any number of workers and restarts.
    """
    rest = max(0.0, max_cost - sum(spent.values()))
    return {tool: spent.get(tool, 0.0) + rest / len(tools) for tool in tools}


def backoff(attempt: int, asked: float = 0.0) -> float:
    """Seconds before try `attempt` + 1 (from 0): doubled each time, with jitter, and never before the time the endpoint asked for."""
    return asked + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**attempt) * random.uniform(0.5, 1.5)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` (a number or a date) or `retry-after-ms` asks for; 0 where there is none that can be read."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after", "0")
        try:
            return max(0.0, float(value))
        except ValueError:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def check_url(key: str, url: str, variable: str) -> None:
    """ConfigError unless `url`, the value of the configuration's `key`, is an address without a secret; `variable` is where that belongs."""
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ConfigError(f"{key}={url} is no address; write http://HOST:PORT/v1")
    if address.username or address.password or address.query:
        raise ConfigError(f"{key} may hold no secret, as it is recorded; put the key into {variable}")
