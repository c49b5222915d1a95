"""Calls come back as exchanges, whatever happens; every run has a place of its own."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from toolschool.datasets.api_docs import ApiDoc
from toolschool.errors import DataError
from toolschool.methods.toolgen.worlds import SimulatedWorld, by_key, running
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated import Faults, simulated_api

NOW = datetime(2026, 3, 2, 9)
NOWHERE = ("", "", "nowhere")


async def test_the_desk(desk: Any) -> None:
    reminder, event = desk.key("create_reminder"), desk.key("create_calendar_event")
    said = {"name": "Milk", "due_date": "", "notes": "", "list_name": "", "priority": 0, "all_day": False}
    meeting = {"title": "x", "location": "", "invitees": [], "notes": "", "calendar": ""}
    with desk.world.open(NOW) as place:
        assert (await place.call(reminder, said)).ok
        assert [row["name"] for row in place.state()["reminders"]] == ["Milk"]
        late = await place.call(event, {**meeting, "start_date": "2026-03-02 10:00", "end_date": "2026-03-02 09:00"})
        assert (late.status, late.error[:9]) == (422, "Not done:")
        assert (
            await place.call(reminder, {"name": "Milk"})
        ).error == "create_reminder needs due_date; give all of " + ", ".join(said)
        assert (await place.call(reminder, ["Milk"])).status == 400
        assert (await place.call(NOWHERE, {})).status == 404
    with desk.world.open(NOW) as place:
        assert place.state()["reminders"] == []


async def test_simulated_apis(town: Any, known: Any) -> None:
    create, cancel = town.key("createEvent"), town.key("cancelEvent")
    with town.world.open(None) as place:
        made = await place.call(create, {"event_name": "Fair", "city": "Bonn"})
        assert made.ok
        assert place.state()["Hall / event"]["rows"]
        assert (await place.call(cancel, {"event": 1})).status == 400
        assert (await place.call(cancel, None)).status == 400
        assert (await place.call(NOWHERE, {})).status == 404
    with town.world.open(None) as place:
        assert place.state() == {}
        assert await place.call(create, {"event_name": "Fair", "city": "Bonn"}) == made, (
            "the same call, the same answer"
        )
    with known(Faults(server=1.0)).world.open(None) as place:
        assert (await place.call(create, {"event_name": "Fair", "city": "Bonn"})).status >= 500


def test_two_apis_of_one_key_are_refused() -> None:
    from toolschool.tools.simulated import uniquely_named

    with pytest.raises(DataError, match="the same category, tool and api"):
        SimulatedWorld(uniquely_named([simulated_api(ApiDoc("a", "b", "c"))] * 2))


async def test_tools_of_ones_own_may_be_slow_break_or_fail() -> None:
    async def sleepy() -> JsonValue:
        await asyncio.sleep(60)

    async def broken() -> JsonValue:
        raise ValueError("no\nluck")

    schema = {"type": "object", "properties": {}}
    tools = by_key([Tool("sleepy", "", schema, timeout_s=0.01, run=sleepy), Tool("broken", "", schema, run=broken)])
    call = running(tools)
    slow, bad = await asyncio.gather(call(("", "", "sleepy"), {}), call(("", "", "broken"), {}))
    assert "gave no answer within 0.01 s" in slow.text
    assert (slow.status, bad.status, (await call(("", "", "broken"), {"x": 1})).status) == (500, 500, 400)
    assert bad.text == "Error: broken failed: ValueError: no luck"
