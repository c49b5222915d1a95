"""A trained caller with a user's functions behind the gateway, in this process: the model, the tools and the client are real."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime

import httpx
import openai
import pytest

from jobs.serve import ServeConfig, check
from serving.bench import ToolBench
from serving.caller_tools import check_tools, located_caller, open_tools
from serving.gateway import create_app
from serving.remote import RemoteModels
from serving.service import Task
from serving.settings import AppArgs, GatewaySettings
from serving.tool_service import ToolService
from toolschool.config import build
from toolschool.errors import ConfigError, ModelError
from toolschool.methods.ste.caller import Caller
from toolschool.methods.ste.learnt import SOURCES_FILE
from toolschool.tools.desk import Desk

NOW = datetime(2026, 3, 2, 9, 0)
CONVERT = "Convert 20 dollars to euros"
PLAN = '1. convert(20, "USD", "EUR")\n2. join()<END_OF_PLAN>\n'


class LocalModels(RemoteModels):
    """The caller in this process; what it is offered is what the served one is."""

    def __init__(self, caller: Caller, bench: ToolBench) -> None:
        super().__init__(None, None, bench)
        self.caller = caller

    async def plan(self, request) -> AsyncIterator[str]:
        for piece in self.caller.stream(request):
            if piece:
                yield piece

    async def count(self, texts):
        return [len(self.caller.engine.tokenizer(text)["input_ids"]) for text in texts]

    async def ready(self):
        return {"planner": True}


@pytest.fixture(scope="module")
def caller(caller_folder):
    return Caller.load(caller_folder)


@pytest.fixture
async def service(caller, caller_folder):
    bench = await open_tools(located_caller(AppArgs(caller=str(caller_folder))))
    return ToolService(LocalModels(caller, bench), bench, lambda: NOW)


@pytest.fixture
async def http(service):
    app = create_app(service, GatewaySettings(model_name="ste"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
async def api(http):
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
    ) as api:
        yield api


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (CONVERT, "10.00 EUR"),
        ("Convert 8 pounds to dollars", "32.00 USD"),
        ("Note that rent is $1 more", "noted: rent is $1 more"),
    ],
)
async def test_the_users_function_runs_and_answers(api, query, answer):
    reply = await api.chat.completions.create(model="ste", messages=[{"role": "user", "content": query}])
    assert reply.choices[0].message.content == answer
    assert reply.toolschool["observations"][0]["status"] == "ok"
    assert not any(reply.toolschool["effects"].values())
    assert reply.usage.completion_tokens > 0


async def test_streamed(api):
    messages = [{"role": "user", "content": CONVERT}]
    stream = await api.chat.completions.create(model="ste", messages=messages, stream=True)
    chunks = [chunk async for chunk in stream]
    events = [chunk.toolschool for chunk in chunks if getattr(chunk, "toolschool", None)]
    kinds = [event["type"] for event in events]
    assert sorted(kinds) == sorted(["tools", "plan", "call_planned", "plan", "call_started", "call_finished", "trace"])
    assert events[0]["tools"] == [{"name": name, "probability": None} for name in ("convert", "note")]
    assert "".join(event["text"] for event in events if event["type"] == "plan") == PLAN
    assert events[kinds.index("call_started")]["args"] == [20, "USD", "EUR"]
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "10.00 EUR"


async def test_the_other_routes(http):
    planned = (await http.post("/v1/plan", json={"query": CONVERT})).json()
    assert planned["plan"] == PLAN
    assert planned["problems"] == []
    tools = (await http.get("/v1/tools")).json()["data"]
    assert [tool["function"]["name"] for tool in tools] == ["convert", "note"]
    assert "decimal places" in json.dumps(tools[0])
    desk = (await http.get("/v1/desk")).json()
    assert desk == {"now": NOW.isoformat(), "changes": {"added": {}, "changed": {}, "removed": {}}}
    assert (await http.get("/ready")).json()["parts"] == {"executor": True, "planner": True}
    assert "Toolschool" in (await http.get("/")).text


async def test_a_failing_function_is_told_not_raised(service):
    async with aclosing(service.run(Task("Note that it is done"))) as events:
        done = [event async for event in events][-1]
    assert done["trace"]["observations"][0]["status"] == "failed"
    assert "the notebook is full" in done["answer"]


def test_a_bench_of_tools_has_the_interface_of_a_desk(caller):
    bench, desk = ToolBench(caller.catalog), Desk(NOW)
    assert bench.catalog(NOW) is caller.catalog
    assert bench.changes() == desk.changes()
    assert bench.state() == {}
    assert set(bench.writers()) < desk.writers() < set(desk.catalog().names)
    desk.close()


class TestBeforeRayStarts:
    """`check` of jobs.serve."""

    def test_a_model_and_its_tools_are_there(self, caller_folder):
        check(ServeConfig(app=AppArgs(caller=str(caller_folder))))

    def test_no_model(self, tmp_path):
        with pytest.raises(ModelError, match="no model in"):
            check(ServeConfig(app=AppArgs(caller=str(tmp_path))))

    def test_a_model_of_another_method(self):
        with pytest.raises(ModelError, match="not trained on explored tools"):
            check(ServeConfig(app=AppArgs(caller="assets/tinyagent/planner")))

    def test_the_file_of_functions_is_gone(self, caller_folder, tmp_path):
        args = build(AppArgs, {"caller": str(caller_folder), "tools": [{"functions": str(tmp_path / "gone.py")}]})
        with pytest.raises(ConfigError, match=r"gone\.py is not there"):
            check(ServeConfig(app=args))

    def test_the_functions_have_changed(self, caller_folder, tmp_path):
        changed = tmp_path / "my_tools.py"
        shutil.copy(caller_folder.parent / "my_tools.py", changed)
        changed.write_text(changed.read_text().replace("target", "goal"))
        args = build(AppArgs, {"caller": str(caller_folder), "tools": [{"functions": str(changed)}]})
        with pytest.raises(ConfigError, match=r"learnt convert\(amount, origin, target, places\?\)"):
            check_tools(located_caller(args))

    def test_nobody_knows_where_the_tools_come_from(self, caller_folder, tmp_path):
        copy = shutil.copytree(caller_folder, tmp_path / "model")
        (copy / SOURCES_FILE).unlink()
        with pytest.raises(ConfigError, match="where its tools come from"):
            check(ServeConfig(app=AppArgs(caller=str(copy))))
        tools = [{"functions": str(caller_folder.parent / "my_tools.py")}]
        check(ServeConfig(app=build(AppArgs, {"caller": str(copy), "tools": tools})))

    def test_a_caller_learns_no_tools_at_run_time(self):
        with pytest.raises(ConfigError, match="tool_admin does not go with caller"):
            build(AppArgs, {"caller": "x", "tool_admin": {}})


async def test_sources_that_do_not_open_end_the_start(caller_folder, tmp_path):
    args = build(AppArgs, {"caller": str(caller_folder), "tools": [{"functions": str(tmp_path / "gone.py")}]})
    with pytest.raises(ConfigError, match="is not there"):
        await open_tools(args)
