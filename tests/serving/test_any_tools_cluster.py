"""Tools of a user on a real Ray Serve: found by the shipped ToolRAG beside the desk's, added while it runs, and served to MCP clients."""

import importlib.util
from pathlib import Path

import httpx
import pytest

import serving.app
from serving.settings import AppArgs, ToolAdmin
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import McpServer, ToolSource, open_toolsets

pytest.importorskip("mcp")
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

MINE = ToolSource(functions=str(Path(__file__).with_name("my_tools.py")))
DESK = 16


@pytest.fixture(scope="module")
def app(ray_cluster, tmp_path_factory):
    """The shipped retriever; the planner is a tiny one, for what it writes is not asked here."""
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    planner = tiny.save_planner(tmp_path_factory.mktemp("planner"))
    args = AppArgs(planner=str(planner), tools=(MINE,), now="2026-03-02T09:00:00", tool_admin=ToolAdmin())
    running = serving.app.run(args, port=0)
    yield running
    running.shutdown()


@pytest.fixture
def http(app):
    with httpx.Client(base_url=app.url, timeout=60) as client:
        yield client


def offered(http, query):
    found = http.post("/v1/tools/search", json={"query": query}).json()["data"]
    return [tool["name"] for tool in found if tool["offered"]]


def test_a_users_functions_are_found_and_planned_with(http):
    assert len(http.get("/v1/tools").json()["data"]) == DESK + 2
    assert offered(http, "Convert 20 dollars to euros") == ["convert"]
    assert {"send_sms", "get_phone_number"} <= set(offered(http, "Text Sid that I am late"))
    planned = http.post("/v1/plan", json={"query": "Convert 20 dollars to euros"}).json()
    assert [tool["name"] for tool in planned["tools"]] == ["convert"]
    assert "join()" in planned["plan"]


def test_tools_join_and_leave_without_a_restart(http, shop):
    query = "How many pieces of the product green tea are in stock?"
    assert "stock_level" not in offered(http, query)
    source = {"openapi": f"{shop.url}/openapi.json", "names": ["stock_level"]}
    assert http.post("/v1/tools", json=source).status_code == 201
    assert offered(http, query)[0] == "stock_level"
    assert http.post("/v1/tools", json=source).status_code == 409
    assert http.delete("/v1/tools/stock_level").json()["deleted"]
    assert "stock_level" not in offered(http, query)


async def test_the_official_mcp_client_lists_and_runs_them(app):
    source = ToolSource(mcp=McpServer(url=f"{app.url}/mcp"))
    async with open_toolsets([source]) as toolset:
        assert len(toolset.catalog) == DESK + 2
        money = await run_tool(toolset.catalog["convert"], {"amount": 8, "origin": "GBP", "target": "USD"})
        number = await run_tool(toolset.catalog["get_phone_number"], {"name": "Sid Sharma"})
    assert money == "32.00 USD"
    assert number == "+15550100101"
