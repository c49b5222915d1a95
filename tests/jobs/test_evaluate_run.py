"""`jobs.evaluate` on a plans file, on a cluster, with random models: what it writes, and that it can be repeated."""

import importlib.util
import json
from pathlib import Path

import pytest

from jobs import evaluate
from pipelines import files
from toolschool.tools.desk.specs import desk_catalog

PROMISED = [
    *(f"toolrag.{name}" for name in ("set_coverage", "mean_tools")),
    *(
        f"planner.{name}"
        for name in ("success_published", "dag_strict", "args_strict", "state", "parse_failures", "truncated")
    ),
]


def tiny_models():
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plans(path: Path) -> Path:
    """A row for each tool, and two malformed ones."""
    rows = []
    for tool in desk_catalog():
        args = ["Sid"] * len(tool.argument_names)
        step = {"id": 1, "tool": tool.name, "args": args}
        rows.append(
            {
                "id": tool.name,
                "query": f"Please {tool.name} for Sid",
                "tools": [tool.name],
                "plan": [step],
                "raw_plan": "",
            }
        )
    lines = [*map(json.dumps, rows), "{broken", json.dumps({**rows[0], "query": ""})]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.cluster
@pytest.mark.timeout(280)
def test_evaluate_writes_what_it_promises(tmp_path, ray_cluster, monkeypatch, capsys):
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    maker = tiny_models()
    words = [
        f"data.path={plans(tmp_path / 'own.jsonl')}",
        f"toolrag={maker.make_toolrag(tmp_path)}",
        f"planner={maker.make_planner(tmp_path)}",
        f"output.storage={tmp_path / 'runs'}",
        "output.name=mine",
    ]
    recipe = Path(__file__).resolve().parents[2] / "recipes" / "tinyagent" / "evaluate.yaml"
    assert evaluate.main(["--config", str(recipe), *words]) == 0
    run = tmp_path / "runs" / "mine"
    metrics = json.loads((run / "metrics.json").read_text())
    assert all(0 <= metrics[name] <= 16 for name in PROMISED)
    assert (metrics["rows.in"], metrics["rows.scored"], metrics["rows.quarantined"]) == (18, 16, 2)
    assert metrics["planner.parse_failures"] == 0, "what is written whole, parses"
    assert {row["reason"].split(":")[0] for row in files.read_rows(str(run / "quarantine"))} >= {"broken JSON"}
    assert len(list(files.read_rows(str(run / "predictions")))) == 16
    assert "data:image/png" in (run / "report.html").read_text()
    assert json.loads((run / "manifest.json").read_text())["inputs"][str(tmp_path / "own.jsonl")]
    said = capsys.readouterr().out
    assert "16 rows scored; 2 malformed rows" in said
    assert evaluate.main(["--config", str(recipe), *words]) == 0, "again: predictions are there already"
    assert json.loads((run / "metrics.json").read_text())["planner.state"] == metrics["planner.state"]
