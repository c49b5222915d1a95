"""The one check against measurements there is: eight tools explored by 1, 2 and 4 workers (`python -m benchmarks ste`, docs/ste.md).

There a worker mostly waits for an endpoint, so that two cores can carry four of them. One number is fitted, to two workers: the part of
the work that more workers do not shorten. Four workers are then foretold, by the formula and by the simulator.
"""

from __future__ import annotations

import math

from benchmarks.scaling.simulation import Station, simulate

JOBS = 8
MEASURED = {2: 1.99, 4: 3.85}  # times as fast as one worker


def speed_up(jobs: int, workers: int, share: float) -> float:
    """Of equal jobs of one second and a part of `share` seconds that does not shrink."""
    return (share + jobs) / (share + math.ceil(jobs / workers))


def fixed_share(jobs: int, workers: int, measured: float) -> float:
    """The part that makes `speed_up` what was measured, in seconds where a job is one."""
    return (jobs - measured * math.ceil(jobs / workers)) / (measured - 1)


def simulated_speed_up(jobs: int, workers: int, share: float) -> float:
    one, many = (simulate([Station("workers", n, lambda draw, server: 1.0)], jobs, 0).seconds for n in (1, workers))
    return (share + one) / (share + many)
