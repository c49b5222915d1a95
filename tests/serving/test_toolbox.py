"""A toolbox: desk and sources side by side, tools that come and go while it is at work, and what is read when they do."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from serving.errors import ApiError, unavailable
from serving.toolbox import Toolbox
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.described import describe
from toolschool.tools.desk import DESK_TOOLS, Desk, desk_catalog
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import ToolSource

NOW = datetime(2026, 3, 2, 9)
FILE = str(Path(__file__).with_name("my_tools.py"))
MINE = ToolSource(functions=FILE)
SUMS = ToolSource(builtin=("calculator",))


@pytest.fixture
def desk():
    desk = Desk(NOW)
    yield desk
    desk.close()


def found(tools):
    return [tool.name for tool in tools]


async def test_the_desk_alone_is_the_classifiers(reader, monkeypatch):
    """Nothing is embedded for tools that were all trained with, so the encoder need not even be loaded."""
    trained = tuple(tool for tool in desk_catalog() if tool.name in reader.trained)
    monkeypatch.setattr("toolschool.tools.desk.desk.desk_catalog", lambda: trained)
    desk = Desk(NOW)
    toolbox = await Toolbox.open(desk, (), reader)
    assert found(await toolbox.retrieve("send an sms")) == ["send_sms"]
    assert reader.embedded == []
    desk.close()


async def test_sources_stand_beside_the_desk(desk, reader):
    toolbox = await Toolbox.open(desk, (MINE, SUMS), reader)
    assert toolbox.catalog().names == (*DESK_TOOLS, "convert", "note", "calculator")
    assert await run_tool(toolbox.catalog()["note"], {"text": "tea"}) == "noted: tea"
    assert found(await toolbox.retrieve("converts an amount of money")) == ["convert"]
    both = found(await toolbox.retrieve("send an sms, then keeps a note"))
    assert {"send_sms", "note"} <= set(both)
    await toolbox.close()


async def test_sources_instead_of_a_desk(reader):
    toolbox = await Toolbox.open(None, (MINE,), reader)
    assert toolbox.catalog().names == ("convert", "note")
    assert found(await toolbox.retrieve("converts an amount")) == ["convert"]
    assert reader.classified == []  # none of its tools is here
    assert toolbox.state() == {}
    assert not any(toolbox.changes().values())
    await toolbox.close()


async def test_a_name_that_is_taken_is_numbered(desk, reader, tmp_path):
    mine = tmp_path / "more.py"
    mine.write_text('def send_sms(text: str) -> str:\n    """Sends smoke signals."""\n    return text\n')
    toolbox = await Toolbox.open(desk, (ToolSource(functions=str(mine)),), reader)
    assert toolbox.catalog().names[-1] == "send_sms_2"
    assert toolbox.catalog()["send_sms_2"].description == "Sends smoke signals."
    await toolbox.close()


async def test_only_what_is_new_is_embedded(desk, reader):
    toolbox = await Toolbox.open(desk, (MINE,), reader)
    reader.embedded.clear()
    (calculator,) = await toolbox.add(SUMS)
    assert reader.embedded == [describe(calculator)]
    assert "calculator" in toolbox.catalog()
    assert found(await toolbox.retrieve(calculator.description))[0] == "calculator"
    reader.embedded.clear()
    await toolbox.remove("calculator")
    await toolbox.remove("note")
    assert reader.embedded == []
    assert toolbox.catalog().names[-1] == "convert"
    assert "calculator" not in found(await toolbox.ranked(calculator.description, 100))
    await toolbox.close()


async def test_what_is_there_is_not_added_twice_and_what_is_gone_not_removed(desk, reader):
    toolbox = await Toolbox.open(desk, (MINE,), reader)
    with pytest.raises(ApiError, match="open already"):
        await toolbox.add(MINE)
    with pytest.raises(ApiError, match="did you mean convert"):
        await toolbox.remove("converts")
    await toolbox.remove("convert")
    await toolbox.remove("note")
    assert found(await toolbox.add(MINE)) == ["convert", "note"]
    await toolbox.remove("send_sms")
    assert "send_sms" not in toolbox.catalog()
    assert "send_sms" not in found(await toolbox.retrieve("send an sms"))
    await toolbox.close()


async def test_a_source_that_does_not_open_changes_nothing(desk, reader, tmp_path):
    with pytest.raises(ConfigError, match="is not there"):
        await Toolbox.open(desk, (ToolSource(functions=str(tmp_path / "gone.py")),), reader)
    toolbox = await Toolbox.open(desk, (), reader)
    before = toolbox.catalog().names
    reader.error = unavailable("the retriever is not there at the moment; try again")
    with pytest.raises(ApiError, match="retriever"):
        await toolbox.add(MINE)
    assert toolbox.catalog().names == before
    reader.error = None
    assert found(await toolbox.add(MINE)) == ["convert", "note"]
    await toolbox.close()


async def test_many_come_and_go_at_once(desk, reader):
    """Changes wait for each other, requests for none of them; whoever began with a catalogue keeps it."""
    toolbox = await Toolbox.open(desk, (), reader)
    kept = toolbox.catalog()
    results = await asyncio.gather(
        toolbox.add(MINE),
        toolbox.add(SUMS),
        *(toolbox.retrieve("keeps a note") for _ in range(5)),
        toolbox.add(MINE),
        return_exceptions=True,
    )
    assert isinstance(results[-1], ApiError)
    assert toolbox.catalog().names == (*DESK_TOOLS, "convert", "note", "calculator")
    assert kept.names == DESK_TOOLS
    await toolbox.close()
