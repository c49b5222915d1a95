"""What travels with a model: written, read back, and held against the tools that are there now."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import ConfigError, ModelError
from toolschool.methods.ste.learnt import METHOD, SOURCES_FILE, TOOLS_FILE, read_learnt
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.described import tools_to_json
from toolschool.tools.toolsets import ToolSource
from toolschool.tools.toolsets.places import sources_to_json

CONVERT = Tool(
    "convert",
    "Converts money",
    {
        "type": "object",
        "properties": {"amount": {"type": "number"}, "to": {"type": "string"}, "places": {"type": "integer"}},
        "required": ["amount", "to"],
    },
    rules=("Whole currencies only",),
)
NOTE = Tool("note", "Keeps a note", {"type": "object", "properties": {"text": {"type": "string"}}})
SOURCES = [
    ToolSource(functions="/home/me/my_tools.py"),
    ToolSource(openapi="https://shop.example/api.yaml", headers={"Authorization": "Bearer ${SHOP_TOKEN}"}),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    card = {"method": METHOD, "template": {"tools": "token"}}
    (tmp_path / "toolschool.json").write_text(json.dumps(card))
    (tmp_path / TOOLS_FILE).write_text(tools_to_json([CONVERT, NOTE]))
    (tmp_path / SOURCES_FILE).write_text(sources_to_json(SOURCES))
    return tmp_path


def test_what_was_written_is_read_back(folder: Path) -> None:
    learnt = read_learnt(folder)
    assert learnt.catalog == Catalog([CONVERT, NOTE])
    assert learnt.sources == tuple(SOURCES)
    assert learnt.template == {"tools": "token"}
    (folder / SOURCES_FILE).unlink()
    assert read_learnt(folder).sources == ()


def test_the_learnt_tools_are_found_among_others(folder: Path) -> None:
    new = Tool("new", "Was added later", {"type": "object", "properties": {}})
    reworded = replace(CONVERT, description="Exchanges money")
    running = read_learnt(folder).running(Catalog([new, reworded, NOTE]))
    assert running.names == ("convert", "note")
    assert running["convert"].description == "Exchanges money"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"required": ["amount"]}, r"convert\(amount, to, places\?\), which is now convert\(amount, to\?, places\?\)"),
        ({"properties": {"to": {}, "amount": {}, "places": {}}}, r"which is now convert\(to, amount, places\?\)"),
        ({"properties": {"amount": {}, "to": {}}}, r"which is now convert\(amount, to\)"),
    ],
)
def test_tools_that_have_changed_are_refused(folder: Path, change: dict[str, Any], said: str) -> None:
    changed = replace(CONVERT, parameters={**CONVERT.parameters, **change})
    with pytest.raises(ConfigError, match=said):
        read_learnt(folder).running(Catalog([changed, NOTE]))


def test_a_tool_that_is_gone(folder: Path) -> None:
    with pytest.raises(ConfigError, match="learnt note, which no source of tools has"):
        read_learnt(folder).running(Catalog([CONVERT]))


def test_folders_that_hold_no_such_model(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model in .*nowhere"):
        read_learnt(tmp_path / "nowhere")
    (folder / SOURCES_FILE).write_text('[{"functions": "a.py", "desk": true}]')
    with pytest.raises(ModelError, match="no sources of tools"):
        read_learnt(folder)
    (folder / TOOLS_FILE).write_text('[{"name": "convert"}]')
    with pytest.raises(ModelError, match="does not say which tools"):
        read_learnt(folder)
    (folder / TOOLS_FILE).unlink()
    with pytest.raises(ModelError, match=r"tools\.json is missing"):
        read_learnt(folder)
    (folder / "toolschool.json").write_text('{"method": "tinyagent"}')
    with pytest.raises(ModelError, match="its method: tinyagent"):
        read_learnt(folder)
