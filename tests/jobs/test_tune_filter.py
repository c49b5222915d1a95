"""The sweep of Toolformer's filter: the shipped recipe without Ray, and two real trials of it at a tiny size."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import chain, tune
from jobs.tune_chain import ChainSweep
from pipelines import annotate, files, manifest
from toolschool.config import build, read_yaml
from training.config import WorkerConfig
from tuning.ledger import Ledger

RECIPE = chain.ROOT / "recipes" / "toolformer" / "tune-filter.yaml"
KEYS = {name: f"steps.rows.set.inline.thresholds.Calculator.{name}" for name in ("tau_s", "tau_f")}


def scored_folder(run: Path, rows: list[dict[str, Any]], tau_f: float) -> str:
    """The scored/ of an annotation with the calculator, and what its last stage notes."""
    (run / "scored").mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema=annotate.scored_schema())
    pq.write_table(table, run / "scored" / "part-0.parquet")
    bars = {"settings": {"thresholds": {"Calculator": {"tau_s": 0.0, "tau_f": tau_f}}}}
    manifest.write(str(run / "stages" / "filter"), "stage filter", config=bars)
    return str(run / "scored")


def test_the_shipped_sweep_filters_trains_and_asks_validation_questions(tmp_path: Path, capsys: Any) -> None:
    folder = scored_folder(tmp_path / "wide", [], tau_f=0.0)
    words = ["--config", str(RECIPE), f"chain.given.scored={folder}"]
    assert tune.main([*words, "--dry-run"]) == 0
    plan = build(ChainSweep, read_yaml(RECIPE), {"chain": {"given": {"scored": folder}}})
    rows, model, validate = plan.plan({KEYS["tau_s"]: 0.1, KEYS["tau_f"]: 2.0})
    assert rows.config.data.path == folder
    assert rows.config.inline.thresholds["Calculator"].model_dump() == {"tau_s": 0.1, "tau_f": 2.0}
    assert model.config.rows == files.join(plan.trials, "trial", "rows", "inline")
    assert validate.config.answering.model == files.join(plan.trials, "trial", "model", "model")
    assert validate.config.split == "validation"
    assert plan.needs == [WorkerConfig(count=2), WorkerConfig(count=2)], "laptop: two workers; an actor and a task"
    capsys.readouterr()
    scored_folder(tmp_path / "narrow", [], tau_f=0.5)
    assert tune.main([*words[:2], f"chain.given.scored={tmp_path / 'narrow' / 'scored'}", "--dry-run"]) == 2
    said = capsys.readouterr().err
    assert "step rows: inline.thresholds.Calculator.tau_f=0 is below the 0.5 of the annotation" in said
    assert said.count("\n") == 1


def scored_text(number: int) -> dict[str, Any]:
    """A text with one call that is certain and helps, and one that is unlikely and helps little."""
    a, b = number % 7 + 3, number % 5 + 2
    name = "".join(
        chr(ord("a") + int(digit)) for digit in f"{number:03d}"
    )  # texts that differ in numbers alone are of one part
    text = f"{name} buys {a} and {b} pens, which makes {a + b} pens."
    at = text.index(f" {a + b} pens.")
    bare = {"pruned": False, "loss": 5.0}
    calls = [{"tool": "Calculator", "place": place, "at": at, "samples": 1} for place in (20, 2)]
    nats = {"plain": 5.0, "empty": 5.0, "done": 2.0}
    return {
        "key": f"{number:03d}",
        "raw": "",
        "text": text,
        "tools": ["Calculator"],
        "places": [
            {"tool": "Calculator", "place": place, "at": at, "probability": p, **bare}
            for place, p in ((20, 0.9), (2, 0.01))
        ],
        "calls": [calls[0] | {"argument": f"{a} + {b}"}, calls[1] | {"at": 0, "argument": f"{a} - {b}"}],
        "failures": [],
        "results": [{"result": str(a + b), "error": None}, {"result": str(a - b), "error": None}],
        "losses": [nats | {"gain": 3.0, "kept": True}, nats | {"gain": 0.2, "kept": True}],
    }


@pytest.mark.verify
@pytest.mark.timeout(1800)  # six jobs one after the other, perhaps on a busy machine
def test_two_real_trials_filter_train_and_answer(
    ray_cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With folders named as seen from here; run again it does nothing again."""
    scored = scored_folder(tmp_path / "wide", [scored_text(k) for k in range(120)], tau_f=0.0)
    small = {
        "steps": {
            "model": {"set": {"engine": "plain", "train.max_steps": 2, "train.epochs": 1, "train.eval_every": 2}},
            "validate": {"set": {"tasks.sums": 6, "answering.max_new_tokens": 24}},
        },
        "given": {"scored": os.path.relpath(scored)},
    }
    words = [
        f"--config={RECIPE}",
        f"chain={json.dumps(small)}",
        f"space.{KEYS['tau_f']}={{choice: [0.1, 1.0]}}",
        f"space.{KEYS['tau_s']}={{choice: [0.0]}}",
        "search={trials: 2, seed: 1, concurrent: 1}",
        "cluster.profile=ci",
        f"output.storage={tmp_path / 'runs'}",
    ]
    assert tune.main(words) == 0, capsys.readouterr().err
    run = tmp_path / "runs" / "toolformer-tune-filter"
    trials = Ledger(str(run)).read()
    assert [trial.end for trial in trials] == ["finished"] * 2
    for trial in trials:
        assert 0 <= trial.metrics["validate.quiz.all.enabled.accuracy"] <= 1
        made = manifest.read(str(run / "trials" / trial.name / "rows"))
        assert made is not None
        texts = [row["raw"] for row in files.read_rows(str(run / "trials" / trial.name / "rows" / "source"))]
        kept = sum(text.count("[Calculator(") for text in texts)
        assert kept == 120 * (2 if trial.values[KEYS["tau_f"]] < 0.2 else 1)
        assert trial.metrics["rows.rows.train"] + trial.metrics["rows.rows.validation"] == 120
    assert {path.name for path in run.iterdir()} >= {
        "best.yaml",
        "trials.csv",
        "parallel.png",
        "report.html",
        "manifest.json",
    }
    before = {path: path.stat().st_mtime_ns for path in (run / "trials").rglob("manifest.json")}
    assert tune.main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in (run / "trials").rglob("manifest.json")} == before
