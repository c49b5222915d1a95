"""The backend as tools and as an agent's counterpart: what it refuses, logs, replays and forgets."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Any

import pytest

from toolschool.errors import ConfigError, ToolError
from toolschool.tools.run import run_tool
from toolschool.tools.simulated import Exchange, Faults, SimulatedBackend
from toolschool.tools.simulated import backend as backend_module
from toolschool.tools.simulated.calls import MAX_CHARACTERS


async def test_an_api_is_a_tool_like_any_other(backend: SimulatedBackend) -> None:
    tool = backend.catalog(["forecast"])["forecast"]
    answer = await run_tool(tool, {"city": "Bonn"})
    assert answer["city"] == "Bonn"
    assert backend.log == [Exchange("forecast", {"city": "Bonn"}, answer=answer)]
    with pytest.raises(ToolError, match=r"^forecast needs city; give all of city$"):
        await run_tool(tool, {"days": 1})
    assert len(backend.catalog()) == len(backend.apis)
    assert [backend.tool(name).side_effects for name in ("forecast", "createEvent")] == [False, True]
    with pytest.raises(KeyError):
        backend.tool("forecasts")


@pytest.mark.parametrize(
    ("name", "arguments", "status", "said"),
    [
        ("forecast", {}, 400, "forecast needs city"),
        (
            "forecast",
            {"city": "Bonn", "town": "Bonn"},
            400,
            "forecast has no argument town; it takes city, days, units, from",
        ),
        ("forecast", {"city": 5}, 400, "forecast: city: 5 is not of type 'string'"),
        ("forecast", {"city": "Bonn", "days": "3"}, 400, "forecast: days: '3' is not of type 'number'"),
        ("forecast", {"city": "Bonn", "days": True}, 400, "forecast: days: True is not of type 'number'"),
        (
            "forecast",
            {"city": "Bonn", "units": "si"},
            400,
            "forecast: units: 'si' is not one of ['metric', 'imperial']",
        ),
        ("forecast", {"city": "Bonn", "from": "tomorrow"}, 400, "forecast: from: 'tomorrow' does not match"),
        ("forecast", {"city": "Bonn", "days": float("nan")}, 400, "nan is no JSON number"),
        ("forecast", {"city": "x" * (MAX_CHARACTERS + 1)}, 400, "longer than"),
        ("forecast", {"city": "x" * (MAX_CHARACTERS + 1), "town": 1}, 400, "has no argument town"),
        ("forecast", ["Bonn"], 400, "the arguments must be a JSON object"),
        ("forecast", None, 400, "the arguments must be a JSON object"),
        ("forcast", {"city": "Bonn"}, 404, "there is no API forcast; did you mean forecast?"),
        ("x" * 10_000, {}, 404, "use one of the APIs you were given"),
    ],
)
async def test_a_mistake_is_an_observation(
    name: str, arguments: Any, status: int, said: str, backend: SimulatedBackend
) -> None:
    exchange = await backend.call(name, arguments)
    assert (exchange.status, exchange.ok, exchange.answer) == (status, False, None)
    assert said in str(exchange.error)
    assert exchange.text == f"Error: {exchange.error}"
    assert "\n" not in exchange.text
    assert len(exchange.text) < 400
    assert backend.log == [exchange]
    assert len(json.dumps(asdict(exchange))) < 2000, "what is too long is not kept"


async def test_deep_arguments_are_refused() -> None:
    from toolschool.tools.simulated import Api

    anything = {"type": "object", "properties": {"x": {}}, "required": ["x"]}
    backend = SimulatedBackend([Api(("", "", "any"), "any", "", anything, {"type": "object"})])
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    exchange = await backend.call("any", {"x": deep})
    assert (exchange.status, exchange.arguments) == (400, {})
    assert "deeper" in str(exchange.error)


async def test_recorded_answers_come_first(backend: SimulatedBackend) -> None:
    truth = {"city": "Bonn", "summary": "Rain."}
    invented = await backend.call("forecast", {"city": "Porto"})
    recorded = [
        Exchange("forecast", {"city": "Bonn"}, answer=dict(truth)),
        Exchange("forecast", {"city": "Kyoto"}, 500, error="broken"),
        Exchange("unheard_of", {}, answer=1),
        Exchange(**json.loads(json.dumps(asdict(invented)))),
    ]
    replay = SimulatedBackend(backend.apis.values(), seed=99, recorded=recorded)
    first = await replay.call("forecast", {"city": " Bonn", "days": 3})
    assert first.answer == truth
    first.answer["summary"] = "Sun."
    assert (await replay.call("forecast", {"city": "Bonn"})).answer == truth, "a caller cannot change the recording"
    assert (await replay.call("forecast", {"city": "Kyoto"})).ok
    assert (await replay.call("forecast", {"city": "Porto"})).answer == invented.answer
    assert (await replay.call("forecast", {"city": "Bonn", "days": 2})).answer != truth


async def test_a_slow_call_runs_into_the_time_limit(backend: SimulatedBackend) -> None:
    slow = SimulatedBackend(backend.apis.values(), faults=Faults(slow=1, delay_s=30), timeout_s=0.05)
    started = time.monotonic()
    exchange = await slow.call("createEvent", {"event_name": "Fair", "city": "Bonn"})
    assert time.monotonic() - started < 5
    assert (exchange.status, slow.log) == (504, [exchange])
    assert "no answer within 0.05 s" in str(exchange.error)
    assert slow.state() == {}, "what was not answered has not happened"


async def test_slow_calls_do_not_wait_for_each_other(backend: SimulatedBackend) -> None:
    slow = SimulatedBackend(backend.apis.values(), faults=Faults(slow=1, delay_s=0.1))
    started = time.monotonic()
    exchanges = await asyncio.gather(*(slow.call("forecast", {"city": str(n)}) for n in range(30)))
    assert 0.1 <= time.monotonic() - started < 2
    assert all(exchange.ok for exchange in exchanges)
    assert len(slow.log) == 30


async def test_calls_are_numbered(backend: SimulatedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "MAX_CALLS", 3)
    for _ in range(3):
        assert (await backend.call("isOpen", {"city": "Bonn"})).ok
    for _ in range(3):
        assert (await backend.call("isOpen", {"city": "Bonn"})).status == 429
        assert not (await backend.call("nowhere", {})).ok
    assert len(backend.log) == 3
    fresh = backend.fresh()
    assert (await fresh.call("isOpen", {"city": "Bonn"})).ok
    assert (len(fresh.log), len(backend.log)) == (1, 3)


def test_two_apis_of_one_name_are_refused(backend: SimulatedBackend) -> None:
    forecast = backend.apis["forecast"]
    with pytest.raises(ConfigError, match="one name"):
        SimulatedBackend([forecast, forecast])
