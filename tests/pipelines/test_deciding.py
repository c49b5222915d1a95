"""The transform behind the decision report, with planted heads and rerankers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines.deciding import Decide
from pipelines.toolken import ToolkenRows, marked_source
from toolschool.config import DataConfig
from toolschool.methods.toolken.tools import tools_of
from toolschool.models.reranker import Reranker
from toolschool.models.tool_head import ToolHead

DOCUMENTATION = tools_of("operations")
TOOLS = list(DOCUMENTATION)
ROWS = ToolkenRows().model_dump(mode="json")
PROPOSED, SECOND = TOOLS[2], TOOLS[5]


@pytest.fixture(scope="module")
def raw() -> list[dict[str, str]]:
    texts = marked_source(DataConfig(source="operations", limit=10)).texts
    return [{"key": f"{number:03d}", "raw": text, "source": "operations"} for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Proposes the same tool at every position, far ahead of every word."""
    made = ToolHead(TOOLS, 256)
    with torch.no_grad():
        made.weight.zero_()
        made.bias[2], made.bias[5] = 60.0, 50.0
    return str(made.save_pretrained(tmp_path_factory.mktemp("head"), base="assets/nano"))


def reranker(folder: Path, reject: float, slack: float = 0.0) -> str:
    """All candidates score 0, so the first is its choice; REJ scores `reject`."""
    made = Reranker(TOOLS, 256)
    with torch.no_grad():
        made.weight.zero_()
        made.reject.fill_(reject)
    return str(made.save_pretrained(folder, base="assets/nano", k=2, slack=slack))


def decisions(raw: list[dict[str, str]], head: str, second: str | None, slack: float = 0.0) -> list[dict[str, Any]]:
    found = Decide(ROWS, head, second, DOCUMENTATION, k=2, slack=slack)(raw)
    return [row for outputs in found for row in outputs["decisions"]]  # type: ignore[union-attr,index]


def test_a_head_alone_is_not_asked_twice(raw: list[dict[str, str]], head: str) -> None:
    found = decisions(raw, head, None)
    assert {(row["proposed"], row["chosen"], row["lead"]) for row in found} == {(PROPOSED, None, None)}
    golds = [json.loads(source["raw"])["tool"] for source in raw]
    assert [row["gold"] for row in found if row["gold"]] == [tool for tool in golds if tool]
    assert all(row["margin"] > 0 for row in found)


@pytest.mark.parametrize("reject", [-1.5, 2.0])
def test_the_lead_is_over_reject(raw: list[dict[str, str]], head: str, reject: float, tmp_path: Path) -> None:
    found = decisions(raw[:2], head, reranker(tmp_path, reject))
    assert {(row["chosen"], row["lead"]) for row in found} == {(PROPOSED, -reject)}
    assert f"1. {PROPOSED}: {DOCUMENTATION[PROPOSED]}\n2. {SECOND}:" in found[0]["prompt"]


def test_a_call_that_belongs_is_told_but_not_asked_about_where_no_tool_is_near(
    raw: list[dict[str, str]], tmp_path: Path
) -> None:
    quiet = ToolHead(TOOLS, 256)
    with torch.no_grad():
        quiet.weight.zero_()
        quiet.bias.fill_(-100.0)
    head = str(quiet.save_pretrained(tmp_path / "head", base="assets/nano"))
    found = decisions(raw, head, reranker(tmp_path / "second", -1.0), slack=4.0)
    assert found
    assert all(row["gold"] and row["lead"] is None and row["margin"] < -4 for row in found)


def test_a_reranker_is_asked_where_it_was_trained_to_be(raw: list[dict[str, str]], tmp_path: Path) -> None:
    """Positions farther off are kept for the head's own curve."""
    level = ToolHead(TOOLS, 256)
    with torch.no_grad():
        level.weight.zero_()
        level.bias.fill_(12.0)
    head = str(level.save_pretrained(tmp_path / "head", base="assets/nano"))
    found = decisions(raw[:4], head, reranker(tmp_path / "second", -1.0, slack=1.0), slack=3.0)
    asked = [row["lead"] is not None for row in found]
    assert asked == [row["margin"] > -1 for row in found]
    assert any(-3 < row["margin"] <= -1 and row["gold"] is None for row in found)
    assert any(asked)
