"""The jobs of each method, submitted one by one to a cluster of three nodes with `ray job submit`, each reading what the one before wrote.

Toolformer's annotate and the trainings that lose a node have tests of their own (test_annotate_kills.py, test_lost_node.py), as sweeps do.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.chain import ROOT, ChainConfig
from toolschool.config import build, read_yaml, to_yaml

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]
SHORT = ["train.epochs=10", "train.batch_size=8", "train.lr=2e-2", "engine=plain", "model.name=assets/nano"]
SHARED = "cluster.shared_storage=true"
Submit = Callable[..., dict[str, Any]]


@pytest.fixture
def submit(tmp_path: Path, three_nodes: Any) -> Submit:
    """A verb to its good end on shared storage, in a run of this name; its manifest."""

    def _submit(name: str, verb: str, *given: str) -> dict[str, Any]:
        where = [f"output.storage={tmp_path}", f"output.name={name}"]
        three_nodes.run(tmp_path / f"{name}.log", verb, *given, *where)
        made: dict[str, Any] = json.loads((tmp_path / name / "manifest.json").read_text())
        assert made["job"] == verb
        return made

    return _submit


def test_toolken(tmp_path: Path, submit: Submit) -> None:
    """Features, head, mining, reranker, decisions, quiz, bias."""
    generated = ["data.source=operations", "data.limit=150"]
    rows = submit("rows", "prepare", *generated, "toolken.model.name=assets/nano", SHARED)
    assert rows["counts"]["in"] == 150
    submit("head", "train", "objective=tool_head", f"rows={tmp_path}/rows/features", *SHORT, SHARED)
    submit("mined", "mine", f"rows={tmp_path}/rows", "folds=2", "slack=1", "train.epochs=10", SHARED)
    submit("second", "train", "objective=reranker", f"rows={tmp_path}/mined/reranker", *SHORT, SHARED)
    head, second = f"{tmp_path}/head/model", f"{tmp_path}/second/model"
    texts = ["data.source=operations", "data.limit=5", "slack=1"]
    submit("decided", "decide", f"head={head}", f"reranker={second}", *texts, SHARED)
    asked = ["tasks={operations: 2}", f"head.head={head}", "head.max_new_tokens=16"]
    submit("asked", "quiz", *asked, SHARED)
    submit("biased", "bias", *asked, "offsets=[-1, 1]", SHARED)
    assert (tmp_path / "biased" / "model" / "toolschool.json").is_file()


def test_toolgen(tmp_path: Path, three_nodes: Any) -> None:
    """Rows, three stages, figures before and behind the last."""
    docs = [{"category": "F", "tool": f"T{n}", "api": f"get {n}", "description": f"Get {n}"} for n in range(12)]
    asked = [{"query": f"which is {n}?", "relevant": [["F", f"T{n}", f"get {n}"]]} for n in range(12)]
    tools = {"apis": f"{tmp_path}/apis.jsonl", "requests": f"{tmp_path}/asked.jsonl"}
    for place, rows in zip(tools.values(), (docs, asked), strict=True):
        Path(place).write_text("".join(json.dumps(row) + "\n" for row in rows))
    short = {"train.max_steps": 1, "train.eval_every": 1, "train.eval_rows": 4}
    made = {"toolgen.sources": [tools], "toolgen.synthesis.each": 2, "toolgen.episodes": {"asked": {"desk": 20}}}
    steps = {
        "rows": made,
        "memorize": short,
        "retrieve": short,
        "rank": {"tools": {"source": None, **tools}, "split": None, "probes": 3, "limit": 5},
        "act": short,
        "solve": {"limit": 1, "tasks": {"asked": {"desk": 2}}},
    }
    layer = {"steps": {name: {"set": given} for name, given in steps.items()}}
    whole = build(ChainConfig, read_yaml(ROOT / "recipes/toolgen/chain.yaml"), layer)
    (tmp_path / "chain.yaml").write_text(to_yaml(whole))
    where = [f"output.storage={tmp_path}", "output.name=run", SHARED]
    three_nodes.run(tmp_path / "log", "chain", "--config", f"{tmp_path}/chain.yaml", *where)
    assert json.loads((tmp_path / "run" / "solve" / "metrics.json").read_text())["all.hallucinated.n"] >= 2


def test_tinyagent(tmp_path: Path, submit: Submit) -> None:
    """Rows from generated plans, and the shipped models scored on some."""
    recipe = ["--config", "recipes/tinyagent/prepare.yaml"]
    rows = submit("rows", "prepare", *recipe, "data.source=desk", "data.limit=40", SHARED)
    assert rows["counts"]["examples"]["in"] == 40
    asked = ["--config", "recipes/tinyagent/evaluate.yaml", "data.source=desk", "data.limit=4", SHARED]
    submit("scores", "evaluate", *asked)
    assert json.loads((tmp_path / "scores" / "metrics.json").read_text())["rows.scored"] == 4


def test_forgetting_and_publishing(tmp_path: Path, submit: Submit, three_nodes: Any) -> None:
    """What needs no worker runs where the driver does: the matrix of two rounds' predictions, and a model copied to a folder."""
    said = {"action": "a", "action_input": "{}", "model_output": "Action: a\nAction Input: {}"}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "predictions.json").write_text(json.dumps({"a": [{"query": "do a", **said}]}))
    (tmp_path / "batches.json").write_text('[["a"], ["b"]]')
    arms = json.dumps({"replay": [f"{tmp_path}/first", f"{tmp_path}/second"]})
    with_b = json.loads((tmp_path / "second" / "predictions.json").read_text())
    with_b["b"] = [{"query": "do b", **said, "action": "b"}]
    (tmp_path / "second" / "predictions.json").write_text(json.dumps(with_b))
    submit("kept", "forgetting", f"arms={arms}", f"batches={tmp_path}/batches.json")
    assert json.loads((tmp_path / "kept" / "metrics.json").read_text())["replay.round_1.batch_0"] == 1.0
    there = f"{tmp_path}/published"
    three_nodes.run(tmp_path / "log", "publish", "--config", "recipes/tinyagent/publish.yaml", f"folder={there}")
    assert {"model.safetensors", "toolschool.json", "README.md"} <= {path.name for path in Path(there).iterdir()}
