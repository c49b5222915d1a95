"""The agent service over a real desk and a scripted planner: what happens, what is told, and every fault."""

import asyncio
import importlib.util
import json
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import openai
import pytest

from serving import errors
from serving.effects import difference
from serving.gateway import create_app
from serving.service import Task
from serving.settings import GatewaySettings, Limits
from serving.tool_service import ToolService
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import DESK_TOOLS, Contact, Desk, World, desk_catalog

_spec = importlib.util.spec_from_file_location("scripted_models", Path(__file__).with_name("scripted_models.py"))
SCRIPTED = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(SCRIPTED)

NOW = datetime(2026, 3, 2, 9, 0)
TEXT_SID = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'


@pytest.fixture
def desk():
    world = World(contacts=(Contact("Sid", "sid@example.org", "555-0101"),))
    desk = Desk(NOW, world=world)
    yield desk
    desk.close()


def make(desk, models, **options):
    return ToolService(models, desk, lambda: NOW, **options)


async def collect(service, query="text Sid that I am late", now=None):
    async with aclosing(service.run(Task(query, now=now))) as events:
        return [event async for event in events]


async def test_a_plan_runs_and_everything_is_told(desk):
    events = await collect(make(desk, SCRIPTED.ScriptedModels(TEXT_SID)))
    kinds = [event["type"] for event in events]
    assert kinds[0] == "tools"
    assert kinds[-1] == "done"
    assert kinds.count("call_started") == kinds.count("call_finished") == 2
    assert "".join(event["text"] for event in events if event["type"] == "plan") == TEXT_SID
    started = [event for event in events if event["type"] == "call_started"]
    assert started[1]["args"] == [["555-0101"], "I am late"]
    planned = [(event["args"], event["needs"]) for event in events if event["type"] == "call_planned"]
    assert planned == [(["Sid"], []), ([["$1"], "I am late"], [1])]
    trace = events[-1]["trace"]
    assert trace["plan"] == TEXT_SID.strip()
    assert [seen["status"] for seen in trace["observations"]] == ["ok", "ok"]
    assert trace["effects"]["added"]["messages"] == [{"recipients": ["555-0101"], "body": "I am late"}]
    assert trace["now"] == NOW.isoformat()
    assert events[-1]["usage"]["prompt_tokens"] == 6
    assert events[-1]["usage"]["completion_tokens"] > 6
    json.dumps(events)


async def test_calls_start_while_the_plan_is_being_written(desk):
    models = SCRIPTED.ScriptedModels(TEXT_SID)
    models.gate = asyncio.Event()
    async with aclosing(make(desk, models).run(Task("q"))) as events:
        async for event in events:
            if event["type"] == "call_finished" and event["tool"] == "send_sms":
                models.gate.set()  # the join line was still missing
    assert desk.changes()["added"]["messages"]


async def test_now_of_the_request_is_the_clock_of_planner_and_tools(desk):
    models = SCRIPTED.ScriptedModels(
        '1. create_reminder("Dentist", "gibberish", "", "", 0, False)\n2. join()<END_OF_PLAN>\n'
    )
    models_event = SCRIPTED.ScriptedModels(
        '1. create_calendar_event("Sync", "", "", "", [], "", None)\n2. join()<END_OF_PLAN>\n',
    )
    other = datetime(2031, 5, 6, 7, 8)
    await collect(make(desk, models), now=other)
    await collect(make(desk, models_event), now=other)
    assert models.requests[0].now == other
    (event,) = desk.changes()["added"]["events"]
    assert event["start"].startswith("2031-05-06")


async def test_side_effects_can_be_refused(desk):
    events = await collect(make(desk, SCRIPTED.ScriptedModels(TEXT_SID), allow_side_effects=False))
    trace = events[-1]["trace"]
    assert [seen["status"] for seen in trace["observations"]] == ["ok", "declined"]
    assert not any(trace["effects"].values())
    assert not any(desk.changes().values())


async def test_effects_of_concurrent_requests_are_told_apart(desk):
    def noting(name):
        return SCRIPTED.ScriptedModels(f'1. create_note("{name}", "x", "")\n2. join()<END_OF_PLAN>\n')

    runs = await asyncio.gather(*(collect(make(desk, noting(name))) for name in "abcdefgh"))
    for name, events in zip("abcdefgh", runs, strict=True):
        assert [row["name"] for row in events[-1]["trace"]["effects"]["added"]["notes"]] == [name]


def test_difference():
    before = {"notes": [{"name": "a", "body": "1"}, {"name": "b", "body": "1"}], "mails": []}
    after = {"notes": [{"name": "a", "body": "2"}, {"name": "b", "body": "1"}], "mails": [{"to": "x"}, {"to": "x"}]}
    assert difference(before, after) == {
        "added": {"mails": [{"to": "x"}, {"to": "x"}]},
        "changed": {"notes": [{"name": "a", "body": "2"}]},
        "removed": {},
    }
    assert difference(after, before)["removed"] == {"mails": [{"to": "x"}, {"to": "x"}]}


async def test_plan_without_running(desk):
    reply = await make(desk, SCRIPTED.ScriptedModels(TEXT_SID)).plan("q", None)
    assert reply["plan"] == TEXT_SID
    assert reply["calls"][1] == {"id": 2, "tool": "send_sms", "args": [["$1"], "I am late"]}
    assert reply["problems"] == []
    assert not any(desk.changes().values())


async def test_tools_in_the_openai_form(desk):
    tools = await make(desk, SCRIPTED.ScriptedModels(TEXT_SID)).tools()
    assert [tool["function"]["name"] for tool in tools] == list(DESK_TOOLS)
    assert tools[1]["signature"].startswith("get_phone_number(name: str)")


class TestFaults:
    """What a planner, a tool or a model may do wrong."""

    async def test_nothing_retrieved(self, desk):
        models = SCRIPTED.ScriptedModels(TEXT_SID, tools=())
        events = await collect(make(desk, models))
        assert [event["type"] for event in events] == ["tools", "done"]
        assert "no tool" in events[-1]["answer"]
        assert not models.requests
        assert (await make(desk, models).plan("q", None))["problems"] == ["no tool fits this query"]

    async def test_a_plan_that_refers_to_itself(self, desk):
        models = SCRIPTED.ScriptedModels('1. send_sms(["$1"], "hi")\n2. join()<END_OF_PLAN>\n')
        events = await asyncio.wait_for(collect(make(desk, models)), 10)
        assert {seen["status"] for seen in events[-1]["trace"]["observations"]} == {"invalid"}
        assert not any(desk.changes().values())
        assert (await make(desk, models).plan("q", None))["problems"]

    @pytest.mark.parametrize("tools", [DESK_TOOLS, ("get_phone_number",)])
    async def test_an_unknown_tool_and_one_that_was_not_retrieved(self, desk, tools):
        name = "delete_everything" if tools == DESK_TOOLS else "send_sms"
        models = SCRIPTED.ScriptedModels(f'1. {name}(["555"], "hi")\n2. join()<END_OF_PLAN>\n', tools=tools)
        events = await collect(make(desk, models))
        assert events[-1]["trace"]["observations"][0]["status"] == "invalid"
        assert name in events[-1]["trace"]["observations"][0]["error"]
        assert not any(desk.changes().values())

    async def test_a_tool_that_hangs(self, desk):
        async def hang(**_):
            await asyncio.sleep(60)

        def catalog(now):
            return Catalog(
                replace(tool, run=hang, timeout_s=0.1, idempotent=False) if tool.name == "get_phone_number" else tool
                for tool in desk.catalog(now)
            )

        began = time.monotonic()
        events = await collect(make(desk, SCRIPTED.ScriptedModels(TEXT_SID), catalog_at=catalog))
        assert time.monotonic() - began < 5
        first, second = events[-1]["trace"]["observations"][:2]
        assert (first["status"], second["status"]) == ("failed", "skipped")
        assert "0.1 s" in first["error"]
        assert "messages" not in desk.changes()["added"]

    async def test_wrong_types(self, desk):
        models = SCRIPTED.ScriptedModels('1. send_sms(5, ["hi"])\n2. join()<END_OF_PLAN>\n')
        events = await collect(make(desk, models))
        assert events[-1]["trace"]["observations"][0]["status"] in ("invalid", "failed")
        assert not any(desk.changes().values())

    @pytest.mark.parametrize(
        ("error", "status"), [(errors.too_many(), 429), (errors.unavailable("x"), 503), (ValueError("x"), 503)]
    )
    async def test_a_planner_that_breaks_down_before_anything_was_done(self, desk, error, status):
        models = SCRIPTED.ScriptedModels(TEXT_SID)
        models.error = error
        with pytest.raises(errors.ApiError) as raised:
            await collect(make(desk, models))
        assert raised.value.status == status
        assert len(models.requests) == 1  # not asked again for a second round

    async def test_text_that_is_no_plan(self, desk):
        models = SCRIPTED.ScriptedModels("I cannot do that.\n")
        events = await collect(make(desk, models))
        assert events[-1]["type"] == "done"
        assert events[-1]["trace"]["problems"]
        assert (await make(desk, models).plan("q", None))["problems"]

    async def test_closing_the_events_stops_the_planner(self, desk):
        models = SCRIPTED.ScriptedModels(TEXT_SID)
        models.gate = asyncio.Event()
        events = make(desk, models).run(Task("q"))
        async for _ in events:
            break
        await asyncio.wait_for(models.planning.wait(), 5)
        await events.aclose()
        assert models.stopped == 1
        assert len(asyncio.all_tasks()) == 1  # nothing is left behind


class TestThroughTheGateway:
    """The same service behind the HTTP face."""

    @pytest.fixture
    def app_for(self, desk):
        def build(models, **limits):
            return create_app(make(desk, models), GatewaySettings(limits=Limits(**limits)))

        return build

    async def test_openai_client_streaming(self, app_for, desk):
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app_for(SCRIPTED.ScriptedModels(TEXT_SID))))
        async with openai.AsyncOpenAI(
            api_key="x", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
        ) as api:
            messages = [{"role": "user", "content": "text Sid"}]
            stream = await api.chat.completions.create(model="tinyagent", messages=messages, stream=True)
            events = [c.toolschool async for c in stream if getattr(c, "toolschool", None)]
        assert events[-1]["type"] == "trace"
        assert desk.changes()["added"]["messages"]

    async def test_deadline_and_overload(self, app_for, ask):
        models = SCRIPTED.ScriptedModels(TEXT_SID)
        models.gate = asyncio.Event()
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app_for(models, deadline_s=0.1)), base_url="http://127.0.0.1"
        )
        async with http:
            assert (await http.post("/v1/chat/completions", json=ask())).status_code == 504
            models.error = errors.too_many()
            reply = await http.post("/v1/chat/completions", json=ask())
            assert reply.status_code == 429
        assert models.stopped == 1

    async def test_tools_route_names_the_catalogue(self, app_for):
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app_for(SCRIPTED.ScriptedModels(""))), base_url="http://127.0.0.1"
        )
        async with http:
            data = (await http.get("/v1/tools")).json()["data"]
        assert tuple(tool["function"]["name"] for tool in data) == desk_catalog().names
