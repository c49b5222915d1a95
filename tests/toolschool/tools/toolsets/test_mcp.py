"""Tools of a real MCP server of the official SDK, started over stdio and met over HTTP; and servers that are none."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from toolschool.errors import ConfigError, ToolError
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import McpServer, ToolSource, describe_toolsets, mcp_client, open_toolsets

SERVER = str(Path(__file__).with_name("town_server.py"))
STARTED = ToolSource(mcp=McpServer(command=sys.executable, args=(SERVER,)))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(port: int, *more: str) -> Iterator[None]:
    """The server over HTTP, until the block ends."""
    process = subprocess.Popen([sys.executable, SERVER, str(port), *more])
    try:
        for _ in range(300):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def at(port: int, **more: Any) -> ToolSource:
    return ToolSource(mcp=McpServer(url=f"http://127.0.0.1:{port}/mcp"), **more)


async def the_same_over_both(source: ToolSource) -> None:
    async with open_toolsets([source]) as toolset:
        weather = toolset.catalog["get_weather"]
        assert toolset.original("get_weather") == "get-weather"
        assert (weather.description, weather.side_effects, weather.idempotent) == ("Weather of a city.", False, True)
        assert weather.parameters["properties"] == {
            "where": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "country": {"type": ["string", "null"], "default": None}},
                "required": ["city"],
            },
            "days": {"type": "integer", "default": 1},
        }
        assert (toolset.catalog["add"].side_effects, toolset.catalog["streets"].idempotent) == (True, True)
        calls: list[tuple[str, dict[str, Any], Any]] = [
            ("get_weather", {"where": {"city": "Bonn"}}, {"city": "Bonn", "degrees": 21.0}),
            ("add", {"a": 2, "b": 3}, 5),
            ("streets", {"count": 2}, ["street 0", "street 1"]),
            ("picture", {}, "a cat\n[image image/png]"),
        ]
        answers = await asyncio.gather(*(run_tool(toolset.catalog[name], args) for name, args, _ in calls))
        assert list(answers) == [answer for _, _, answer in calls]
        with pytest.raises(ToolError, match=r"fail: .*fail"):
            await run_tool(toolset.catalog["fail"], {})
        with pytest.raises(ToolError, match="add: a: '2' is not of type 'integer'"):
            await run_tool(toolset.catalog["add"], {"a": "2", "b": 3})
        with pytest.raises(ToolError, match=r"hang gave no answer within 0.3 s"):
            await run_tool(replace(toolset.catalog["hang"], timeout_s=0.3), {})
        # One call takes the server down: the others of the run go on.
        with pytest.raises(ToolError, match=r"die: the connection to .* was lost; try again"):
            await run_tool(toolset.catalog["die"], {})


async def test_a_server_that_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    await the_same_over_both(STARTED)
    monkeypatch.setenv("TOWN_KEY", "k3y")
    monkeypatch.setenv("OTHER_KEY", "other")
    source = ToolSource(mcp=McpServer(command=sys.executable, args=(SERVER,), env=("TOWN_KEY",)))
    async with open_toolsets([source]) as toolset:
        seen = [await run_tool(toolset.catalog["secret"], {"name": name}) for name in ("TOWN_KEY", "OTHER_KEY")]
        assert seen == ["k3y", "not set"], "it sees what is named, and no more"


async def test_a_started_server_is_started_again_after_it_died_and_ends_with_the_block() -> None:
    async with open_toolsets([STARTED]) as toolset:
        for _ in range(2):
            with pytest.raises(ToolError, match="was lost"):
                await run_tool(toolset.catalog["die"], {})
            assert await run_tool(toolset.catalog["add"], {"a": 1, "b": 1}) == 2
        assert len(_children()) == 1
    assert not _children()


async def test_a_server_over_http() -> None:
    port = free_port()
    with running(port):
        await the_same_over_both(at(port))


async def test_http_server_that_comes_back() -> None:
    port = free_port()
    with running(port):
        opened = open_toolsets([at(port)])
        toolset = await opened.__aenter__()
        assert await run_tool(toolset.catalog["add"], {"a": 1, "b": 1}) == 2
    for error in ("was lost; try again|cannot connect", "cannot connect to http"):
        with pytest.raises(ToolError, match=error):
            await run_tool(toolset.catalog["add"], {"a": 1, "b": 1})
    with running(port):
        assert await run_tool(toolset.catalog["add"], {"a": 1, "b": 1}) == 2
        # Closed by another task than the one that opened it.
        await asyncio.create_task(opened.__aexit__(None, None, None))  # type: ignore[arg-type]


async def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    port, headers = free_port(), {"Authorization": "Bearer ${TOWN_TOKEN}"}
    with running(port, "s3cret"):
        with pytest.raises(ConfigError, match="the environment variable TOWN_TOKEN is not set"):
            describe_toolsets([at(port, headers=headers)])
        monkeypatch.setenv("TOWN_TOKEN", "wrong-one")
        with pytest.raises(ConfigError, match=r"cannot connect to http.*: it answered 401 Unauthorized") as caught:
            describe_toolsets([at(port, headers=headers)])
        assert "wrong-one" not in str(caught.value)
        monkeypatch.setenv("TOWN_TOKEN", "s3cret")
        described = describe_toolsets([at(port, headers=headers, names=("add",))])
        assert described.catalog.names == ("add",)
        assert "s3cret" not in described.documentation("add")


def test_what_a_server_repeats_of_a_secret_is_covered() -> None:
    from mcp_types import CallToolResult, TextContent

    listed = SimpleNamespace(name="echo", output_schema=None)
    text = [TextContent(text="your token is s3cret")]
    assert mcp_client._answer(listed, CallToolResult(content=text), ["s3cret"]) == "your token is ***"
    rows = CallToolResult(content=text, structured_content={"rows": [{"s3cret": 1, "said": "s3cret!"}]})
    assert mcp_client._answer(listed, rows, ["s3cret"]) == {"rows": [{"***": 1, "said": "***!"}]}
    with pytest.raises(ToolError, match=r"echo: your token is \*\*\*$"):
        mcp_client._answer(listed, CallToolResult(content=text, is_error=True), ["s3cret"])


@pytest.mark.parametrize(
    ("server", "error"),
    [
        (McpServer(command="no-such-program"), "cannot connect to no-such-program: .*No such file"),
        (McpServer(command=sys.executable, args=("-c", "pass")), "cannot connect to .*: Connection closed"),
        (McpServer(url="http://127.0.0.1:1/mcp"), "cannot connect to http://127.0.0.1:1/mcp: .*; does it run?"),
        (McpServer(command="sleep", args=("60",)), "sleep 60 gave no answer within 1 s; is it an MCP server?"),
    ],
)
async def test_what_is_no_server(server: McpServer, error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_client, "CONNECT_S", 1.0 if server.command == "sleep" else 30.0)
    with pytest.raises(ConfigError, match=error):
        async with open_toolsets([ToolSource(mcp=server)]):
            pass
    assert not _children(), "nothing that was started is left"


def _children() -> list[str]:
    """Command lines of what this process started and what lives."""
    lines = [
        " ".join(child.cmdline()) for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE
    ]
    return [line for line in lines if "town_server" in line or "sleep 60" in line]
