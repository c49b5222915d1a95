"""The demo's wiring of recipes, and what it shows at the end, from findings made by hand."""

import json
from pathlib import Path

import pytest

from jobs import demo, sweeping, tune
from jobs.demo_report import Findings, effect_lines, show, table, write_report
from jobs.scoring import Scoring
from pipelines import files
from toolschool.config import build, read_yaml
from training.config import TrainResult
from tuning.ledger import Trial
from tuning.sweep import SweepResult

ROOT = Path(__file__).resolve().parents[2]
CHANGES = {"added": {"messages": [{"recipients": ["+1"], "message": "late"}]}, "changed": {}, "removed": {}}


@pytest.fixture
def config(tmp_path) -> demo.DemoConfig:
    output = {"output": {"storage": str(tmp_path), "name": "run"}}
    return build(demo.DemoConfig, read_yaml(ROOT / "recipes" / "tinyagent" / "demo.yaml"), output)


def test_steps_feed_each_other(config, tmp_path, monkeypatch):
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    todo = demo.steps(config)
    run = f"{tmp_path}/run"
    assert todo.prepare.data.source == todo.evaluate.data.source == "desk"
    assert todo.toolrag.rows == todo.tune.trial.rows == f"{run}/rows/toolrag"
    assert todo.planner.rows == f"{run}/rows/planner"
    assert (todo.evaluate.toolrag, todo.evaluate.planner) == (f"{run}/toolrag/model", f"{run}/planner/model")
    assert todo.evaluate.split == "test"
    assert todo.tune.search.trials == 4
    assert todo.planner.model.adapter == "lora"
    assert todo.planner.model.name == todo.prepare.planner.model.name, "one tokenizer"
    assert set(demo.TYPICAL_S) == {"prepare", "train ToolRAG", "train planner", "tune", "evaluate", "serve and ask"}


def test_real_rows_are_used_where_they_are(config, tmp_path, monkeypatch):
    plans = tmp_path / "tinyagent" / "plans.jsonl"
    plans.parent.mkdir()
    plans.write_text("")
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    todo = demo.steps(config)
    assert todo.prepare.data.path == todo.evaluate.data.path == str(plans)


def sweep_result(folder: Path) -> SweepResult:
    measured = {"step": 5.0, "val_average_precision": 0.8, "val_coverage": 0.7, "val_mean_tools": 5.0}
    values = {"train.lr": 1e-3, "objective_args.pos_weight": 8.0}
    return SweepResult([Trial("trial-a", values, measured, [measured], end="finished")], str(folder))


def test_sweeps_leave_table_picture_and_recipe(config, tmp_path):
    from cluster.connect import load_profile

    plan = tune.with_profile(demo.steps(config).tune, load_profile("laptop"))
    content = {"job": "tune", "finished": "now", "git": "x", "wall_s": 1.0, "counts": {}, "config": {}}
    sweeping.write_results(plan, sweep_result(tmp_path / "sweep"), content)
    made = {path.rsplit("/", 1)[1] for path in files.list_files(str(tmp_path / "sweep"))}
    assert made == {"trials.csv", "best.yaml", "coverage.png", "parallel.png", "curves.png", "report.html"}
    from jobs.train import TrainJob

    best = build(TrainJob, read_yaml(tmp_path / "sweep" / "best.yaml"))
    assert (best.train.lr, best.objective_args.pos_weight) == (1e-3, 8.0)


def test_the_end_of_the_demo(config, tmp_path, capsys):
    for name in ("toolrag", "planner"):
        (tmp_path / "run" / name).mkdir(parents=True)
        line = json.dumps({"step": 1, "loss": 2.0}) + "\n"
        (tmp_path / "run" / name / "metrics.jsonl").write_text(line + json.dumps({"step": 2, "loss": 1.0}) + "\n")
    counts = {"read": 9, "rows": {"out": {"toolrag/train": 7, "planner/train": 6}}}
    reply = {"choices": [{"message": {"content": "Done."}}], "toolschool": {"plan": "1. send_sms()\n2. join()"}}
    findings = Findings(
        took=dict.fromkeys(demo.TYPICAL_S, 60.0),
        rows={"counts": counts, "git": "abc", "inputs": {}},
        toolrag=TrainResult("t", {"val_average_precision": 0.9}),
        planner=TrainResult("p", {"val_loss": 0.5}),
        sweep=sweep_result(tmp_path / "sweep"),
        tune=demo.steps(config).tune,
        scoring=Scoring(metrics={"toolrag.set_coverage": 0.75, "planner.state": None}),
        answer={"query": "q <b>", "database": "desk.sqlite", "reply": reply, "desk": {"changes": CHANGES}},
    )
    assert effect_lines(CHANGES) == ['added messages: {"recipients": ["+1"], "message": "late"}']
    cells = {row[0]: row[1:] for row in table(findings).rows}
    assert cells["prepare"] == ("1 min 00 s", "9 rows read, 7 ToolRAG and 6 planner rows to train on")
    assert cells["evaluate"][1] == "toolrag.set_coverage 0.750"
    assert cells["all"][0] == "6 min 00 s"
    show(findings)
    said = capsys.readouterr().out
    assert "answer: Done." in said
    assert "added messages" in said
    page = Path(write_report(str(tmp_path / "run"), findings)).read_text()
    assert "q &lt;b&gt;" in page
    assert "data:image/png;base64," in page
