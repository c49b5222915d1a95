"""`jobs.annotate` killed in and after every stage and run again; and submitted to a cluster of two nodes."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

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


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A head without CPUs and a node with some, so that no row is handled where the job's driver runs; the jobs' address.

    Each has a folder of its own, as two machines have: Ray unpacks the working tree anew for every node, and would take it away from
    under a driver that shares the folder.
    """
    from ray.cluster_utils import Cluster

    # Elsewhere Ray takes 127.0.0.1 for this machine's outer address, under which such a cluster does not answer.
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    here = {"node_ip_address": "127.0.0.1", "dashboard_agent_listen_port": 0}
    head = {"num_cpus": 0, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": 0}
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:  # short: sockets lie in it
        cluster = Cluster(initialize_head=True, head_node_args=here | head)
        try:
            cluster.add_node(num_cpus=4, temp_dir=folder, **here)
            yield f"http://{cluster.webui_url}"
        finally:
            cluster.shutdown()


def submit(address: str, given: list[str]) -> subprocess.CompletedProcess[str]:
    """As a user does it: the working tree goes to the cluster, without what the job does not need."""
    kept_back = {"excludes": [".git", ".venv", "/assets/tinyagent", "/tests", "/docs", "/runs", "/shared"]}
    command = [str(Path(sys.executable).with_name("ray")), "job", "submit", "--address", address]
    command += ["--working-dir", ".", "--runtime-env-json", json.dumps(kept_back), "--"]
    command += [sys.executable, "-m", "jobs.annotate", *given]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)


def test_submitted_to_a_cluster_of_two_nodes(tmp_path: Path, two_nodes: str) -> None:
    from ray.job_submission import JobStatus, JobSubmissionClient

    given = words(tmp_path, "submitted", texts=20)
    refused = submit(two_nodes, given)
    assert refused.returncode != 0
    assert "2 nodes" in refused.stdout, "a folder of one node's own is no storage for two"
    accepted = submit(two_nodes, [*given, "cluster.shared_storage=true"])
    assert accepted.returncode == 0, accepted.stdout[-2000:] + accepted.stderr[-2000:]
    statuses = [job.status for job in JobSubmissionClient(two_nodes).list_jobs() if job.submission_id]
    assert sorted(statuses) == [JobStatus.FAILED, JobStatus.SUCCEEDED]
    run = tmp_path / "runs" / "submitted"
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["texts.in"] == 21
    assert metrics["texts.kept"] == len(list(files.read_rows(str(run / "kept")))) > 0
    assert (run / "report.html").exists()
