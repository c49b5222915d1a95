"""The simulator: where theory knows the answer it gives it, and whatever happens no job is lost or done twice."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scaling.simulation import Losses, Station, simulate


def constant(seconds: float):  # type: ignore[no-untyped-def]
    return lambda draw, server: seconds


@given(st.integers(1, 40), st.integers(1, 12))
def test_equal_jobs_come_in_waves(jobs: int, servers: int) -> None:
    found = simulate([Station("one", servers, constant(2.0))], jobs, 0)
    waves = -(-jobs // servers)
    assert found.seconds == pytest.approx(2.0 * waves)
    assert found.busy[0] == pytest.approx(jobs / (waves * servers))
    assert found.again == 0


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0.1, 3.0), st.integers(1, 5)), min_size=1, max_size=4))
@settings(max_examples=40)
def test_the_slowest_station_sets_the_pace(stations: list[tuple[int, float, int]]) -> None:
    """A long run takes the bottleneck's time, plus at most the way of one job through all stations and its last wave."""
    jobs = 200
    chain = [Station(f"{i}", n, constant(s), room) for i, (n, s, room) in enumerate(stations)]
    slowest = max(s / n for n, s, _ in stations)
    found = simulate(chain, jobs, 0).seconds
    assert jobs * slowest - 1e-6 <= found <= jobs * slowest + 2 * sum(s for _, s, _ in stations) + 1e-6


def test_a_full_queue_holds_back_what_is_before_it() -> None:
    """With room for one job the first station cannot run ahead: it ends 2 jobs (one waits, one is at work) before the second."""
    ends: list[float] = []
    clock = iter(range(1, 100))

    def first(draw: random.Random, server: int) -> float:
        ends.append(next(clock))
        return 1.0

    tight = simulate([Station("fast", 1, first, 1), Station("slow", 1, constant(10.0), 1)], 10, 0)
    assert tight.seconds == pytest.approx(1 + 100)
    assert tight.busy[0] < 0.2, "time that a job is stuck is not work"
    assert tight.busy[1] == pytest.approx(100 / 101)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 30))
@settings(max_examples=40)
def test_lost_servers_cost_time_and_no_job(seed: int, servers: int, jobs: int) -> None:
    done: Counter[int] = Counter()

    def last(draw: random.Random, server: int) -> float:
        done["jobs"] += 1
        return 0.01

    chain = [Station("actors", servers, constant(5.0)), Station("storage", 1, last)]
    calm = simulate(chain, jobs, seed).seconds
    done.clear()
    found = simulate(chain, jobs, seed, Losses(0, every_s=20.0, back_s=3.0))
    assert done["jobs"] == jobs
    assert found.seconds >= calm - 1e-9
    assert (found.again == 0) <= (found.seconds <= calm + 40 * 3.0 * jobs)


def test_the_cost_of_losses_is_that_of_theory() -> None:
    """One server, jobs of s, losses at rate 1/m, back after b: a job takes (m + b)(e^(s/m) - 1) in the mean (renewal theory)."""
    import math

    s, m, b, jobs = 5.0, 8.0, 3.0, 4000
    found = simulate([Station("one", 1, constant(s))], jobs, 1, Losses(0, m, b))
    assert found.seconds / jobs == pytest.approx((m + b) * (math.exp(s / m) - 1), rel=0.05)
    assert found.again / jobs == pytest.approx(math.exp(s / m) - 1, rel=0.05)


def test_a_seed_is_a_run() -> None:
    chain = [Station("one", 3, lambda draw, server: draw.random())]
    assert simulate(chain, 50, 7) == simulate(chain, 50, 7)
    assert simulate(chain, 50, 7) != simulate(chain, 50, 8)
