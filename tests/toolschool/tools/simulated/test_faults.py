"""Faults: at the asked rates, the same for the same seed and call, and gone when they should be."""

from collections import Counter
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.errors import ConfigError
from toolschool.tools.simulated import Faults, SimulatedBackend
from toolschool.tools.simulated.faults import Fault


@settings(max_examples=20)
@given(st.floats(0, 0.4), st.floats(0, 0.3), st.floats(0, 0.3), st.integers(0, 10**6))
def test_rates(client: float, server: float, slow: float, seed: int) -> None:
    faults = Faults(client, server, slow, delay_s=2)
    count = 2000
    drawn = Counter(_kind(faults.draw(seed, f"call {n}", 0, 0)) for n in range(count))
    for kind, rate in (("4", client), ("5", server), ("slow", slow)):
        margin = 5 * (rate * (1 - rate) / count) ** 0.5 + 1 / count
        assert abs(drawn[kind] / count - rate) <= margin


def _kind(fault: Fault) -> str:
    return str(fault.status.value)[0] if fault.status else "slow" if fault.delay_s == 2 else ""


def test_the_same_call_is_drawn_anew_each_time() -> None:
    faults = Faults(client=0.5)
    tries = [[faults.draw(0, f"call {n}", attempt, 0).status is None for attempt in range(20)] for n in range(20)]
    assert tries == [[faults.draw(0, f"call {n}", a, 9).status is None for a in range(20)] for n in range(20)]
    assert all(any(row) and not all(row) for row in tries)


def test_off_by_default() -> None:
    assert all(Faults().draw(0, f"call {n}", 0, 0) == Fault() for n in range(1000))


@pytest.mark.parametrize("bad", [{"client": -0.1}, {"server": 0.6, "slow": 0.6}, {"delay_s": -1}, {"first": -1}])
def test_a_plan_that_cannot_be(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Faults(**bad)  # type: ignore[arg-type]


async def test_the_first_calls_fail_then_it_works(backend: SimulatedBackend) -> None:
    failing = SimulatedBackend(backend.apis.values(), faults=Faults(first=2))
    statuses = [(await failing.call("isOpen", {"city": city})).status for city in ("Bonn", "Porto", "Bonn", "Bonn")]
    assert statuses == [503, 503, 200, 200]
    assert (await failing.call("forecast", {"city": "Bonn"})).status == 503, "each API has its own first calls"
    assert "try again" in str(failing.log[0].error)


async def test_other_calls_in_between_make_no_difference(backend: SimulatedBackend) -> None:
    plan = Faults(client=0.3, server=0.3)
    alone = SimulatedBackend(backend.apis.values(), seed=3, faults=plan)
    busy = SimulatedBackend(backend.apis.values(), seed=3, faults=plan)
    cities = [f"city {n % 10}" for n in range(40)]
    wanted = [await alone.call("forecast", {"city": city}) for city in cities]
    seen = []
    for city in cities:
        await busy.call("isOpen", {"city": city})
        await busy.call("forecast", {})
        seen.append(await busy.call("forecast", {"city": city}))
    assert seen == wanted
    assert {exchange.status for exchange in wanted} >= {200, 503}
    assert all(exchange.error is None or HTTPStatus(exchange.status).phrase in exchange.error for exchange in wanted)


async def test_a_call_that_fails_changes_nothing(backend: SimulatedBackend) -> None:
    failing = SimulatedBackend(backend.apis.values(), faults=Faults(server=1))
    assert (await failing.call("createEvent", {"event_name": "Fair", "city": "Bonn"})).status >= 500
    assert failing.state() == {}
