"""`jobs.annotate` killed in and after every stage and run again; submitted to a cluster of three nodes, and one of them lost."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import files, manifest
from toolschool.datasets.arithmetic import generate

pytestmark = [pytest.mark.verify, pytest.mark.timeout(3600)]  # ten starts of Ray, perhaps on a busy machine
ROOT = Path(__file__).resolve().parents[2]
STAGES = {"select": "selected", "annotate": "annotated", "execute": "executed", "filter": "scored"}
TEXTS = 200
SLOW = '''"""The calculator, slower: only a stage that lasts can be killed half way."""
import time
from dataclasses import replace
from toolschool.methods.toolformer.kit import calculator

def slowly(function):
    def run(*arguments):
        time.sleep(0.03)
        return function(*arguments)
    return run

def tool():
    made = calculator.tool()
    return replace(made, wants=slowly(made.wants), fits=slowly(made.fits))
'''


def environment() -> dict[str, str]:
    """Without what would lead a job to another cluster."""
    return {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}


def words(folder: Path, name: str, tool: str = "calculator", texts: int = TEXTS) -> list[str]:
    """Command line of an annotation of generated texts and a line that is none, with few samples."""
    preset = {"k": 4, "m": 4, "max_tokens": 16}
    use = {"use": tool, "prompt": "Add Calculator calls.\nInput: {text}\nOutput:", "preset": preset}
    rows = generate(seed=0, count=texts, split="train")
    lines = [*(json.dumps({"text": f"{row['question']} {row['answer']}."}) for row in rows), "{"]
    (folder / "texts.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return [
        f"data.path={folder / 'texts.jsonl'}",
        f"annotate.tools={json.dumps([use])}",
        f"output.storage={folder / 'runs'}",
        f"output.name={name}",
    ]


def hashes(run: Path) -> dict[str, str]:
    """Of each output's rows, sorted; file names and Parquet's own bytes do not matter."""
    found = {}
    for name in (*STAGES.values(), "kept", "quarantine"):
        rows = sorted(json.dumps(row, sort_keys=True) for row in files.read_rows(str(run / name)))
        found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def start(given: list[str], log: Path) -> subprocess.Popen[bytes]:
    """The job, in a session of its own."""
    command = [sys.executable, "-m", "jobs.annotate", *given]
    with log.open("a") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=output, stderr=output, start_new_session=True
        )


def committed(home: Path) -> int:
    """Blocks of a stage that are safe."""
    found = files.list_files(str(home), ".parquet")
    return sum("/checkpoint/" in path and not path.endswith(".pending.parquet") for path in found)


def test_killed_in_and_after_every_stage_it_ends_with_the_same_bits(
    tmp_path: Path, kill_when: Callable[..., None]
) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    given = words(tmp_path, "killed", str(tmp_path / "slow.py"))
    run, log = tmp_path / "runs" / "killed", tmp_path / "log"
    for stage in STAGES:
        home = run / "stages" / stage
        kill_when(start(given, log), lambda home=home: committed(home) > 0, log)
        assert manifest.read(str(home)) is None, f"killed inside {stage}"
        kill_when(start(given, log), lambda home=home: (home / "manifest.json").exists(), log)
        assert manifest.read(str(home))["job"] == f"stage {stage}"
        assert manifest.read(str(run)) is None, f"killed after {stage}, before the end"
    for name in ("killed", "calm"):
        command = [sys.executable, "-m", "jobs.annotate", *given, f"output.name={name}"]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
    assert hashes(run) == hashes(tmp_path / "runs" / "calm")
    metrics = [json.loads((tmp_path / "runs" / name / "metrics.json").read_text()) for name in ("killed", "calm")]
    assert metrics[0] == metrics[1]
    assert metrics[0]["texts.kept"] > 0
    assert metrics[0]["texts.quarantined"] == 1


def test_submitted_to_several_nodes_it_wants_storage_that_all_of_them_see(tmp_path: Path, three_nodes: Any) -> None:
    given, log = words(tmp_path, "submitted", texts=20), tmp_path / "log"
    refused = three_nodes.submit(tmp_path / "refused", "annotate", *given)
    assert refused.wait(timeout=600) != 0
    assert "3 nodes" in (tmp_path / "refused").read_text(), "a folder of one node's own is no storage for three"
    three_nodes.run(log, "annotate", *given, "cluster.shared_storage=true")
    run = tmp_path / "runs" / "submitted"
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["texts.in"] == 21
    assert metrics["texts.kept"] == len(list(files.read_rows(str(run / "kept")))) > 0
    assert (run / "report.html").exists()


def test_a_node_lost_in_the_middle_changes_no_row(tmp_path: Path, three_nodes: Any) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "profile.yaml").write_text("{address: auto, shared_storage: true, data: {actors: 2}}")
    profile = f"cluster.profile={tmp_path / 'profile.yaml'}"
    given = [*words(tmp_path, "broken", str(tmp_path / "slow.py")), profile]
    runs, log = tmp_path / "runs", tmp_path / "log"
    home = runs / "broken" / "stages" / "execute"
    three_nodes.run(log, "annotate", *given, lose_when=lambda: committed(home) > 0, holding="MapWorker")
    three_nodes.run(tmp_path / "calm", "annotate", *given, "output.name=calm")
    assert hashes(runs / "broken") == hashes(runs / "calm")
