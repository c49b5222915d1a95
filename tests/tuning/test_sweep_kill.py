"""A sweep killed while trials run, and run again; a sweep that loses a node: no trial lost, none run twice; on a tiny model, real Ray."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import files
from toolschool.records import token_schema
from tuning.ledger import Ledger, Trial

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]  # two starts of Ray, perhaps on a busy machine
ROOT = Path(__file__).resolve().parents[2]
TRIALS, STEPS, EVERY = 4, 24, 8


def words(folder: Path, times: int = 1) -> list[str]:
    """Command line of a sweep over learning rates of a model with one layer, trials so many times as long; writes its rows."""
    from toolschool.models.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([f"question {k} is answer {k}" for k in range(20)], 300, [])
    tokenizer.save_pretrained(folder / "tokenizer")
    for part, count in (("train", 16), ("validation", 4)):
        rows = []
        for number in range(count):
            prompt = tokenizer(f"question {number} is")["input_ids"]
            answer = [*tokenizer(f" answer {number}")["input_ids"], tokenizer.eos_token_id]
            labels = [-100] * len(prompt) + answer
            rows.append({"id": f"{number:03d}", "input_ids": prompt + answer, "labels": labels})
        (folder / "rows" / part).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=token_schema()), folder / "rows" / part / "part-0.parquet")
    shape = {"tokenizer": str(folder / "tokenizer"), "hidden_size": 16, "layers": 1, "heads": 2}
    trial = {
        "rows": str(folder / "rows"),
        "model": {"fresh": shape},
        "train": {
            "max_steps": times * STEPS,
            "eval_every": times * EVERY,
            "batch_size": 4,
            "max_length": 64,
            "log_every": 1,
        },
        "engine": "plain",
        "workers": 1,
    }
    # No trial is stopped before its third evaluation, which is the last.
    search = {"trials": TRIALS, "metric": "val_loss", "grace": 3, "evaluations": 3, "concurrent": 2, "seed": 1}
    return [
        f"trial={json.dumps(trial)}",
        'space={"train.lr": {"loguniform": [1e-4, 1e-1]}}',
        f"search={json.dumps(search)}",
        f"output.storage={folder / 'runs'}",
        "output.name=sweep",
    ]


def start(given: list[str], log: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "jobs.tune", *given],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def half_way(trials: list[Trial]) -> bool:
    """A trial has ended and another one is in its middle."""
    return any(trial.is_done for trial in trials) and any(trial.history and not trial.is_done for trial in trials)


def evaluated(run: Path, name: str) -> Counter[int]:
    """How often each step stands evaluated in a trial's log."""
    lines = files.read_lines(str(run / "trials" / name / "metrics.jsonl"))
    return Counter(row["step"] for row in map(json.loads, lines) if "val_loss" in row)


def test_a_killed_sweep_goes_on(tmp_path: Path, kill_when: Callable[..., None]) -> None:
    given, run, log = words(tmp_path), tmp_path / "runs" / "sweep", tmp_path / "log"
    kill_when(start(given, log), lambda: half_way(Ledger(str(run)).read()), log, within_s=600, every_s=0.05)
    before = {trial.name: trial for trial in Ledger(str(run)).read()}
    done = [name for name, trial in before.items() if trial.is_done]
    written = {path: path.stat().st_mtime_ns for name in done for path in (run / "trials" / name).rglob("*.jsonl")}
    assert written
    assert not (run / "manifest.json").exists()

    process = start(given, log)
    try:
        assert process.wait(timeout=900) == 0, log.read_text()[-3000:]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    after = {trial.name: trial for trial in Ledger(str(run)).read()}
    assert list(after) == [f"trial-{number:03d}" for number in range(1, TRIALS + 1)]
    assert all(trial.end == "finished" for trial in after.values()), after
    assert all(after[name].values == trial.values for name, trial in before.items()), "as they were proposed"
    assert all(after[name] == before[name] for name in done)
    assert {path: path.stat().st_mtime_ns for path in written} == written, "what had ended was not run again"
    steps = Counter(range(EVERY, STEPS + 1, EVERY))
    assert {name: evaluated(run, name) for name in after} == dict.fromkeys(after, steps), "every step once"
    assert len({trial.values["train.lr"] for trial in after.values()}) == TRIALS
    made = json.loads((run / "manifest.json").read_text())
    assert made["counts"] == {"trials": TRIALS, "finished": TRIALS}

    other = subprocess.run(
        [sys.executable, "-m", "jobs.tune", *given, "trial.train.batch_size=2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert other.returncode == 2
    assert "trial.train.batch_size was 4, now 2" in other.stderr


def test_a_lost_node_costs_no_trial(tmp_path: Path, three_nodes: Any) -> None:
    times = 50  # so long that a trial is still at work when it is seen to be
    given, run, log = words(tmp_path, times), tmp_path / "runs" / "sweep", tmp_path / "log"
    before: dict[str, Trial] = {}

    def seen_half_way() -> bool:
        before.update({trial.name: trial for trial in Ledger(str(run)).read()})
        return half_way(list(before.values()))

    shared = "cluster.shared_storage=true"
    three_nodes.run(log, "tune", *given, shared, lose_when=seen_half_way, holding="RayTrainWorker")
    after = {trial.name: trial for trial in Ledger(str(run)).read()}
    assert list(after) == [f"trial-{number:03d}" for number in range(1, TRIALS + 1)]
    assert all(trial.end == "finished" for trial in after.values()), after
    assert all(after[name].values == trial.values for name, trial in before.items())
    steps = Counter(range(times * EVERY, times * STEPS + 1, times * EVERY))
    assert {name: evaluated(run, name) for name in after} == dict.fromkeys(after, steps), "every step once"
