"""The agent's tools for MCP clients: in memory and over HTTP, with the official client."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from serving.auth import digest
from serving.gateway import create_app
from serving.routes.mcp import PAGE, mcp_server
from serving.running import Runner
from serving.settings import GatewaySettings, Limits
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from serving.traces import Traces
from toolschool.errors import ConfigError
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import DESK_TOOLS, Contact, Desk, World
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import McpServer, ToolSource, open_toolsets
from toolschool.tools.toolsets.kept import KeptOpen

mcp = pytest.importorskip("mcp")
NOW = datetime(2026, 3, 2, 9)
MINE = ToolSource(functions=str(Path(__file__).with_name("my_tools.py")))
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture
async def toolbox(reader):
    desk = Desk(NOW, world=World(contacts=(Contact("Sid", "sid@example.org", "555-0101"),)))
    toolbox = await Toolbox.open(desk, (MINE,), reader)
    yield toolbox
    await toolbox.close()


def service_over(toolbox, **options):
    return ToolService(None, toolbox, lambda: NOW, **options)


def server_over(toolbox, limits=None, **options):
    service = service_over(toolbox, **options)
    return mcp_server(service, Runner(service, GatewaySettings(limits=limits or Limits()), Traces(1)))


@pytest.fixture
async def client(toolbox):
    from mcp.client import Client

    kept = KeptOpen(lambda: Client(server_over(toolbox)))  # opened and closed in one task, as a client must be
    yield await kept.get()
    await kept.close()


async def test_all_tools_are_listed_as_they_are(client, toolbox):
    listed = (await client.list_tools()).tools
    assert tuple(tool.name for tool in listed) == (*DESK_TOOLS, "convert", "note")
    convert = listed[-2]
    assert convert.description == toolbox.catalog()["convert"].description
    assert convert.input_schema["properties"]["target"]["enum"] == ["USD", "EUR", "GBP"]
    assert {tool.name for tool in listed if not tool.annotations.read_only_hint} == {
        tool.name for tool in toolbox.catalog() if tool.side_effects
    }


async def test_tools_run_on_the_desk_and_in_sources(client, toolbox):
    number = await client.call_tool("get_phone_number", {"name": "Sid"})
    assert number.content[0].text == "555-0101"
    assert not number.is_error
    await client.call_tool("send_sms", {"recipients": ["555-0101"], "message": "late"})
    assert toolbox.changes()["added"]["messages"] == [{"recipients": ["555-0101"], "body": "late"}]
    money = await client.call_tool("convert", {"amount": 20, "origin": "USD", "target": "EUR"})
    assert money.content[0].text == "10.00 EUR"


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("convert", {"amount": "many", "origin": "USD", "target": "EUR"}, "amount"),
        ("convert", {"amount": 1}, "needs origin"),
        ("convert", {"amount": 1, "origin": "USD", "target": "EUR", "x": 1}, "no argument x"),
        ("note", {"text": "it is done"}, "the notebook is full"),
        ("get_phone_number", {"name": "Nobody"}, "Nobody"),
    ],
)
async def test_what_fails_is_told_as_the_tools_error(client, name, args, said):
    result = await client.call_tool(name, args)
    assert result.is_error
    assert said in result.content[0].text


async def test_an_unknown_tool_is_an_error_of_the_protocol(client):
    with pytest.raises(mcp.MCPError, match="no tool delete_everything"):
        await client.call_tool("delete_everything", {})


async def test_side_effects_can_be_refused(toolbox):
    from mcp.client import Client

    async with Client(server_over(toolbox, allow_side_effects=False)) as client:
        refused = await client.call_tool("send_sms", {"recipients": ["555-0101"], "message": "late"})
        allowed = await client.call_tool("get_phone_number", {"name": "Sid"})
    assert refused.is_error
    assert "does not allow" in refused.content[0].text
    assert not allowed.is_error
    assert not any(toolbox.changes().values())


async def test_thousands_of_tools_come_in_pages_and_answers_keep_their_shape():
    from mcp.client import Client

    from serving.bench import ToolBench

    async def run():
        return {"rows": [1, 2]}

    tools = [Tool(f"tool_{n}", "Does it.", {"type": "object", "properties": {}}, run=run) for n in range(2 * PAGE + 5)]
    async with Client(server_over(ToolBench(Catalog(tools)))) as client:
        names, cursor = [], None
        while True:
            page = await client.list_tools(cursor=cursor)
            names += [tool.name for tool in page.tools]
            assert len(page.tools) <= PAGE
            cursor = page.next_cursor
            if not cursor:
                break
        assert names == [tool.name for tool in tools]
        assert (await client.call_tool("tool_3", {})).structured_content == {"rows": [1, 2]}


async def test_a_call_holds_a_place_and_keeps_the_deadline():
    from mcp.client import Client

    from serving.bench import ToolBench

    started = asyncio.Event()

    async def hang():
        started.set()
        await asyncio.sleep(60)

    tool = Tool("hang", "Never ends.", {"type": "object", "properties": {}}, run=hang)
    limits = Limits(max_in_flight=1, deadline_s=0.5)
    async with Client(server_over(ToolBench(Catalog([tool])), limits)) as client:
        first = asyncio.create_task(client.call_tool("hang", {}))
        await started.wait()
        with pytest.raises(mcp.MCPError, match="limit of concurrent requests"):
            await client.call_tool("hang", {})
        with pytest.raises(mcp.MCPError, match=r"no answer within 0.5 s"):
            await first


class TestOverHttp:
    """A socket, uvicorn and the official client."""

    async def test_our_own_toolsets_read_it(self, toolbox, shop):
        """A server of ours as a source of another one: names, schemas and answers survive."""
        app = create_app(service_over(toolbox), GatewaySettings())
        with shop.running(app) as url:
            async with open_toolsets([ToolSource(mcp=McpServer(url=f"{url}/mcp"))]) as toolset:
                assert toolset.catalog.names == (*DESK_TOOLS, "convert", "note")
                answer = await run_tool(toolset.catalog["convert"], {"amount": 8, "origin": "GBP", "target": "USD"})
                assert answer == "32.00 USD"
                assert not toolset.catalog["get_phone_number"].side_effects
            # no session is kept: whoever comes next needs none, and may come to another replica
            async with httpx.AsyncClient(headers=ACCEPT) as http:
                reply = await http.post(f"{url}/mcp", json=HELLO)
                assert reply.json()["result"]["tools"][0]["name"] == DESK_TOOLS[0]
                assert "mcp-session-id" not in reply.headers

    async def test_keys_hosts_and_origins(self, toolbox, shop, monkeypatch):
        app = create_app(service_over(toolbox), GatewaySettings(keys={digest("k"): "kim"}))
        with shop.running(app) as url:
            async with httpx.AsyncClient(headers=ACCEPT) as http:
                key = {"authorization": "Bearer k"}
                codes = [
                    (await http.post(f"{url}/mcp", json=HELLO, headers=headers)).status_code
                    for headers in ({}, key, {**key, "host": "evil.example"}, {**key, "origin": "http://evil.example"})
                ]
            assert codes == [401, 200, 421, 403]
            monkeypatch.setenv("AGENT_KEY", "k")
            server = McpServer(url=f"{url}/mcp")
            headers = {"Authorization": "Bearer ${AGENT_KEY}"}
            async with open_toolsets([ToolSource(mcp=server, headers=headers, names=("note",))]) as toolset:
                assert await run_tool(toolset.catalog["note"], {"text": "tea"}) == "noted: tea"
            with pytest.raises(ConfigError, match="401"):
                async with open_toolsets([ToolSource(mcp=server)]):
                    pass


async def test_without_the_package_the_route_says_so(service, monkeypatch):
    for name in [name for name in sys.modules if name == "mcp" or name.startswith("mcp.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    app = create_app(service, GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        reply = await http.post("/mcp", json=HELLO)
        assert (await http.get("/health")).status_code == 200
    assert reply.status_code == 501
    assert "toolschool[mcp]" in reply.json()["error"]["message"]
