"""What all requests of a gateway have in common: the keys, the rates, how many are inside, and whether it is closing.

door = Door(settings)
app = create_app(service, settings, door)
await door.close(within_s=120)                # new requests get 503, /ready too; returns when the last one inside has ended
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from serving.keyring import KeyRing
from serving.logs import Entry
from serving.rates import Rates
from serving.settings import GatewaySettings


class Watch(Protocol):
    """Whoever counts requests (`serving.metrics.RequestMetrics`)."""

    def inside(self, count: int) -> None:
        """So many requests are at work now."""
        ...

    def ended(self, entry: Entry) -> None:
        """A request has ended."""
        ...


class Door:
    """One per app. ConfigError when the key file is missing or wrong."""

    def __init__(self, settings: GatewaySettings, watch: Watch | None = None) -> None:
        self.ring = KeyRing(settings.keys, settings.key_file)
        self.rates = Rates(settings.limits.requests_per_minute)
        self.closing = False
        self._watch, self._inside, self._changed = watch, 0, asyncio.Event()

    def enter(self) -> None:
        """A request comes in."""
        self._count(1)

    def leave(self, entry: Entry) -> None:
        """A request has ended."""
        self._count(-1)
        if self._watch is not None:
            self._watch.ended(entry)

    def _count(self, change: int) -> None:
        self._inside += change
        self._changed.set()
        if self._watch is not None:
            self._watch.inside(self._inside)

    async def close(self, within_s: float) -> int:
        """Let nobody in, and wait for those inside, not longer than `within_s`; how many are left."""
        self.closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._inside:
                    self._changed.clear()
                    await self._changed.wait()
        return self._inside
