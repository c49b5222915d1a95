"""A limit per minute holds in every minute, a ceiling on any path, and a refusal is waited out as long as it asks."""

import asyncio
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import BudgetError
from toolschool.models.limits import Pace, Prices, Purse, backoff, divide, retry_after


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def starts(pace: Pace, clock: Clock, arrivals: list[float]) -> list[float]:
    """When requests that arrive so many seconds after each other may start."""
    found = []
    for pause in arrivals:
        clock.now += pause
        found.append(clock.now + pace.claim(1))
    return found


@given(st.integers(1, 500), st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_minute_has_more_than_the_limit(limit: int, arrivals: list[float]) -> None:
    clock = Clock()
    found = starts(Pace(limit, clock), clock, arrivals)
    for first in found:
        assert sum(first <= start < first + 60 - 1e-6 for start in found) <= limit


def test_a_busy_queue_uses_the_whole_limit() -> None:
    clock = Clock()
    found = starts(Pace(120, clock), clock, [0.0] * 240)
    assert found[-1] - found[0] == pytest.approx(239 / 2)


@given(st.lists(st.tuples(st.integers(1, 4000), st.floats(0, 1)), min_size=2, max_size=60))
def test_tokens_really_used_keep_to_the_limit(requests: list[tuple[int, float]]) -> None:
    """One request after the other: claimed at its longest, settled at what it was."""
    clock = Clock()
    pace, begin, used = Pace(6000, clock), clock.now, 0
    for most, part in requests:
        clock.now += pace.claim(most)
        assert used <= (clock.now - begin) * 100 + 1e-6  # before this one
        pace.settle(int(most * part) - most)
        used += int(most * part)


def test_shares_of_a_limit_are_paces_of_fractions() -> None:
    clock = Clock()
    pace = Pace(1 / 4, clock)
    assert [pace.claim(1) for _ in range(2)] == [0, 240]


def test_without_a_limit_nothing_waits_but_for_a_rest() -> None:
    clock = Clock()
    pace = Pace(None, clock)
    assert [pace.claim(10**6) for _ in range(3)] == [0, 0, 0]
    pace.rest(5)
    assert [pace.claim(1) for _ in range(2)] == [5, 5]
    clock.now += 6
    assert pace.claim(1) == 0


def test_prices_are_of_a_million_tokens() -> None:
    assert Prices(0.15, 0.60).of(2_000_000, 500_000) == pytest.approx(0.60)


async def test_side_by_side_the_ceiling_is_neither_passed_nor_missed() -> None:
    """Each may cost 10 and costs 3: only because they wait for each other do 8 fit into 31 at worst-case 10."""
    purse, done = Purse(allowed=31), []

    async def one(number: int) -> None:
        async with purse.hold(10) as bill:
            await asyncio.sleep(0)
            bill.paid = 3.0
        done.append(number)

    results = await asyncio.gather(*(one(number) for number in range(20)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, BudgetError)]
    assert len(done) == 8
    assert purse.spent == 24.0  # 24 + 10 > 31
    assert len(refused) == 12
    assert "24.0000 of 31.0000" in str(refused[0])
    assert "run again" in str(refused[0])


async def test_what_failed_costs_nothing_and_what_was_spent_before_counts() -> None:
    purse = Purse(allowed=10, spent=4)
    with pytest.raises(ZeroDivisionError):
        async with purse.hold(6):
            raise ZeroDivisionError
    assert purse.spent == 4
    with pytest.raises(BudgetError, match=r"4\.0000 of 10\.0000"):
        async with purse.hold(6.5):
            pass


def test_a_purse_outlives_an_event_loop() -> None:
    purse = Purse(allowed=3)

    async def three() -> None:
        async def one() -> None:
            async with purse.hold(1) as bill:
                await asyncio.sleep(0.001)
                bill.paid = 0.5

        await asyncio.gather(one(), one(), one())

    asyncio.run(three())
    purse.allowed = 6
    asyncio.run(three())
    assert purse.spent == 3.0


@given(
    st.floats(0, 100),
    st.lists(st.floats(0, 10), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.floats(0, 1)), max_size=30),
)
def test_allowances_never_add_up_to_more_than_the_ceiling(
    ceiling: float, before: list[float], steps: list[tuple[int, float]]
) -> None:
    """Whatever each tool then spends of its allowance, and however often the rest is divided again."""
    spent = {f"tool{number}": min(cost, ceiling / len(before)) for number, cost in enumerate(before)}
    tools = list(spent)
    for number, part in steps:
        allowed = divide(ceiling, spent, tools)
        tool = tools[number % len(tools)]
        spent[tool] += (allowed[tool] - spent[tool]) * part
        assert sum(spent.values()) <= ceiling + 1e-6
    assert sum(divide(ceiling, spent, tools).values()) == pytest.approx(ceiling, abs=1e-6)


def test_waits_double_with_jitter_up_to_a_minute_and_never_undercut_what_was_asked() -> None:
    for attempt in range(12):
        usual = min(60.0, 0.5 * 2**attempt)
        waits = [backoff(attempt, 7.0) for _ in range(50)]
        assert 7 + usual / 2 <= min(waits) < max(waits) <= 7 + usual * 1.5


def test_retry_after_is_read_in_all_its_forms() -> None:
    import time

    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "300", "retry-after": "9"}) == 0.3
    assert retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) == pytest.approx(30, abs=2)
    assert [retry_after({}), retry_after({"retry-after": "soon"}), retry_after({"retry-after": "-3"})] == [0, 0, 0]
