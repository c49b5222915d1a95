"""From an exploration to a model's folder: what tells a served model which tools it knows and where they come from."""

import json
from pathlib import Path

from pipelines.ste import describe
from pipelines.ste_encode import calls, write_beside
from pipelines.ste_rows import SteRows
from toolschool.methods.ste.examples import Example
from toolschool.methods.ste.learnt import SOURCES_FILE, TOOLS_FILE, read_learnt
from toolschool.tools.toolsets import ToolSource, describe_toolsets

FUNCTIONS = '''
def convert(amount: float, to: str, places: int = 2) -> str:
    """Converts an amount of money."""
    return to
'''


def explored(folder: Path) -> list[ToolSource]:
    """An exploration's description of its tools; the sources."""
    (folder / "my_tools.py").write_text(FUNCTIONS)
    sources = [ToolSource(functions=str(folder / "my_tools.py")), ToolSource(builtin=("calculator",))]
    describe(str(folder / "explore"), describe_toolsets(sources), sources)
    return sources


def test_tools_and_their_sources_reach_the_rows_that_training_copies_from(tmp_path: Path) -> None:
    sources = explored(tmp_path)
    catalog = describe_toolsets(sources).catalog
    write_beside(str(tmp_path / "rows"), SteRows(trials=str(tmp_path / "explore")), catalog.tools, "data")
    learnt = read_learnt(tmp_path / "rows" / "ste")
    assert learnt.catalog == catalog
    assert list(learnt.sources) == sources
    card = json.loads((tmp_path / "rows" / "ste" / "toolschool.json").read_text())
    assert card["files"] == [TOOLS_FILE, SOURCES_FILE]


def test_an_exploration_that_did_not_write_its_sources_down(tmp_path: Path) -> None:
    catalog = describe_toolsets(explored(tmp_path)).catalog
    (tmp_path / "explore" / SOURCES_FILE).unlink()
    write_beside(str(tmp_path / "rows"), SteRows(trials=str(tmp_path / "explore")), catalog.tools, "data")
    assert read_learnt(tmp_path / "rows" / "ste").sources == ()


def test_rows_have_arguments_in_the_order_of_the_schema(tmp_path: Path) -> None:
    catalog = describe_toolsets(explored(tmp_path)).catalog
    written = {"places": 0, "amount": 20, "to": "EUR"}
    examples = [Example(f"convert/1/{n}", f"query {n}", "convert", written, "", "", f"query {n}") for n in range(40)]
    rows = list(calls(examples, catalog.tools))
    assert rows
    assert {tuple(row["arguments"].items()) for row in rows} == {(("amount", 20), ("to", "EUR"), ("places", 0))}
