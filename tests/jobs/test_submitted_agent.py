"""What ends in a served agent, submitted to a cluster of three nodes: the whole demo, and an endpoint that lives until its job is stopped."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.demo import http_json

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]
SHORT = "train.max_steps: 2, train.eval_every: 1, train.eval_rows: 8"
SERVING = re.compile(r"serving on (http://\S+)")


def test_the_whole_way(tmp_path: Path, three_nodes: Any) -> None:
    """Rows, two trainings, a sweep, an evaluation, an agent that is asked once."""
    sweep = "search.trials: 2, search.evaluations: 2, trial.train.epochs: 1, trial.train.batch_size: 8, trial.train.max_steps: 2"
    said = three_nodes.run(
        tmp_path / "log",
        "demo",
        "--config",
        "recipes/tinyagent/demo.yaml",
        "prepare.set={planner.variants: 1}",
        f"toolrag.set={{{SHORT}}}",
        f"planner.set={{{SHORT}, deepspeed.stage: 2}}",
        f"tune.set={{{sweep}}}",
        "evaluate.set={data.limit: 40}",
        f"output.storage={tmp_path}",
        "output.name=run",
        "cluster.shared_storage=true",
    )
    assert "report:" in said
    made = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert made["job"] == "demo"
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {"rows", "toolrag", "planner", "tune", "evaluation"}


def test_an_agent_lives_until_its_job_is_stopped(tmp_path: Path, three_nodes: Any) -> None:
    from ray.job_submission import JobStatus, JobSubmissionClient

    log = tmp_path / "log"
    process = three_nodes.submit(log, "serve", "--config", "recipes/tinyagent/serve.yaml", "port=0")
    client = JobSubmissionClient(three_nodes.address)
    ends = time.monotonic() + 600
    while not (found := SERVING.search(log.read_text())):
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < ends, log.read_text()[-4000:]
        time.sleep(0.5)
    body = {
        "model": "tinyagent",
        "messages": [{"role": "user", "content": "Text Sid Sharma that I will be ten minutes late"}],
        "toolschool": {"now": "2026-03-02T09:00:00"},
    }
    reply = http_json(f"{found[1]}/v1/chat/completions", body)
    assert [seen["status"] for seen in reply["toolschool"]["observations"]]
    (job,) = [each.submission_id for each in client.list_jobs() if each.submission_id]
    assert client.stop_job(job)
    process.wait(timeout=300)
    assert client.get_job_status(job) == JobStatus.STOPPED
    assert "finishing what is at work" in client.get_job_logs(job)
