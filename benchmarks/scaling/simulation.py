"""A chain of stations with bounded queues between them, event by event: backpressure, uneven jobs, stragglers, lost servers. Pure, seeded.

    stations = [Station("driver", 1, lambda draw, server: 0.0024), Station("actors", 64, blocks(64, 0.5), room=128)]
    simulate(stations, jobs=1563, seed=0, losses=Losses(station=1, every_s=21600, back_s=180))

A server that has ended and finds no room behind it waits with its job: so a slow station slows those before it, as Ray Data's limits do.
A lost server's job goes back to the head of its queue and is done again from the start.
Limits: one queue for all servers of a station, where Ray Data gives each actor a block ahead; the storage never fails.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Draw = Callable[[random.Random, int], float]  # seconds of a job on the server of that number


@dataclass(frozen=True)
class Station:
    """`servers` that take a job each; `room` jobs may wait in front of them."""

    name: str
    servers: int
    draw: Draw
    room: int = 1 << 60


@dataclass(frozen=True)
class Losses:
    """Every server of a station is lost at random, in the mean after `every_s`, and back after `back_s`."""

    station: int
    every_s: float
    back_s: float


@dataclass(frozen=True)
class Outcome:
    seconds: float  # until the last job is done
    busy: tuple[float, ...]  # of each station: share of its servers' time that went into work that counted
    again: int  # jobs that were begun once more


def simulate(stations: Sequence[Station], jobs: int, seed: int, losses: Losses | None = None) -> Outcome:
    """Until all jobs have gone through all stations."""
    return _Run(stations, jobs, seed, losses).outcome()


class _Run:
    def __init__(self, stations: Sequence[Station], jobs: int, seed: int, losses: Losses | None) -> None:
        self.stations, self.jobs, self.losses = stations, jobs, losses
        self.draw, self.loss_draw = random.Random(seed), random.Random(f"{seed}/losses")
        self.waiting: list[deque[int]] = [deque() for _ in stations]
        self.waiting[0].extend(range(jobs))
        self.free = [list(range(station.servers)) for station in stations]
        self.holding: list[dict[int, int]] = [{} for _ in stations]  # server -> job, in work or stuck
        self.began: dict[tuple[int, int], float] = {}  # when it was taken
        self.stuck: list[deque[int]] = [deque() for _ in stations]  # servers that wait for room behind them
        self.work = [0.0 for _ in stations]
        self.events: list[tuple[float, int, str, int, int, int]] = []  # time, number, kind, station, server, job's try
        self.tries: dict[tuple[int, int], int] = {}
        self.number = self.done = self.again = 0
        self.now = 0.0

    def outcome(self) -> Outcome:
        if self.losses:
            for server in range(self.stations[self.losses.station].servers):
                self._plan_loss(server)
        self._settle()
        while self.done < self.jobs:
            self.now, _, kind, station, server, tried = heapq.heappop(self.events)
            if kind == "end" and self.tries[station, server] == tried:
                self._end(station, server)
            elif kind == "loss":
                self._lose(station, server)
            elif kind == "back":
                heapq.heappush(self.free[station], server)
                self._plan_loss(server)
            self._settle()
        time = [self.now * station.servers or 1.0 for station in self.stations]
        return Outcome(self.now, tuple(work / t for work, t in zip(self.work, time, strict=True)), self.again)

    def _settle(self) -> None:
        """Whatever can move at this moment moves, from the last station to the first, until nothing does."""
        moved = True
        while moved:
            moved = False
            for i in reversed(range(len(self.stations))):
                moved |= self._begin(i)
                moved |= i > 0 and self._take_from(i - 1)

    def _begin(self, i: int) -> bool:
        begun = False
        while self.free[i] and self.waiting[i]:
            server = heapq.heappop(self.free[i])
            self.holding[i][server] = self.waiting[i].popleft()
            tried = self.tries[i, server] = self.tries.get((i, server), 0) + 1
            self.began[i, server] = self.now
            self._plan(self.stations[i].draw(self.draw, server), "end", i, server, tried)
            begun = True
        return begun

    def _take_from(self, i: int) -> bool:
        """Jobs that are done at station i into the queue behind it, while there is room."""
        taken = False
        while self.stuck[i] and len(self.waiting[i + 1]) < self.stations[i + 1].room:
            server = self.stuck[i].popleft()
            self.waiting[i + 1].append(self.holding[i].pop(server))
            heapq.heappush(self.free[i], server)
            taken = True
        return taken

    def _end(self, i: int, server: int) -> None:
        self.work[i] += self.now - self.began[i, server]
        if i + 1 < len(self.stations):
            self.stuck[i].append(server)
        else:
            del self.holding[i][server]
            heapq.heappush(self.free[i], server)
            self.done += 1

    def _lose(self, i: int, server: int) -> None:
        assert self.losses
        if server in self.holding[i]:
            self.tries[i, server] += 1  # what it was doing does not end
            self.waiting[i].appendleft(self.holding[i].pop(server))
            self.again += 1
            if server in self.stuck[i]:
                self.stuck[i].remove(server)
        else:
            self.free[i].remove(server)
            heapq.heapify(self.free[i])
        self._plan(self.losses.back_s, "back", i, server, 0)

    def _plan_loss(self, server: int) -> None:
        assert self.losses
        self._plan(self.loss_draw.expovariate(1 / self.losses.every_s), "loss", self.losses.station, server, 0)

    def _plan(self, after: float, kind: str, station: int, server: int, tried: int) -> None:
        self.number += 1
        heapq.heappush(self.events, (self.now + after, self.number, kind, station, server, tried))
