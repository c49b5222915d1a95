"""Every command of the README is one that works: make targets exist, jobs accept their words, documents are there."""

import functools
import json
import re
import shlex
from pathlib import Path

import pytest

from jobs.cli import main

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.split("#")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
JOBS = [line for line in LINES if "python -m jobs." in line]


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make ")])
def test_make_targets_exist(line: str) -> None:
    assert re.search(rf"^{line.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", JOBS)
def test_jobs_accept_their_words(
    line: str, tmp_path: Path, learnt_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dry runs: `ray job submit` is replaced by nothing, placeholders by what a reader would write."""
    for name in ("tinyagent", "toolbench", "metatool"):
        (tmp_path / name).mkdir()
    (tmp_path / "tinyagent" / "plans.jsonl").write_text("{}\n")
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    monkeypatch.chdir(ROOT)
    command = line[line.index("python -m jobs.") :].replace("FILE", str(tmp_path / "tinyagent" / "plans.jsonl"))
    _, _, module, *words = shlex.split(command.replace("NAME", "mine").replace("s3://BUCKET/runs", str(tmp_path)))
    (tmp_path / "my_tools.py").write_text("")
    here = {"runs/mine/train/model": str(learnt_folder), "my_tools.py": str(tmp_path / "my_tools.py")}
    words = [functools.reduce(lambda text, name: text.replace(name, here[name]), here, word) for word in words]
    assert main([module.removeprefix("jobs."), *words, "--dry-run"]) == 0


def test_every_command_is_known_to_these_tests() -> None:
    known = ("make ", ". .venv/bin/activate", "export ", "curl ", "python -m jobs.", "ray job submit ")
    assert [line for line in LINES if line and not line.startswith(known)] == []


def test_the_example_row_is_one() -> None:
    from pipelines.tinyagent import parse_raw

    (row,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    example, _ = parse_raw("tinyagent", row)
    assert example.query == json.loads(row)["query"]


def test_the_curl_body_is_the_request_that_the_served_agent_is_tested_with() -> None:
    (line,) = [line for line in LINES if line.startswith("curl ")]
    words = shlex.split(line)
    body = json.loads(words[words.index("-d") + 1])
    served = (ROOT / "tests" / "serving" / "test_shipped_agent.py").read_text()
    assert body["model"] == "tinyagent"
    assert body["messages"][0]["content"] in served
    assert words[2].endswith("/v1/chat/completions")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("http") or (ROOT / target).exists(), target
