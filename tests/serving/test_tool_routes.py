"""Tools that are searched, added and removed over HTTP, and an agent that uses them; a shop over HTTP is real."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from serving.auth import digest
from serving.gateway import create_app
from serving.remote import RemoteModels
from serving.settings import GatewaySettings, Limits, ToolAdmin
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from toolschool.tools.desk import Desk
from toolschool.tools.toolsets import ToolSource

NOW = datetime(2026, 3, 2, 9)
MINE = ToolSource(functions=str(Path(__file__).with_name("my_tools.py")))
ADMIN = ToolAdmin(variables=("SHOP_KEY",))
HEADERS = {"X-Api-Key": "${SHOP_KEY}"}
STOCK = '1. stock_level("tea")\n2. join()<END_OF_PLAN>\n'


class Models(RemoteModels):
    """Finds tools in the toolbox, and writes the plan that the test says."""

    def __init__(self, toolbox: Toolbox) -> None:
        super().__init__(None, None, toolbox)  # type: ignore[arg-type]
        self.text, self.requests = STOCK, []

    async def plan(self, request) -> AsyncIterator[str]:
        self.requests.append(request)
        yield self.text

    async def count(self, texts):
        return [len(text.split()) for text in texts]

    async def ready(self):
        return {"planner": True}


@pytest.fixture
async def toolbox(reader):
    toolbox = await Toolbox.open(Desk(NOW), (MINE,), reader)
    yield toolbox
    await toolbox.close()


@pytest.fixture
def models(toolbox):
    return Models(toolbox)


@pytest.fixture
def make(toolbox, models):
    """A client of the gateway under some settings."""

    def client(*, allow: bool = True, **settings) -> httpx.AsyncClient:
        service = ToolService(models, toolbox, lambda: NOW, allow)
        app = create_app(service, GatewaySettings(**{"tool_admin": ADMIN, **settings}))
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")

    return client


@pytest.fixture
async def http(make):
    async with make() as client:
        yield client


@pytest.fixture
def source(shop, monkeypatch):
    """The shop as a request names it."""
    monkeypatch.setenv("SHOP_KEY", shop.key)
    return {"openapi": f"{shop.url}/openapi.json", "headers": HEADERS}


async def names(http):
    return [tool["function"]["name"] for tool in (await http.get("/v1/tools")).json()["data"]]


def refused(reply, status, code):
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert error["code"] == code
    return error["message"]


async def test_a_search_holds_a_place_and_keeps_the_deadline(make, toolbox, monkeypatch):
    started = asyncio.Event()

    async def hang(query: str, most: int):
        started.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(toolbox, "ranked", hang)
    async with make(limits=Limits(max_in_flight=1, deadline_s=0.5)) as http:
        first = asyncio.create_task(http.post("/v1/tools/search", json={"query": "note"}))
        await started.wait()
        refused(await http.post("/v1/tools/search", json={"query": "note"}), 429, "at_capacity")
        refused(await first, 504, "deadline_exceeded")


async def test_search_lists_scored_tools(http):
    found = (await http.post("/v1/tools/search", json={"query": "keeps a note", "most": 3})).json()["data"]
    assert len(found) == 3
    assert found[0]["name"] == "note"
    assert found[0]["offered"] is True
    assert found[0]["description"] == "Keeps a note."
    assert [tool["probability"] for tool in found] == sorted((tool["probability"] for tool in found), reverse=True)
    refused(await http.post("/v1/tools/search", json={"query": " "}), 400, "invalid_value")
    refused(await http.post("/v1/tools/search", json={"query": "x", "most": 0}), 400, "invalid_value")


async def test_tools_join_work_and_leave_while_the_server_runs(http, source, models):
    reply = await http.post("/v1/tools", json=source)
    assert reply.status_code == 201, reply.text
    assert [tool["function"]["name"] for tool in reply.json()["data"]] == ["stock_level", "order_product"]
    body = {
        "model": "tinyagent",
        "messages": [{"role": "user", "content": "How many pieces of the product tea are in stock?"}],
    }
    answer = (await http.post("/v1/chat/completions", json=body)).json()
    assert answer["toolschool"]["observations"][0]["value"]["pieces"] == 7
    assert "stock_level" in [tool["name"] for tool in answer["toolschool"]["tools"]]
    assert models.requests[0].catalog["stock_level"].run is None
    assert (await http.delete("/v1/tools/stock_level")).json() == {
        "id": "stock_level",
        "object": "tool",
        "deleted": True,
    }
    assert "stock_level" not in await names(http)
    refused(await http.delete("/v1/tools/stock_level"), 404, "tool_not_found")
    refused(await http.post("/v1/tools", json=source), 409, "source_exists")
    await http.delete("/v1/tools/order_product")
    assert (await http.post("/v1/tools", json=source)).status_code == 201


class TestRefusals:
    """What a request may not bring."""

    @pytest.mark.parametrize(
        "source",
        [
            {"functions": "my_tools.py"},
            {"functions": "os"},
            {"mcp": {"command": "python", "args": ["-c", "1"]}},
            {"openapi": "/etc/passwd"},
            {"openapi": "file:///etc/passwd"},
            {"builtin": ["calculator"]},
            {"desk": True},
            {"simulated": "practice"},
        ],
        ids=lambda source: next(iter(source)),
    )
    async def test_files_programs_and_modules_of_this_machine(self, http, source):
        before = await names(http)
        assert "configuration" in refused(await http.post("/v1/tools", json=source), 400, "invalid_source")
        assert await names(http) == before

    async def test_variables_that_are_not_listed(self, http, source, monkeypatch):
        monkeypatch.setenv("OTHER", "another-secret")
        leak = {**source, "headers": {"X-Api-Key": "${OTHER}"}}
        message = refused(await http.post("/v1/tools", json=leak), 403, "variable_not_allowed")
        assert "another-secret" not in message

    async def test_a_body_that_is_no_source(self, http):
        refused(await http.post("/v1/tools", json={"openapi": "http://x", "mcp": "http://y"}), 400, "invalid_value")
        secret = {"openapi": "http://x", "headers": {"Authorization": "Bearer plain-secret"}}
        assert "plain-secret" not in refused(await http.post("/v1/tools", json=secret), 400, "invalid_value")

    async def test_a_source_that_is_not_there(self, http):
        source = {"openapi": "http://127.0.0.1:9/openapi.json"}
        assert "127.0.0.1:9" in refused(await http.post("/v1/tools", json=source), 400, "source_not_opened")

    async def test_no_setting_no_change(self, make, source):
        async with make(tool_admin=None) as http:
            refused(await http.post("/v1/tools", json=source), 403, "tools_fixed")
            refused(await http.delete("/v1/tools/note"), 403, "tools_fixed")
            assert (await http.post("/v1/tools/search", json={"query": "note"})).status_code == 200

    async def test_only_the_keys_that_may(self, make, source):
        keys = {digest("a"): "alice", digest("b"): "bob"}
        async with make(keys=keys, tool_admin=ADMIN.model_copy(update={"keys": ("alice",)})) as http:
            for key, status in (("a", 201), ("b", 403), ("c", 401)):
                reply = await http.post("/v1/tools", json=source, headers={"authorization": f"Bearer {key}"})
                assert reply.status_code == status


async def test_credentials_are_in_no_prompt_log_answer_or_trace(http, source, shop, models, toolbox, caplog):
    """The shop repeats the key that it was sent, in an answer and in an error."""
    caplog.set_level(logging.DEBUG)
    texts = [(await http.post("/v1/tools", json=source)).text]
    body = {
        "model": "tinyagent",
        "messages": [{"role": "user", "content": "stock of the product tea, how many pieces"}],
    }
    texts.append((await http.post("/v1/chat/completions", json=body)).text)
    assert '"pieces"' in texts[-1]
    texts.append((await http.post("/v1/chat/completions", json={**body, "stream": True})).text)
    texts += [(await http.get(path)).text for path in ("/v1/tools", "/v1/desk", "/openapi.json")]
    texts.append((await http.post("/v1/tools/search", json={"query": "stock"})).text)
    wrong = source["openapi"].replace("openapi.json", "nothing")
    texts.append((await http.post("/v1/tools", json={**source, "openapi": wrong})).text)
    texts += [repr(request) for request in models.requests] + [repr(toolbox.catalog()), caplog.text]
    assert "stock_level" in "".join(texts)
    assert not [text for text in texts if shop.key in text]


async def test_side_effects_hold_for_tools_of_sources_too(make, source, models, shop):
    models.text = '1. order_product("tea", 2)\n2. join()<END_OF_PLAN>\n'
    body = {
        "model": "tinyagent",
        "messages": [{"role": "user", "content": "Order pieces of a product from the warehouse"}],
    }
    async with make(allow=False) as http:
        await http.post("/v1/tools", json=source)
        answer = (await http.post("/v1/chat/completions", json=body)).json()
    assert answer["toolschool"]["observations"][0]["status"] == "declined"


async def test_the_tools_of_a_caller_do_not_change(toolbox, models, source):
    from serving.bench import ToolBench

    service = ToolService(models, ToolBench(toolbox.catalog()), lambda: NOW)
    app = create_app(service, GatewaySettings(tool_admin=ADMIN))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        refused(await http.post("/v1/tools", json=source), 409, "fixed_tools")
        found = (await http.post("/v1/tools/search", json={"query": "x", "most": 2})).json()["data"]
    assert [tool["probability"] for tool in found] == [None, None]
    json.dumps(found)
