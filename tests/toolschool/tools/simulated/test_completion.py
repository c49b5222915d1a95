"""Done means: every gold call was made with its arguments, one by one, and no failure was left standing."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from toolschool.tools.simulated import Api, Exchange, GoldCall, SimulatedBackend, filled, labelled, unmet, unrepaired


def city(name: str, api: str = "forecast", **more: Any) -> GoldCall:
    return GoldCall(api, {"city": name, **more})


async def test_gold_calls_are_met_in_any_order_each_by_its_own(backend: SimulatedBackend) -> None:
    gold = [city("Bonn"), city("Porto"), city("Bonn")]
    assert unmet(gold, backend.log, backend.apis) == gold
    for name in ("Porto", " Bonn"):
        await backend.call("forecast", {"city": name, "days": 3})
    assert unmet(gold, backend.log, backend.apis) == [city("Bonn")]
    await backend.call("forecast", {"city": "Bonn", "days": 2})
    await backend.call("isOpen", {"city": "Bonn"})
    await backend.call("forecast", {"city": "Bonn", "place": 1})
    assert unmet(gold, backend.log, backend.apis) == [city("Bonn")], "other arguments, another API, a refused call"
    await backend.call("forecast", {"city": "Bonn"})
    assert unmet(gold, backend.log, backend.apis) == []


async def test_labels_stand_for_what_was_answered(backend: SimulatedBackend) -> None:
    gold = [
        GoldCall("createEvent", {"event_name": "Fair", "city": "Bonn"}, ("API_call_0", "API_call_1")),
        GoldCall("getEventDetails", {"event_id": "API_call_0"}),
        GoldCall("forecast", {"city": "API_call_1 response"}),
    ]
    values: dict[str, Any] = {}
    for call in gold:
        exchange = await backend.call(call.api, filled(call, backend.apis[call.api], values))
        values |= labelled(call, exchange.answer)
    assert unmet(gold, backend.log, backend.apis) == []
    assert backend.log[1].arguments == {"event_id": backend.log[0].answer["event_id"]}
    literal = backend.fresh()
    for call in gold:
        await literal.call(call.api, call.arguments)
    assert unmet(gold, literal.log, literal.apis) == gold[1:], "the label itself is not what was answered"


def test_labels_take_the_type_that_the_api_wants(backend: SimulatedBackend) -> None:
    forecast = backend.apis["forecast"]
    call = GoldCall("forecast", {"city": "a", "days": "b"})
    assert filled(call, forecast, {"a": 7, "b": "2"}) == {"city": "7", "days": 2}
    assert filled(call, forecast, {"a": None, "b": "soon"}) == {"city": "a", "days": "b"}


def test_gold_calls_of_unknown_apis_are_never_met(backend: SimulatedBackend) -> None:
    log = [Exchange("nowhere", {}, answer={})]
    assert unmet([GoldCall("nowhere", {})], log, backend.apis) == [GoldCall("nowhere", {})]


async def test_failures_want_a_success_of_the_same_api(backend: SimulatedBackend) -> None:
    await backend.call("forecast", {})
    await backend.call("isOpen", {"city": "Bonn"})
    assert [failed.api for failed in unrepaired(backend.log)] == ["forecast"]
    await backend.call("forecast", {"city": "Bonn"})
    assert unrepaired(backend.log) == []
    await backend.call("foreseen", {})
    assert [failed.status for failed in unrepaired(backend.log)] == [404]
    await backend.call("isOpen", {"city": "Bonn"})
    assert unrepaired(backend.log) == [], "after a 404 another API may do"


@given(st.lists(st.sampled_from(["Bonn", "Porto", "Kyoto"]), max_size=6), st.integers(0, 6), st.randoms())
def test_every_gold_call_needs_a_call(cities: list[str], lost: int, rng: Random) -> None:
    api = Api(("", "", "forecast"), "forecast", "", {"type": "object", "properties": {"city": {"type": "string"}}}, {})
    calls = [Exchange("forecast", {"city": name}, answer={}) for name in cities]
    rng.shuffle(calls)
    left = unmet([city(name) for name in cities], calls[lost:], {"forecast": api})
    assert len(left) == min(lost, len(cities))
