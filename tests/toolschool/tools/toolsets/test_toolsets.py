"""Recipes of tools: what they may say, one catalogue of all, worlds, and another process that opens the same."""

import json
import multiprocessing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import Config, build, to_yaml
from toolschool.errors import ConfigError, DataError
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import ToolSource, describe_toolsets, open_toolsets

FILE = str(Path(__file__).with_name("my_tools.py"))
NOW = datetime(2026, 3, 2, 9)


class Recipe(Config):
    tools: tuple[ToolSource, ...]


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({}, "tools.1: .*exactly one of functions, mcp, openapi, builtin, desk, simulated$"),
        ({"functions": "a.py", "desk": True}, "exactly one of .*; got functions and desk"),
        ({"funtions": "a.py"}, "unknown key tools.1.funtions; did you mean functions"),
        ({"mcp": {"comand": "python"}}, "unknown key tools.1.mcp.comand; did you mean command"),
        ({"mcp": {"args": ["a.py"]}}, "exactly one of url and command"),
        ({"mcp": {"url": "http://a", "env": ["KEY"]}}, "args and env go with command"),
        ({"simulated": "ste", "url": "http://a"}, "url goes with openapi, not with simulated"),
        ({"builtin": ["calculater"]}, "tools.1.builtin.0: Input should be 'calculator'"),
        ({"builtin": ["search"]}, "search needs a corpus"),
        ({"builtin": ["calendar"], "corpus": "a"}, "search needs a corpus"),
        ({"openapi": "a.json", "headers": {"X-Api-Key": "12345"}}, "write X-Api-Key with \\${NAME}"),
        ({"simulated": "ste", "faults": {"client": 0.6, "slow": 0.6}}, "together they are at most 1"),
        ({"simulated": "ste", "limit": 0}, "tools.1.limit: .*greater than or equal to 1"),
    ],
)
def test_mistakes_are_named_before_anything_is_opened(entry: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        build(Recipe, {"tools": [{"desk": True}, entry]})


def test_a_recipe_survives_yaml_and_json() -> None:
    import yaml

    entries = [
        {"functions": "a.py", "names": ["f"], "timeout_s": 2},
        {"mcp": "http://127.0.0.1:9000/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        {"mcp": {"command": "python", "args": ["server.py"], "env": ["TOKEN"]}},
        {"openapi": "api.json", "url": "http://127.0.0.1:8000", "query": {"key": "${KEY}"}},
        {"builtin": ["calendar"], "now": "2026-03-02T09:00:00"},
        {"desk": True, "open_world": True},
        {"simulated": "ste", "limit": 30, "faults": {"client": 0.1}},
    ]
    recipe = build(Recipe, {"tools": entries})
    assert build(Recipe, yaml.safe_load(to_yaml(recipe))) == recipe
    assert build(Recipe, json.loads(recipe.model_dump_json())) == recipe
    kinds = [source.kind for source in recipe.tools]
    assert kinds == ["functions", "mcp", "mcp", "openapi", "builtin", "desk", "simulated"]


async def test_one_catalogue_of_all_sources(tmp_path: Path) -> None:
    (tmp_path / "help.md").write_text("The office opens at nine.")
    more = tmp_path / "more.py"
    more.write_text(
        "def join(text: str) -> str:\n  'Joins.'\n  return text\n\ndef calculator() -> int:\n  'Mine.'\n  return 1"
    )
    sources = [
        ToolSource(builtin=("calculator", "calendar"), now=NOW),
        ToolSource(builtin=("search",), corpus=str(tmp_path)),
        ToolSource(functions=FILE, names=("add", "shout"), timeout_s=3),
        ToolSource(functions=str(more)),
        ToolSource(desk=True, limit=1),
    ]
    async with open_toolsets(sources) as toolset:
        names = "calculator calendar search add shout join_2 calculator_2 create_calendar_event".split()
        assert list(toolset.catalog.names) == names
        assert [toolset.original(name) for name in ("calculator_2", "join_2")] == ["calculator", "join"]
        assert toolset.catalog["add"].timeout_s == 3
        assert await run_tool(toolset.catalog["calculator"], {"expression": "6 * 7"}) == "42"
        assert await run_tool(toolset.catalog["calculator_2"], {}) == 1
        assert await run_tool(toolset.catalog["calendar"], {}) == "Today is Monday, March 2, 2026."
        assert await run_tool(toolset.catalog["search"], {"query": "office"}) == "help > The office opens at nine."


async def test_what_a_recipe_names_must_be_there(tmp_path: Path) -> None:
    for source, error in (
        (ToolSource(functions=FILE, names=("ad",)), "functions has no tool ad; did you mean add"),
        (ToolSource(functions=str(tmp_path / "no.py")), "is not there"),
    ):
        with pytest.raises(ConfigError, match=error):
            async with open_toolsets([source]):
                pass
    with pytest.raises(DataError, match="ste"):
        describe_toolsets([ToolSource(simulated="ste", path=str(tmp_path))])


async def test_documentation_says_all_that_a_caller_needs() -> None:
    async with open_toolsets([ToolSource(desk=True), ToolSource(functions=FILE)]) as toolset:
        said = toolset.documentation("add")
        assert said.startswith("Adds.\nArguments (JSON schema): {")
        assert json.loads(said.split(": ", 1)[1])["required"] == ["a"]
        assert toolset.documentation("fail") == "Fails.\nIt takes no arguments."
        tool = toolset.catalog["send_sms"]
        assert all(rule in toolset.documentation("send_sms") for rule in (tool.description, *tool.rules))


async def test_a_fresh_world_knows_nothing_of_the_old_one() -> None:
    note, query = {"name": "Plan", "content": "Go.", "folder": ""}, {"name": "Plan", "folder": ""}
    async with open_toolsets([ToolSource(desk=True, now=NOW)]) as toolset:
        other = await toolset.fresh(1)
        await run_tool(toolset.catalog["create_note"], note)
        assert "Go." in str(await run_tool(toolset.catalog["open_note"], query))
        assert "no note found" in str(await run_tool(other.catalog["open_note"], query))
        assert "Go." in str(await run_tool(toolset.catalog["open_note"], query)), "the old one goes on"
        again = await other.fresh(2)
        assert "no note found" in str(await run_tool(again.catalog["open_note"], query))


async def test_an_open_world_has_everybody() -> None:
    answers = []
    for open_world in (True, False):
        async with open_toolsets([ToolSource(desk=True, now=NOW, open_world=open_world)]) as toolset:
            answers.append(str(await run_tool(toolset.catalog["get_phone_number"], {"name": "Zoe Unknown"})))
    assert "no contact" not in answers[0]
    assert "no contact found" in answers[1]


async def test_described_tools_do_not_run() -> None:
    sources = [ToolSource(functions=FILE), ToolSource(desk=True), ToolSource(functions=FILE, limit=1)]
    described = describe_toolsets(sources)  # a loop is running here
    async with open_toolsets(sources) as toolset:
        assert described.catalog == toolset.catalog
        assert described.documentation("add") == toolset.documentation("add")
    assert all(tool.run is None for tool in described.catalog)


def _names_there(config: dict[str, Any]) -> list[str]:
    return list(describe_toolsets(build(Recipe, config).tools).catalog.names)


def test_another_process_opens_the_same() -> None:
    recipe = build(Recipe, {"tools": [{"functions": FILE}, {"functions": FILE, "limit": 2}, {"desk": True}]})
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(_names_there, (recipe.model_dump(mode="json"),))
    assert there == list(describe_toolsets(recipe.tools).catalog.names)
    assert "add_2" in there


@pytest.mark.data
async def test_simulated_apis_by_seed_with_faults(data_root: Path) -> None:
    def source(**faults: Any) -> ToolSource:
        return build(ToolSource, {"simulated": "ste", "path": str(data_root / "ste"), "limit": 3, "faults": faults})

    arguments = {"alias": "news"}
    async with open_toolsets([source()], seed=5) as toolset:
        assert len(toolset.catalog) == 3
        assert toolset.original("industry_list_for_sitedomain") == "siteDomain%%industry list"
        first = await run_tool(toolset.catalog["industry_list_for_sitedomain"], arguments)
        worlds = [await toolset.fresh(seed) for seed in (5, 6)]
        again = [await run_tool(world.catalog["industry_list_for_sitedomain"], arguments) for world in worlds]
    assert again[0] == first != again[1]
    async with open_toolsets([source(first=1)]) as toolset:
        with pytest.raises(Exception, match="503 Service Unavailable"):
            await run_tool(toolset.catalog["industry_list_for_sitedomain"], arguments)
        assert await run_tool(toolset.catalog["industry_list_for_sitedomain"], arguments)
