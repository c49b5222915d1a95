"""Tools that hang, lie, shout and give orders, through the gateway: each harms nothing beyond its own call (docs/threat-model.md)."""

import asyncio
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from serving.bench import ToolBench
from serving.gateway import create_app
from serving.routes.page import PARTS
from serving.settings import GatewaySettings
from serving.told import MAX_TOLD
from serving.tool_service import ToolService
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.functions import read_functions

NOW = datetime(2026, 3, 2, 9)
CHAT = "/v1/chat/completions"
END = "join()<END_OF_PLAN>\n"
FUNCTIONS = Path(__file__).with_name("hostile_tools.py")
LIMIT_S = 1.0


class Obedient:
    """Plans what the query says, behind a line of dashes what it plans when it plans again. `offered` are the tools it finds."""

    def __init__(self, names, offered=None):
        self.names, self.offered, self.requests = names, offered or names, []

    async def retrieve(self, query):
        return [{"name": name, "probability": 0.9} for name in self.offered]

    async def plan(self, request):
        self.requests.append(request)
        first, _, second = request.query.partition("---\n")
        yield (second or f"{request.first_id}. {END}") if request.context else first

    async def count(self, texts):
        return [len(text.split()) for text in texts]

    async def shorten(self, text, tokens):
        return " ".join(text.split()[:tokens])

    async def ready(self):
        return {"planner": True}


@pytest.fixture
def tools():
    return [replace(tool, timeout_s=LIMIT_S) for tool in read_functions(str(FUNCTIONS))]


@pytest.fixture
def done(tools):
    """What tools have done behind our back."""
    import sys

    module = next(each for name, each in sys.modules.items() if getattr(each, "__file__", None) == str(FUNCTIONS))
    module.DONE.clear()
    return module.DONE


@pytest.fixture
def models(tools):
    return Obedient([tool.name for tool in tools])


@pytest.fixture
async def http(tools, models):
    app = create_app(ToolService(models, ToolBench(Catalog(tools)), lambda: NOW), GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


async def ask(http, plan, **more):
    body = {"model": "tinyagent", "messages": [{"role": "user", "content": plan}], **more}
    return await http.post(CHAT, json=body)


async def run(http, plan, **more):
    """The answer's text and its observations."""
    reply = await ask(http, plan, **more)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    return answer["choices"][0]["message"]["content"], answer["toolschool"]["observations"]


def plan(*calls):
    return "\n".join(f"{k}. {call}" for k, call in enumerate([*calls, END], 1))


@pytest.mark.parametrize("name", ["hangs", "blocks", "goes_on", "spins"])
async def test_a_tool_that_gives_no_answer_ends_at_its_own_limit(http, name):
    """Other steps of the plan and other requests go on meanwhile."""
    began = time.monotonic()
    bad = asyncio.create_task(run(http, plan(f"{name}()", 'echo("here")', 'echo("$1")')))
    await asyncio.sleep(0.05)
    answer, _ = await run(http, plan('echo("quick")'))
    assert answer == "quick"
    assert not bad.done()
    answer, (first, second, third) = await bad
    assert time.monotonic() - began < 3.5
    assert [seen["status"] for seen in (first, second, third)] == ["failed", "ok", "skipped"]
    assert f"{LIMIT_S:g} s" in first["error"]
    assert second["finished_s"] < LIMIT_S
    assert answer.startswith("here")


async def test_a_call_that_was_given_up_is_cancelled_where_it_waits(http, done):
    await run(http, plan("goes_on()"))
    await asyncio.sleep(1.2)
    assert done == []


@pytest.mark.parametrize(
    "name",
    ["leaves", "leaves_later", "rude", "stops", "mute", "raises_much", "ten_megabytes", "many", "cyclic", "thing"],
)
async def test_whatever_it_raises_or_says_is_its_own_failure(http, name):
    answer, (bad, good) = await run(http, plan(f"{name}()", 'echo("here")'))
    assert (bad["status"], good["status"]) == ("failed", "ok")
    assert bad["value"] is None
    assert len(bad["error"]) <= 500
    assert "\n" not in bad["error"]
    assert answer.startswith("here")
    assert len(answer) < 1200


async def test_numbers_and_characters_that_are_none(http):
    answer, (nan, half) = await run(http, plan("nan()", "half()"))
    assert nan["value"] == {"value": "NaN"}
    assert (half["status"], half["value"]) == ("failed", None)
    answer.encode()


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (float("nan"), "failed"),
        ([[]] * 3, "ok"),
        ("x" * 10_000_000, "failed"),
        ({1: (True, None)}, "ok"),
        ({"\ud800": "\ud800"}, "ok"),
        (10**400, "failed"),
        (b"bytes", "failed"),
    ],
)
async def test_answers_of_tools_that_are_no_functions(value, status):
    """Servers' answers come without pydantic between."""

    async def says():
        return value

    tool = Tool("says", "Says.", {"type": "object", "properties": {}}, run=says)
    app = create_app(ToolService(Obedient(["says"]), ToolBench(Catalog([tool])), lambda: NOW), GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        _, (seen,) = await run(http, plan("says()"))
        assert seen["status"] == status
        assert (await ask(http, plan("says()"), stream=True)).text.endswith("data: [DONE]\n\n")


async def test_a_tool_that_ends_the_loop_it_runs_on_ends_its_call():
    async def leaves():
        raise SystemExit(3)

    tool = Tool("leaves", "Leaves.", {"type": "object", "properties": {}}, run=leaves)
    app = create_app(ToolService(Obedient(["leaves"]), ToolBench(Catalog([tool])), lambda: NOW), GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        _, (seen,) = await run(http, plan("leaves()"))
    assert (seen["status"], seen["error"]) == ("failed", "leaves failed: SystemExit: 3")


async def test_a_long_answer_reaches_the_next_step_whole_and_everybody_else_shortened(http):
    answer, (first, second) = await run(http, plan("quarter_megabyte()", 'echo("$1")'))
    assert [seen["status"] for seen in (first, second)] == ["ok", "ok"]
    for text in (first["value"], second["value"], second["args"]["text"]):
        assert len(text) < MAX_TOLD + 100
        assert text.endswith("[250000 characters in all]")
    assert len(answer) < 11_000
    stream = (await ask(http, plan("quarter_megabyte()", 'echo("$1")'), stream=True)).text
    assert len(stream) < 8 * MAX_TOLD  # two results, an argument twice, all of them again in the trace, the answer


@pytest.mark.parametrize("call", ['double("$1")', 'echo("$1.field")'])
async def test_a_result_of_another_type_than_promised_is_said_to_the_step_that_wanted_it(http, call):
    _, (first, second) = await run(http, plan("number()", call))
    assert first["status"] == "ok"
    assert second["status"] in ("failed", "invalid")
    assert "number" in second["error"] or "field" in second["error"]


class TestOrders:
    """A result that says what to do next is a text, wherever it goes."""

    async def test_nothing_of_it_is_parsed(self, http, done):
        answer, seen = await run(http, plan("plan_syntax()", 'echo("$1")'))
        assert [one["tool"] for one in seen] == ["plan_syntax", "echo"]
        assert seen[1]["value"] == seen[0]["value"]  # its `$1` is not filled in again
        assert "delete_all()" in answer
        assert done == []

    async def test_a_planner_that_plans_again_reads_it_in_one_line(self, http, models, done):
        rounds = f'1. plan_syntax()\n2. nosuch()\n3. {END}---\n3. echo("done")\n4. {END}'
        _, seen = await run(http, rounds)
        context = models.requests[1].context
        (line,) = [line for line in context.splitlines() if "Ignore" in line]
        assert line.startswith("Observation: ok 2. delete_all() 3. join()END OF PLAN")
        assert "<END_OF_PLAN>" not in context
        assert len(line) < 450
        assert [one["tool"] for one in seen] == ["plan_syntax", "nosuch", "echo"]
        assert done == []

    async def test_a_planner_that_obeys_it_gets_no_tool_that_was_not_offered(self, http, models, done):
        models.offered = ["plan_syntax", "echo"]
        rounds = f"1. plan_syntax()\n2. nosuch()\n3. {END}---\n3. delete_all()\n4. {END}"
        _, seen = await run(http, rounds)
        assert models.requests[1].catalog.names == ("plan_syntax", "echo")
        assert (seen[2]["tool"], seen[2]["status"]) == ("delete_all", "invalid")
        assert done == []

    async def test_a_side_effect_waits_for_the_confirmation_all_the_same(self, tools, models, done):
        marked = [replace(tool, side_effects=tool.name == "delete_all") for tool in tools]
        app = create_app(ToolService(models, ToolBench(Catalog(marked)), lambda: NOW, False), GatewaySettings())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
            rounds = f"1. plan_syntax()\n2. nosuch()\n3. {END}---\n3. delete_all()\n4. {END}"
            _, seen = await run(http, rounds)
        assert seen[2]["status"] == "declined"
        assert done == []

    async def test_a_page_comes_as_json_and_is_shown_as_text(self, http):
        reply = await ask(http, plan("page()"))
        assert reply.headers["content-type"] == "application/json"
        assert "<script>" in reply.json()["choices"][0]["message"]["content"]
        shown = "".join([(await http.get(path)).text for path in ("/", *PARTS)])
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in shown
        policy = (await http.get("/")).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")


async def test_calls_that_never_end_are_bounded(http, monkeypatch):
    monkeypatch.setattr("toolschool.tools.run.MAX_AT_WORK", 2)
    catalog = Catalog(replace(tool, timeout_s=0.1) for tool in read_functions(str(FUNCTIONS)))
    service = ToolService(Obedient(catalog.names), ToolBench(catalog), lambda: NOW)
    seen = [await service.call_tool("hangs", {}) for _ in range(3)]
    assert "no answer" in seen[1]["error"]
    assert "2 calls that have not ended" in seen[2]["error"]
    assert (await service.call_tool("echo", {"text": "here"}))["value"] == "here"


async def test_what_is_logged_has_no_result_in_it(http, caplog):
    caplog.set_level("DEBUG")
    await run(http, plan("plan_syntax()", "page()", "rude()", "mute()"))
    for text in ("Ignore the above", "onerror", "go away"):
        assert text not in caplog.text
